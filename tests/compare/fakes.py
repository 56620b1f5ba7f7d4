"""A registry in memory with a clock that tests move, and faults that are put in on purpose."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from compare.sources import Running
from compare.stage import Interrupted
from discovery import Health, Instance, InvalidRegistration, Registration, ServiceSummary, Snapshot, UnknownInstance

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.stage import Clock


class ManualClock:
    """Stands still until somebody waits."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._lock = threading.Lock()
        self.stop_at: float | None = None

    def now(self) -> float:
        return self._now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._now += max(0.0, seconds)
            if self.stop_at is not None and self._now >= self.stop_at:
                raise Interrupted


@dataclass
class Entry:
    registration: Registration
    id: str
    beat: float
    status: Health = Health.PASSING


@dataclass
class FakeBackend:
    """A well-behaved registry. Overriding a method is how a test puts a fault in."""

    clock: ManualClock = field(default_factory=ManualClock)
    entries: dict[str, Entry] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)
    indexes: dict[str, int] = field(default_factory=dict)
    version: str = "Consul 1.8.7"
    closed: bool = False

    def register(self, registration: Registration) -> str:
        if not registration.service.strip():
            raise InvalidRegistration("a service needs a name", field="service")
        given = registration.id or f"{registration.service}@{registration.address}"
        with self.changed:
            self._touch(self.entries[given].registration.service if given in self.entries else registration.service)
            self.entries[given] = Entry(registration, given, self.clock.now())
            self._touch(registration.service)
        return given

    def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:  # noqa: ARG002
        entry = self.entries.get(instance_id)
        if entry is None:
            raise UnknownInstance(instance_id)
        with self.changed:
            if self._health(entry) is not status:
                self._touch(entry.registration.service)
            entry.beat, entry.status = self.clock.now(), status

    def deregister(self, instance_id: str) -> bool | None:
        with self.changed:
            entry = self.entries.pop(instance_id, None)
            if entry is not None:
                self._touch(entry.registration.service)
        return None

    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> list[Instance]:
        return [
            self._instance(entry)
            for _, entry in sorted(self.entries.items())
            if entry.registration.service == service
            and (not healthy_only or self._health(entry) is Health.PASSING)
            and (tag is None or tag in entry.registration.tags)
        ]

    def services(self) -> dict[str, ServiceSummary]:
        names = sorted({entry.registration.service for entry in self.entries.values()})
        return {
            name: ServiceSummary(name, len(self.discover(name, healthy_only=False)), len(self.discover(name)))
            for name in names
        }

    def watch(
        self, service: str, *, index: int = 0, timeout: float = 60.0, healthy_only: bool = True, tag: str | None = None
    ) -> Snapshot:
        with self.changed:
            if index and not self.changed.wait_for(lambda: self.indexes.get(service, 1) != index, 0.5):
                self.clock.wait(timeout)
            found = self.discover(service, healthy_only=healthy_only, tag=tag)
            return Snapshot(self.indexes.get(service, 1), tuple(found))

    def ping(self) -> str:
        return self.version

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _touch(self, service: str) -> None:
        self.indexes[service] = self.indexes.get(service, 1) + 1
        self.changed.notify_all()

    def _health(self, entry: Entry) -> Health:
        ttl = entry.registration.ttl
        lapsed = ttl is not None and self.clock.now() > entry.beat + ttl
        return Health.CRITICAL if lapsed else entry.status

    def _instance(self, entry: Entry) -> Instance:
        said = entry.registration
        host = said.address.rpartition(":")[0] or said.address
        return Instance(
            said.service,
            entry.id,
            said.address,
            host,
            said.port,
            self._health(entry),
            said.tags,
            dict(said.metadata),
            said.weight,
        )


@dataclass
class FakeSource:
    """A target that is there at once; ``backends`` has every backend that was opened on it."""

    name: str = "consul"
    complete: bool = True
    make: Callable[[], Any] = FakeBackend
    failure: Exception | None = None
    started: list[bool] = field(default_factory=list)
    stopped: int = 0

    def start(self, clock: Clock, *, alone: bool) -> Running:  # noqa: ARG002
        if self.failure is not None:
            raise self.failure
        self.started.append(alone)
        return Running(f"fake://{self.name}", f"made by a test as {self.name}", self._stop, lambda: None)

    def _stop(self) -> None:
        self.stopped += 1
