"""What the bench measures: a target that serves, as much as can be known of it; it starts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

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
        try:
            return float(sum(process.memory_info().rss for process in self._processes())) or None
        except psutil.NoSuchProcess:
            return None

    def processor(self) -> float:
        """Return the seconds of processor time that all of its processes took so far; 0 where that is not known."""
        try:
            return sum(sum(process.cpu_times()[:2]) for process in self._processes())
        except psutil.NoSuchProcess:
            return 0.0

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

    def _processes(self) -> list[psutil.Process]:
        if self.pid is None:
            return []
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]
