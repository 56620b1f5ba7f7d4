"""What one scenario has to itself on one target: unique names, a clock, and what it made; it must not judge."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from discovery import DiscoveryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from discovery import Discovery, Instance


class Interrupted(Exception):
    """The run was stopped from outside; nothing is to be begun any more."""


class StepImpossible(Exception):
    """A step cannot be carried out, because an earlier one did not give what it needs."""


class Clock(Protocol):
    """Tells the time and waits, so that tests need not."""

    def now(self) -> float:
        """Return seconds since any fixed moment."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait; a time that is not above 0 is no wait at all.

        Raises:
            Interrupted: the run was stopped, before or meanwhile.
        """
        ...


class RealClock:
    """The machine's clock; setting ``stop`` wakes whoever waits."""

    def __init__(self, stop: threading.Event) -> None:
        """Keep the event by which the run is stopped."""
        self._stop = stop

    def now(self) -> float:
        """Return seconds since any fixed moment."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait, or raise ``Interrupted`` once the run is stopped."""
        if self._stop.wait(max(0.0, seconds)):
            raise Interrupted("the run was interrupted")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a registration made: the id that the backend gave, and the unique name of the service."""

    id: str
    service: str


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat or registration: when it was sent and when it was answered. The ttl began somewhere in between."""

    sent: float
    answered: float


@dataclass(slots=True)
class Stage:
    """One scenario's surroundings on one target.

    Args:
        backend: the target.
        clock: the time.
        restart: stops the target and starts it again, where it is ours to do so.
        suffix: appended to every service and id, and found nowhere else.
        services: every name made unique so far, by the scenario's own name.
        entries: what each registration made, by its step.
        beats: the last successful heartbeat or registration of an id.
    """

    backend: Discovery
    clock: Clock
    restart: Callable[[], None] | None = None
    suffix: str = field(default_factory=lambda: f"-{secrets.token_hex(4)}")
    services: dict[str, str] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    beats: dict[str, Beat] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def service(self, name: str) -> str:
        """Return the unique name of a service. A blank name stays as it is: that it is blank is what it is for."""
        unique = self.unique(name)
        self.services[name] = unique
        return unique

    def unique(self, name: str) -> str:
        """Return a name or an id with this run's suffix, unless it is blank."""
        return name + self.suffix if name.strip() else name

    def id_of(self, of: str | None, own: str | None) -> str:
        """Return the id that a step means: the one given to an earlier registration, or one of the scenario's own.

        Raises:
            StepImpossible: the earlier registration was refused, so there is none.
        """
        return self.entry(of).id if of is not None else self.unique(own or "")

    def entry(self, of: str) -> Entry:
        """Return what an earlier step registered.

        Raises:
            StepImpossible: its registration was refused, so there is nothing.
        """
        if of not in self.entries:
            raise StepImpossible(f"the registration {of!r} gave no id")
        return self.entries[of]

    def made(self, instance_id: str, sent: float) -> None:
        """Remember an instance, to be removed in the end; its registration, sent then, counts as a heartbeat."""
        with self._lock:
            self._made.add(instance_id)
            self.beats[instance_id] = Beat(sent, self.clock.now())

    def attempted(self, instance_id: str) -> None:
        """Remember an id that is about to be registered: even if no answer comes, it may have been."""
        with self._lock:
            self._made.add(instance_id)

    def concerns(self, instance: Instance, service: str) -> bool:
        """Whether an instance found under a service's name is this scenario's business.

        A blank name is nobody's own: what others have under it on a shared registry is theirs.
        """
        return service.endswith(self.suffix) or instance.id in self._made

    def label(self, instance: Instance) -> str:
        """Return by what name the scenario knows an instance: the first step that registered it, or its id."""
        return next((step for step, entry in self.entries.items() if entry.id == instance.id), instance.id)

    def clear(self) -> None:
        """Remove all that this scenario made, and nothing else; a backend that fails or cannot is left alone.

        What stands under a unique name of ours is ours, even where the answer that would have given its id was lost.
        """
        ids = set(self._made)
        for service in self.services.values():
            if not service.endswith(self.suffix):
                continue
            try:
                ids.update(found.id for found in self.backend.discover(service, healthy_only=False))
            except DiscoveryError:
                continue  # a name that it cannot hold, or nobody there to ask
        for instance_id in sorted(ids):
            try:
                self.backend.deregister(instance_id)
            except DiscoveryError:
                continue  # gone with its backend, or a backend without removal, which is one of our own
