"""The registry's state machine: ``apply(command, now)``. It is pure: no I/O, no thread, no clock, no rules on input.

Of time it knows what it is told. A check lapses exactly at its deadline; whoever lapsed is removed by the first cleanup
after that, cleanups coming at each whole ``cleanup_interval`` from the start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from custom_registry.core.checks import CheckState, Event
from custom_registry.core.commands import (
    ByAddress,
    ById,
    Change,
    Command,
    Deregister,
    Heartbeat,
    Kind,
    Occurrence,
    Register,
    Target,
)
from custom_registry.core.deadlines import Deadlines
from custom_registry.core.model import Check, Definition, Instance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


@dataclass(slots=True)
class _Service:
    """The instances of one service in the order of their registration, and what is worth counting as they change."""

    instances: dict[str, Instance] = field(default_factory=dict)
    active: int = 0
    index: int = 0


class State:
    """All that is registered.

    Every visible change takes the next modify index. Of a service that has no instances no trace is kept; its index is
    that of the last change that left any service without instances, as in Consul (transcript ``blocking``, 1.8.7 and
    1.21.4): it never goes back, and costs one number for all the names there ever were.

    Costs: by id O(1), by service and address O(instances of the service), a heartbeat O(1), a lapse or a removal
    O(log n).
    """

    def __init__(self, *, cleanup_interval: float, now: float) -> None:
        """Begin empty, at index 1: as in Consul, no index is ever below it.

        Args:
            cleanup_interval: seconds between two cleanups.
            now: the time from which they are counted.
        """
        self._cleanup_interval = cleanup_interval
        self._started_at = now
        self._index = 1
        self._emptied_index = 1
        self._instances: dict[str, Instance] = {}
        self._services: dict[str, _Service] = {}
        self._deadlines: Deadlines[str] = Deadlines()  # of the lapse; for what has lapsed, of its removal
        self._active = 0

    @property
    def index(self) -> int:
        """The modify index of the last change."""
        return self._index

    @property
    def next_deadline(self) -> float:
        """A time before which ``advance`` has nothing to do; infinity where it will never have."""
        return self._deadlines.earliest

    @property
    def total_instances(self) -> int:
        """How many instances there are."""
        return len(self._instances)

    @property
    def active_instances(self) -> int:
        """How many of them are healthy."""
        return self._active

    @property
    def total_services(self) -> int:
        """How many services have instances."""
        return len(self._services)

    def service_index(self, service: str) -> int:
        """Return the modify index of the last change of a service."""
        found = self._services.get(service)
        return found.index if found else self._emptied_index

    def instances(self, service: str) -> Collection[Instance]:
        """Return a service's instances in the order of registration; an id registered again keeps its place."""
        found = self._services.get(service)
        return found.instances.values() if found else ()

    def tallies(self) -> Iterator[tuple[str, int, int]]:
        """Yield each service's name with the number of its instances and of its healthy ones."""
        for name, service in self._services.items():
            yield name, len(service.instances), service.active

    def apply(self, command: Command, now: float) -> Change:
        """Let time pass until ``now``, then carry out a command.

        Args:
            command: what to do. It is not judged here: what reaches the core is carried out.
            now: seconds; never less than in an earlier call.
        """
        lapses = self.advance(now).lapses
        match command:
            case Register(definition):
                effects = self._register(definition, now)
            case Heartbeat(target, event, note):
                effects = [self._report(instance, event, note, now) for instance in self._find(target)]
            case Deregister(target):
                effects = [self._remove(instance, Kind.DEREGISTERED) for instance in self._find(target)]
        return Change(lapses, tuple(effects))

    def advance(self, now: float) -> Change:
        """Let time pass until ``now``: carry out the lapses and removals that are due, the oldest first."""
        lapses = []
        while (due := self._deadlines.pop_due(now)) is not None:
            instance_id, _ = due
            instance = self._instances[instance_id]
            if instance.ttl_check.state is CheckState.LAPSED:
                lapses.append(self._remove(instance, Kind.REMOVED))
            else:
                lapses.append(self._store(instance, instance.ttl_check.lapsed(), Kind.LAPSED))
        return Change(tuple(lapses))

    def _find(self, target: Target) -> list[Instance]:
        match target:
            case ById(id=instance_id):
                found = self._instances.get(instance_id)
                return [found] if found else []
            case ByAddress(service, address):
                return [one for one in self.instances(service) if one.definition.address == address]

    def _register(self, definition: Definition, now: float) -> list[Occurrence]:
        previous = self._instances.get(definition.id)
        if previous is None:
            return [self._create(definition, now, self._index + 1)]
        if previous.service != definition.service:
            # An id names one instance: it leaves its old service, as in Consul (transcript register_shapes, "same ID,
            # another name", 1.8.7 and 1.21.4), where it keeps its create index too.
            return [
                self._remove(previous, Kind.DEREGISTERED),
                self._create(definition, now, previous.create_index),
            ]
        check = replace(previous.ttl_check.reported(Event.PASSED, now, ""), ttl=definition.ttl)
        if previous.definition == definition:
            return [self._store(previous, check, _kind_of_report(previous.ttl_check, check))]
        stayed = previous.definition.address == definition.address
        updated = replace(previous, definition=definition, registered_at=previous.registered_at if stayed else now)
        return [self._store(updated, check, Kind.UPDATED)]

    def _create(self, definition: Definition, now: float, create_index: int) -> Occurrence:
        check = Check(f"service:{definition.id}", CheckState.PASSING, definition.ttl, now)
        return self._store(Instance(definition, (), now, create_index, 0), check, Kind.REGISTERED)

    def _report(self, instance: Instance, event: Event, note: str, now: float) -> Occurrence:
        check = instance.ttl_check.reported(event, now, note)
        return self._store(instance, check, _kind_of_report(instance.ttl_check, check))

    def _store(self, instance: Instance, check: Check, kind: Kind) -> Occurrence:
        """Put an instance with this check in the place of what is known of it, and keep counts and deadlines right."""
        previous = self._instances.get(instance.id)
        service = self._services.get(instance.service)
        if service is None:
            service = self._services[instance.service] = _Service()
        instance = replace(instance, checks=(check, *instance.checks[1:]))
        visible = (
            previous is None or previous.definition != instance.definition or previous.health is not instance.health
        )
        if visible:
            self._index += 1
            service.index = self._index
            instance = replace(instance, modify_index=self._index)
        gained = instance.healthy - (previous.healthy if previous else False)
        service.active += gained
        self._active += gained
        service.instances[instance.id] = self._instances[instance.id] = instance
        lapsed = check.state is CheckState.LAPSED
        self._deadlines.set(instance.id, self._cleanup_after(check.deadline) if lapsed else check.deadline)
        return Occurrence(kind, instance, visible)

    def _remove(self, instance: Instance, kind: Kind) -> Occurrence:
        self._index += 1
        service = self._services[instance.service]
        service.index = self._index
        service.active -= instance.healthy
        self._active -= instance.healthy
        del service.instances[instance.id], self._instances[instance.id]
        if not service.instances:
            del self._services[instance.service]
            self._emptied_index = self._index
        if kind is not Kind.REMOVED:
            self._deadlines.cancel(instance.id)
        return Occurrence(kind, instance, visible=True)

    def _cleanup_after(self, moment: float) -> float:
        passed = math.floor((moment - self._started_at) / self._cleanup_interval)
        return self._started_at + (passed + 1) * self._cleanup_interval


def _kind_of_report(before: Check, after: Check) -> Kind:
    if before.state is CheckState.LAPSED:
        return Kind.REVIVED
    return Kind.RENEWED if before.state is after.state else Kind.REPORTED
