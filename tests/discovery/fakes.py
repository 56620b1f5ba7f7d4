"""A backend in memory, whose failures a test sets, and a time that only a test moves; neither knows who uses it."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Self

from discovery import (
    Health,
    Instance,
    Registration,
    ServiceSummary,
    UnknownInstance,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

PATIENCE = 5.0  # seconds; only a failing test waits so long


class MemoryDiscovery:
    """Keeps instances in a dict and writes down each call; ``failing`` is raised by every call while it is set."""

    def __init__(self, instances: Iterable[Instance] = ()) -> None:
        self.instances = {instance.id: instance for instance in instances}
        self.calls: list[str] = []
        self.failing: BaseException | None = None

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failing is not None:
            raise self.failing

    def register(self, registration: Registration) -> str:
        self._called("register")
        instance_id = registration.id or f"{registration.service}@{registration.address}"
        self.instances[instance_id] = an_instance(instance_id, service=registration.service)
        return instance_id

    def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:  # noqa: ARG002 - the interface's
        self._called("heartbeat")
        if instance_id not in self.instances:
            raise UnknownInstance(instance_id)

    def deregister(self, instance_id: str) -> bool | None:
        self._called("deregister")
        return self.instances.pop(instance_id, None) is not None

    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> list[Instance]:
        self._called("discover")
        return [
            instance
            for instance in self.instances.values()
            if instance.service == service
            and (instance.healthy or not healthy_only)
            and (tag is None or tag in instance.tags)
        ]

    def services(self) -> dict[str, ServiceSummary]:
        self._called("services")
        found: dict[str, ServiceSummary] = {}
        for name in {instance.service for instance in self.instances.values()}:
            every = [instance for instance in self.instances.values() if instance.service == name]
            found[name] = ServiceSummary(name, len(every), sum(instance.healthy for instance in every))
        return found

    def ping(self) -> str:
        return "memory"

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class ManualTime:
    """A registrar's time: a wait ends when the test says ``elapse``, or at once when there is nothing to wait for."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asked: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._elapsed: queue.SimpleQueue[None] = queue.SimpleQueue()

    def clock(self) -> float:
        return self.now

    def wait(self, event: threading.Event, delay: float) -> bool:
        if delay == 0:
            return event.is_set()
        self._asked.put(delay)
        while not event.is_set():
            try:
                self._elapsed.get(timeout=0.002)
            except queue.Empty:
                continue
            self.now += delay
            return False
        return True

    def asked(self) -> float:
        """The delay that the registrar waits for now; returns once it waits."""
        return self._asked.get(timeout=PATIENCE)

    def elapse(self) -> None:
        """Let that delay pass."""
        self._elapsed.put(None)


def an_instance(
    instance_id: str, *, service: str = "users", weight: int = 1, health: Health = Health.PASSING, tags: str = ""
) -> Instance:
    return Instance(
        service=service,
        id=instance_id,
        address="127.0.0.1",
        host="127.0.0.1",
        port=8001,
        health=health,
        tags=tuple(tags.split()),
        weight=weight,
    )
