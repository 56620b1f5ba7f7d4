"""Any sequence of commands and of time, on the state and on the plainest model of it that could be right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from custom_registry.core import queries
from custom_registry.core.checks import Event
from custom_registry.core.commands import ByAddress, ById, Change, Command, Deregister, Heartbeat, Register, Target
from custom_registry.core.state import State
from discovery.model import Health, ServiceSummary
from tests.support.definitions import definition

if TYPE_CHECKING:
    from custom_registry.core.model import Definition

INTERVAL = 4.0
START = 100.0
SERVICES = ("web", "pay", "log")
REPORTED = {Event.PASSED: Health.PASSING, Event.WARNED: Health.WARNING, Event.FAILED: Health.CRITICAL}

definitions = st.builds(
    definition,
    st.sampled_from(["a", "b", "c", "d"]),
    st.sampled_from(SERVICES),
    address=st.sampled_from(["h:1", "h:2"]),
    tags=st.sampled_from([(), ("x",)]),
    ttl=st.sampled_from([1.0, 3.0, 4.0, 9.5]),
)
targets = st.one_of(
    st.builds(ById, st.sampled_from(["a", "b", "c", "d", "e"])),
    st.builds(ByAddress, st.sampled_from(SERVICES), st.sampled_from(["h:1", "h:2"])),
)


@dataclass
class Entry:
    """What the model knows of one instance; how it is follows from the time."""

    definition: Definition
    reported: Health
    renewed_at: float
    registered_at: float

    def lapsed(self, now: float) -> bool:
        return now >= self.renewed_at + self.definition.ttl

    def health(self, now: float) -> Health:
        return Health.CRITICAL if self.lapsed(now) else self.reported

    def removed(self, now: float) -> bool:
        lapse = self.renewed_at + self.definition.ttl
        last_cleanup = START + math.floor((now - START) / INTERVAL) * INTERVAL
        return lapse < last_cleanup


class RegistryMachine(RuleBasedStateMachine):
    """The model keeps a list in the order of registration and looks at all of it, every time."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State(cleanup_interval=INTERVAL, now=START)
        self.now = START
        self.entries: list[Entry] = []
        self.indexes = dict.fromkeys(SERVICES, 1)
        self.index = 1
        self.seen = {service: self.expected(service) for service in SERVICES}

    @rule(wanted=definitions)
    def register(self, wanted: Definition) -> None:
        change = self.apply(Register(wanted))
        assert change.effects
        entry = Entry(wanted, Health.PASSING, self.now, self.now)
        for place, old in enumerate(self.entries):
            if old.definition.id != wanted.id:
                continue
            if old.definition.service != wanted.service:
                self.entries.remove(old)
                break
            if old.definition.address == wanted.address:
                entry.registered_at = old.registered_at
            self.entries[place] = entry
            return
        self.entries.append(entry)

    @rule(whom=targets, event=st.sampled_from(sorted(REPORTED, key=lambda event: event.value)))
    def heartbeat(self, whom: Target, event: Event) -> None:
        change = self.apply(Heartbeat(whom, event))
        found = self.find(whom)
        assert [one.instance.id for one in change.effects] == [entry.definition.id for entry in found]
        for entry in found:
            entry.reported, entry.renewed_at = REPORTED[event], self.now

    @rule(whom=targets)
    def deregister(self, whom: Target) -> None:
        change = self.apply(Deregister(whom))
        found = self.find(whom)
        assert [one.instance.id for one in change.effects] == [entry.definition.id for entry in found]
        self.entries = [entry for entry in self.entries if entry not in found]

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 2.5, 4.0, 20.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        self.state.advance(self.now)
        self.forget_the_removed()

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0]))
    def let_time_pass_unseen(self, seconds: float) -> None:
        """The next command has to catch up."""
        self.now += seconds
        self.forget_the_removed()
        self.apply(Heartbeat(ById("nobody"), Event.PASSED))

    @invariant()
    def all_that_is_registered_is_found_and_nothing_else(self) -> None:
        for service in SERVICES:
            actual = [(one.definition, one.health, one.registered_at) for one in self.state.instances(service)]
            assert actual == self.expected(service)

    @invariant()
    def the_counts_are_those_of_a_recount(self) -> None:
        healths = {service: [health for _, health, _ in self.expected(service)] for service in SERVICES}
        assert queries.summaries(self.state) == {
            service: ServiceSummary(service, len(found), found.count(Health.PASSING))
            for service, found in healths.items()
            if found
        }
        everything = [health for found in healths.values() for health in found]
        assert queries.totals(self.state) == queries.Totals(
            sum(1 for found in healths.values() if found), len(everything), everything.count(Health.PASSING)
        )

    @invariant()
    def the_next_deadline_is_not_missed(self) -> None:
        lapses = [entry.renewed_at + entry.definition.ttl for entry in self.entries if not entry.lapsed(self.now)]
        assert self.now < self.state.next_deadline <= min(lapses, default=math.inf)
        assert len(self.state._deadlines) == len(self.entries)

    @invariant()
    def an_index_moves_when_what_is_found_changes_and_never_goes_back(self) -> None:
        for service in SERVICES:
            index, found = self.state.service_index(service), self.visible(service)
            assert self.indexes[service] <= index <= self.state.index
            if found != self.seen[service]:
                assert index > self.indexes[service]
            self.indexes[service], self.seen[service] = index, found
        assert self.state.index >= self.index
        self.index = self.state.index

    @invariant()
    def the_indexes_of_instances_fit_into_their_service(self) -> None:
        for service in SERVICES:
            for one in self.state.instances(service):
                assert 1 < one.create_index <= one.modify_index <= self.state.service_index(service)

    def apply(self, command: Command) -> Change:
        self.forget_the_removed()
        return self.state.apply(command, self.now)

    def forget_the_removed(self) -> None:
        self.entries = [entry for entry in self.entries if not entry.removed(self.now)]

    def find(self, target: Target) -> list[Entry]:
        match target:
            case ById(id=wanted):
                return [entry for entry in self.entries if entry.definition.id == wanted]
            case ByAddress(service, address):
                return [
                    entry
                    for entry in self.entries
                    if (entry.definition.service, entry.definition.address) == (service, address)
                ]

    def expected(self, service: str) -> list[tuple[Definition, Health, float]]:
        return [
            (entry.definition, entry.health(self.now), entry.registered_at)
            for entry in self.entries
            if entry.definition.service == service
        ]

    def visible(self, service: str) -> list[tuple[Definition, Health, float]]:
        return [(one.definition, one.health, one.registered_at) for one in self.state.instances(service)]


RegistryMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestRegistryMachine = RegistryMachine.TestCase
