"""Starts a real Consul in a container, by testcontainers; it must not know what it is started for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.processes import StartFailed, free_ports
from compare.readiness import CONSUL_SETTINGS, WITHIN, Readiness
from compare.sources import Running, TargetMissing

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

    from compare.stage import Clock

_POLL = 0.1


@dataclass(frozen=True, slots=True)
class ConsulContainer:
    """A Consul agent in dev mode, in a container."""

    tag: str
    name: str = "consul"
    complete: bool = True

    def start(self, clock: Clock, *, alone: bool) -> Running:  # noqa: ARG002 - its intervals are the same in any case
        """Pull the image if need be, and start it."""
        image = f"hashicorp/consul:{self.tag}"
        try:
            (port,) = free_ports(1)
            container = _start(image, port)
        except Exception as error:  # a missing package, engine or image: each has errors of its own
            raise TargetMissing(f"a container of {image}: {error}") from error
        url = f"consul://{container.get_container_host_ip()}:{port}?{CONSUL_SETTINGS}"

        def restart() -> None:
            container.get_wrapped_container().restart(timeout=5)
            _wait(url, clock)

        try:
            _wait(url, clock)
        except StartFailed as error:
            container.stop()
            raise TargetMissing(f"a container of {image}: {error}") from error
        except BaseException:
            container.stop()
            raise
        return Running(url, f"a container of {image}, as a dev agent", container.stop, restart)


def _start(image: str, port: int) -> DockerContainer:
    """Start it under a port of our choice, since one chosen by the engine would change with a restart."""
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415 - half a second, and not always there
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415

    # Its helper container that removes what is left over would have to be pulled too; we stop what we start.
    testcontainers_config.ryuk_disabled = True
    container = DockerContainer(image).with_command("agent -dev -client=0.0.0.0").with_bind_ports(8500, port)
    try:
        container.start()
    except BaseException:
        container.stop()
        raise
    return container


def _wait(url: str, clock: Clock) -> None:
    deadline = clock.now() + WITHIN
    ready = Readiness(url, clock)
    while not ready():
        if clock.now() > deadline:
            raise StartFailed(f"it does not serve within {WITHIN:g} s")
        clock.wait(_POLL)
