"""What the bench measures: a target that serves, as much as can be known of it; it starts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.bench.api import API
    from compare.stage import Clock

_LOOK = 0.1  # seconds of which the use of the processor is taken
_IDLE = 0.1  # of one processor


@dataclass(frozen=True, slots=True)
class Target:
    """A target that serves.

    Args:
        name: what it is called.
        api: what it is asked in.
        host: where it is.
        port: where it is.
        url: for the client libraries, as ``discovery.open_discovery`` takes it.
        reference: whether it is a real Consul, by which others are measured.
        pid: of its process, where it was started here.
        stop: stops what was started here.
    """

    name: str
    api: API
    host: str
    port: int
    url: str
    reference: bool
    pid: int | None = None
    stop: Callable[[], None] = lambda: None

    @property
    def address(self) -> str:
        """Return ``host:port``."""
        return f"{self.host}:{self.port}"

    def memory(self) -> float | None:
        """Return the bytes that all of its processes hold; ``None`` where it was not started here, or has ended."""
        if self.pid is None:
            return None
        from compare.bench import usage  # noqa: PLC0415 - who reads a run need not have psutil

        return usage.memory(self.pid)

    def processor(self) -> float:
        """Return the seconds of processor time that all of its processes took so far; 0 where that is not known."""
        if self.pid is None:
            return 0.0
        from compare.bench import usage  # noqa: PLC0415 - likewise

        return usage.processor(self.pid)

    def settle(self, clock: Clock, at_most: float) -> bool:
        """Wait until it does no work any more; of what was not started here, a moment.

        Returns:
            Whether it came to rest in time.
        """
        deadline = clock.now() + at_most
        while True:
            begun, used = clock.now(), self.processor()
            clock.wait(_LOOK)
            if self.processor() - used <= _IDLE * (clock.now() - begun):
                return True
            if clock.now() >= deadline:
                return False
