"""Any sequence of commands and of time, on the state and on the plainest model of it that could be right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from custom_registry.core import queries
from custom_registry.core.agent import Due
from custom_registry.core.commands import ByAddress, ById, Change, Command, Deregister, Heartbeat, Register, Target
from custom_registry.core.instances import native_address
from custom_registry.core.intervals import Intervals
from custom_registry.core.state import State
from custom_registry.core.topics import Instances
from discovery.model import Health, ServiceSummary
from tests.support.definitions import registration

if TYPE_CHECKING:
    from custom_registry.core.instances import Instance

INTERVAL = 4.0
START = 100.0
SERVICES = ("web", "pay", "log")

registrations = st.builds(
    registration,
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

    registration: Register
    reported: Health
    renewed_at: float
    registered_at: float

    @property
    def id(self) -> str:
        return self.registration.definition.id

    @property
    def service(self) -> str:
        return self.registration.definition.service

    @property
    def address(self) -> str:
        return native_address(self.registration.definition, "")

    def lapsed(self, now: float) -> bool:
        return now >= self.renewed_at + self.registration.ttl

    def health(self, now: float) -> Health:
        return Health.CRITICAL if self.lapsed(now) else self.reported

    def removed(self, now: float) -> bool:
        lapse = self.renewed_at + self.registration.ttl
        last_cleanup = START + math.floor((now - START) / INTERVAL) * INTERVAL
        return lapse < last_cleanup


class RegistryMachine(RuleBasedStateMachine):
    """The model keeps a list in the order of registration and looks at all of it, every time."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State(intervals=Intervals(cleanup=INTERVAL), now=START)
        self.now = START
        self.entries: list[Entry] = []
        self.indexes = dict.fromkeys(SERVICES, 1)
        self.index = 1
        self.seen = {service: self.expected(service) for service in SERVICES}

    @rule(wanted=registrations)
    def register(self, wanted: Register) -> None:
        change = self.apply(wanted)
        assert change.effects
        entry = Entry(wanted, Health.PASSING, self.now, self.now)
        for place, old in enumerate(self.entries):
            if old.id != entry.id:
                continue
            if old.service != entry.service:
                self.entries.remove(old)
                break
            if old.address == entry.address:
                entry.registered_at = old.registered_at
            self.entries[place] = entry
            return
        self.entries.append(entry)

    @rule(whom=targets, health=st.sampled_from(Health))
    def heartbeat(self, whom: Target, health: Health) -> None:
        change = self.apply(Heartbeat(whom, health))
        found = self.find(whom)
        assert [one.definition.id for one in change.effects] == [entry.id for entry in found]
        for entry in found:
            entry.reported, entry.renewed_at = health, self.now

    @rule(whom=targets)
    def deregister(self, whom: Target) -> None:
        change = self.apply(Deregister(whom))
        found = self.find(whom)
        assert [one.definition.id for one in change.effects] == [entry.id for entry in found]
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
        self.apply(Heartbeat(ById("nobody"), Health.PASSING))

    @invariant()
    def all_that_is_registered_is_found_and_nothing_else(self) -> None:
        for service in SERVICES:
            assert self.visible(service) == self.expected(service)

    @invariant()
    def the_counts_are_those_of_a_recount(self) -> None:
        healths = {service: [found[2] for found in self.expected(service)] for service in SERVICES}
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
        lapses = [entry.renewed_at + entry.registration.ttl for entry in self.entries if not entry.lapsed(self.now)]
        assert self.now < self.state.next_deadline <= min(lapses, default=math.inf)
        due = [what for what, _ in self.state._deadlines._by_key if what is not Due.OUTPUT]
        assert sorted(due, key=str) == sorted(
            (Due.REMOVAL if entry.lapsed(self.now) else Due.LAPSE for entry in self.entries), key=str
        )

    @invariant()
    def an_index_moves_when_what_is_found_changes_and_never_goes_back(self) -> None:
        for service in SERVICES:
            index, found = self.state.topic_index(Instances(service)), self.visible(service)
            assert self.indexes[service] <= index <= self.state.index
            if found != self.seen[service]:
                assert index > self.indexes[service]
            self.indexes[service], self.seen[service] = index, found
        assert self.state.index >= self.index
        self.index = self.state.index

    @invariant()
    def the_indexes_of_rows_fit_into_those_of_the_service(self) -> None:
        for service in SERVICES:
            for row in self.state.catalog.instances(service):
                assert 1 < row.create_index <= row.modify_index <= self.state.topic_index(Instances(service))

    @invariant()
    def the_catalog_says_of_each_instance_what_the_agent_says(self) -> None:
        assert {row.id: row.definition for _, row in queries.catalog_services(self.state) if row.id != "consul"} == {
            entry.id: entry.registration.definition for entry in self.entries
        }
        assert {one.record.id: one.record.status for one in queries.health_node(self.state, "node-1")} == {
            "serfHealth": "passing"
        } | {f"service:{entry.id}": entry.health(self.now) for entry in self.entries}

    def apply(self, command: Command) -> Change:
        self.forget_the_removed()
        return self.state.apply(command, self.now)

    def forget_the_removed(self) -> None:
        self.entries = [entry for entry in self.entries if not entry.removed(self.now)]

    def find(self, target: Target) -> list[Entry]:
        match target:
            case ById(id=wanted):
                return [entry for entry in self.entries if entry.id == wanted]
            case ByAddress(service, address):
                return [entry for entry in self.entries if (entry.service, entry.address) == (service, address)]

    def expected(self, service: str) -> list[tuple[str, str, Health, float, float | None]]:
        return [
            (entry.id, entry.address, entry.health(self.now), entry.registered_at, entry.registration.ttl)
            for entry in self.entries
            if entry.service == service
        ]

    def visible(self, service: str) -> list[tuple[str, str, Health, float, float | None]]:
        return [(one.id, one.address, one.health, one.registered_at, one.ttl) for one in self.discover(service)]

    def discover(self, service: str) -> tuple[Instance, ...]:
        return queries.discover(self.state, service, healthy_only=False, tag=None)


RegistryMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestRegistryMachine = RegistryMachine.TestCase
