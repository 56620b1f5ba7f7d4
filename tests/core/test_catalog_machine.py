"""Any sequence of what Consul's API can ask, on the state and on the plainest model of it that could be right.

What is read, indexes and topics are judged by each other: an answer that changed has woken who waits for it, and its
index has moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from custom_registry.core import queries, topics
from custom_registry.core.checks import worst
from custom_registry.core.commands import (
    CatalogDeregister,
    CatalogRegister,
    Command,
    DeregisterCheck,
    DeregisterService,
    Refusal,
    RegisterCheck,
    RegisterService,
    ReportCheck,
    SetNodeMaintenance,
    SetServiceMaintenance,
)
from custom_registry.core.intervals import Intervals
from custom_registry.core.model import CheckDefinition, CheckRecord, NodeDefinition, ServiceDefinition
from custom_registry.core.state import OWN_NODE, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from custom_registry.core.model import Node
    from custom_registry.core.topics import Topic

START = 100.0
REAP = 4.0
LEAST = 3.0
NAMES = {"w1": "web", "w2": "web", "d1": "db", "p1": "web-proxy"}  # an id's name stays: see the test of ``left`` ones
STATUSES = ("passing", "warning", "critical")
ZONE = ("zone", "1")

service_ids = st.sampled_from(sorted(NAMES))
statuses = st.sampled_from(STATUSES)
check_ids = st.sampled_from(["c1", "c2", "service:w1"])


def service(service_id: str, port: int = 0) -> ServiceDefinition:
    connect_for = "web" if service_id == "p1" else ""
    return ServiceDefinition(service_id, NAMES[service_id], port=port, connect_for=connect_for)


def check(check_id: str, status: str, ttl: float | None, deregister_after: float | None) -> CheckDefinition:
    return CheckDefinition(check_id, "name", status=status, ttl=ttl, deregister_after=deregister_after)


def in_zone(node: Node) -> bool:
    return ZONE in (node.definition.meta or {}).items()


services = st.builds(service, service_ids, st.sampled_from([0, 1]))
checks = st.builds(
    check,
    check_ids,
    statuses,
    st.sampled_from([None, 1.0, 3.0]),
    st.sampled_from([None, 1.0, 5.0]),
)


@dataclass
class Known:
    """What the model knows of a check of the agent."""

    definition: CheckDefinition
    status: str
    renewed_at: float
    ttl: float | None
    since: float | None = None

    @property
    def lapses_at(self) -> float:
        return math.inf if self.ttl is None else self.renewed_at + self.ttl

    @property
    def reaped_at(self) -> float:
        after = self.definition.deregister_after
        if self.since is None or after is None or not self.definition.service_id:
            return math.inf
        passed = math.floor((self.since + max(after, LEAST) - START) / REAP)
        return START + (passed + 1) * REAP


class CatalogMachine(RuleBasedStateMachine):
    """The model looks at all it knows, every time."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State(now=START)
        self.now = START
        self.services: dict[str, ServiceDefinition] = {}
        self.checks: dict[str, Known] = {}
        self.woken: set[Topic] = set()
        self.moved = False  # whether a check has left a service, which Consul does not count as a change of that
        self.seen = self.read_all()

    @initialize(rewrites=st.booleans())
    def speak_as(self, *, rewrites: bool) -> None:
        intervals = Intervals(reap=REAP, least_deregister_after=LEAST, output=2.0)
        self.state = State(now=START, intervals=intervals, rewrites_checks=rewrites)
        self.seen = self.read_all()

    # What is asked of the agent.

    @rule(definition=services, given=st.lists(checks, max_size=2, unique_by=lambda one: one.id), replaces=st.booleans())
    def register_service(self, definition: ServiceDefinition, given: list[CheckDefinition], *, replaces: bool) -> None:
        own = tuple(self.of(one, definition.id) for one in given)
        self.apply(RegisterService(definition, own, replace_existing_checks=replaces))
        self.services[definition.id] = definition
        for one in own:
            self.put(one)
        if replaces:
            kept = {one.id for one in own}
            for check_id in self.checks_of(definition.id):
                if check_id not in kept:
                    del self.checks[check_id]

    @rule(definition=checks, of=st.one_of(st.just(""), service_ids))
    def register_check(self, definition: CheckDefinition, of: str) -> None:
        own = self.of(definition, of)
        if not self.apply(RegisterCheck(own), refused=bool(of) and of not in self.services):
            return
        known = own.id in self.checks
        self.put(own)
        if known and self.checks[own.id].status == "critical":
            self.checks[own.id].since = self.now

    @rule(service_id=service_ids)
    def deregister_service(self, service_id: str) -> None:
        if self.apply(DeregisterService(service_id), refused=service_id not in self.services):
            self.forget(service_id)

    @rule(check_id=check_ids)
    def deregister_check(self, check_id: str) -> None:
        if self.apply(DeregisterCheck(check_id), refused=check_id not in self.checks):
            del self.checks[check_id]

    @rule(check_id=check_ids, status=statuses, output=st.sampled_from(["", "x"]))
    def report(self, check_id: str, status: str, output: str) -> None:
        known = self.checks.get(check_id)
        if self.apply(ReportCheck(check_id, status, output), refused=known is None or known.ttl is None):
            assert known
            known.renewed_at = self.now
            self.stand(known, status, self.now)

    @rule(service_id=st.one_of(st.just(""), service_ids), enable=st.booleans())
    def maintain(self, service_id: str, *, enable: bool) -> None:
        if not service_id:
            self.apply(SetNodeMaintenance(enable=enable))
        elif not self.apply(SetServiceMaintenance(service_id, enable=enable), refused=service_id not in self.services):
            return
        check_id = f"_service_maintenance:{service_id}" if service_id else "_node_maintenance"
        if not enable:
            self.checks.pop(check_id, None)
        elif check_id not in self.checks:
            self.put(CheckDefinition(check_id, "maintenance", service_id=service_id))

    # What is asked of the catalog, of other nodes.

    @rule(
        node=st.sampled_from(["n1", "N2"]),
        address=st.sampled_from(["a", "b"]),
        definition=st.one_of(st.none(), services),
        status=st.one_of(st.none(), statuses),
        meta=st.sampled_from([None, {"zone": "1"}, {"zone": "2", "k": ""}]),
        skip=st.booleans(),
    )
    def register_in_catalog(  # noqa: PLR0913 - all that a registration can say
        self,
        node: str,
        address: str,
        definition: ServiceDefinition | None,
        status: str | None,
        meta: dict[str, str] | None,
        *,
        skip: bool,
    ) -> None:
        of = definition.id if definition else ""
        before = self.state.catalog.check(node, "c1")
        self.moved |= bool(status and before and before.record.service_id != of)
        record = CheckRecord("c1", status=status or "", service_id=of)
        written = (record,) if status else ()
        self.apply(CatalogRegister(NodeDefinition(node, address=address, meta=meta), definition, written, skip))

    @rule(node=st.sampled_from(["n1", "n2"]), service_id=st.one_of(st.just(""), service_ids), check=st.booleans())
    def deregister_from_catalog(self, node: str, service_id: str, *, check: bool) -> None:
        self.apply(CatalogDeregister(node, service_id, "" if service_id or not check else "c1"))

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.5, 8.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        self.woken |= self.state.advance(self.now).topics
        self.pass_time()

    # What must hold.

    @invariant()
    def the_agent_holds_what_it_was_told(self) -> None:
        assert {one.definition.id: one.definition for one in queries.agent_services(self.state)} == self.services
        assert {one.id: (one.status, one.critical_since) for one in queries.agent_checks(self.state)} == {
            check_id: (known.status, known.since) for check_id, known in self.checks.items()
        }

    @invariant()
    def the_catalog_shows_it(self) -> None:
        found = queries.catalog_node(self.state, OWN_NODE.name)
        assert found
        assert {row.id: row.definition for row in found[1] if row.id != "consul"} == self.services
        shown = {one.record.id: one.record for one in queries.health_node(self.state, OWN_NODE.name)}
        del shown["serfHealth"]
        assert {check_id: (record.status, record.service_id) for check_id, record in shown.items()} == {
            check_id: (known.status, known.definition.service_id) for check_id, known in self.checks.items()
        }

    @invariant()
    def the_native_counts_are_those_of_a_recount(self) -> None:
        counts: dict[str, tuple[int, int]] = {}
        for name in set(NAMES.values()):
            for entry in queries.health_service(self.state, name):
                total, active = counts.get(name, (0, 0))
                healthy = worst(one.record.status for one in entry.checks) == "passing"
                counts[name] = total + 1, active + healthy
            found = queries.discover(self.state, name, healthy_only=True, tag=None)
            assert len(found) == counts.get(name, (0, 0))[1]
        summaries = queries.summaries(self.state).values()
        assert {one.service: (one.total_instances, one.active_instances) for one in summaries} == counts

    @invariant()
    def who_reads_something_else_was_woken_and_has_a_newer_index(self) -> None:
        seen, self.seen = self.seen, self.read_all()
        for topic, (answer, index) in self.seen.items():
            assert index >= seen[topic][1] >= 1
            assert index <= max(self.state.index, self.state.agent.revision)
            of_service = topics.HealthService | topics.HealthConnect
            excused = isinstance(topic, of_service) or (isinstance(topic, topics.HealthChecks) and topic.by_node_meta)
            if answer != seen[topic][0] and not (self.moved and excused):
                assert topic in self.woken
                assert index > seen[topic][1]
        self.woken.clear()
        self.moved = False

    # The model.

    @staticmethod
    def of(definition: CheckDefinition, service_id: str) -> CheckDefinition:
        return CheckDefinition(
            definition.id,
            definition.name,
            definition.status,
            service_id=service_id,
            ttl=definition.ttl,
            deregister_after=definition.deregister_after,
        )

    def apply(self, command: Command, *, refused: bool = False) -> bool:
        try:
            self.woken |= self.state.apply(command, self.now).topics
        except Refusal:
            assert refused
            return False
        assert not refused
        return True

    def put(self, definition: CheckDefinition) -> None:
        before = self.checks.pop(definition.id, None)
        known = Known(definition, before.status if before else definition.status, self.now, definition.ttl)
        if before and known.ttl is None:  # an old one goes on
            known.ttl, known.renewed_at = before.ttl, before.renewed_at
        self.moved |= before is not None and before.definition.service_id != definition.service_id
        self.checks[definition.id] = known

    def checks_of(self, service_id: str) -> list[str]:
        return [check_id for check_id, one in self.checks.items() if one.definition.service_id == service_id]

    def forget(self, service_id: str) -> None:
        del self.services[service_id]
        for check_id in self.checks_of(service_id):
            del self.checks[check_id]

    @staticmethod
    def stand(known: Known, status: str, now: float) -> None:
        if status != "critical":
            known.since = None
        elif known.since is None:
            known.since = now
        known.status = status

    def pass_time(self) -> None:
        while True:
            due = [(one.lapses_at, 0, check_id) for check_id, one in self.checks.items() if one.lapses_at <= self.now]
            due += [(one.reaped_at, 1, check_id) for check_id, one in self.checks.items() if one.reaped_at <= self.now]
            if not due:
                return
            at, reaps, check_id = min(due)
            if reaps:
                self.forget(self.checks[check_id].definition.service_id)
            else:
                self.checks[check_id].renewed_at = math.inf
                self.stand(self.checks[check_id], "critical", at)

    def read_all(self) -> dict[Topic, tuple[Any, int]]:
        state = self.state
        reads: dict[Topic, Callable[[], object]] = {
            topics.CatalogNodes(): partial(queries.catalog_nodes, state),
            topics.CatalogNodes(with_services=True): partial(queries.catalog_nodes, state),
            topics.CatalogServices(): lambda: [row for _, row in queries.catalog_services(state)],
            topics.CatalogNodes(meta=ZONE): lambda: [one for one in queries.catalog_nodes(state) if in_zone(one)],
            topics.CatalogServices(ZONE): lambda: [row for row in queries.catalog_services(state) if in_zone(row[0])],
            topics.HealthState(): partial(queries.health_state, state, None),
            topics.AgentServices(): partial(queries.agent_services, state),
            topics.AgentChecks(): lambda: [(one.id, one.status, one.output) for one in queries.agent_checks(state)],
        }
        for status in STATUSES:
            reads[topics.HealthState(status)] = partial(queries.health_state, state, status)
        for node in ("node-1", "n1", "n2"):
            reads[topics.CatalogNode(node, alone=True)] = partial(queries.catalog_node, state, node)
            reads[topics.HealthNode(node)] = partial(queries.health_node, state, node)
        for name in {*NAMES.values(), "nosuch"}:
            reads |= {
                topics.CatalogService(name): partial(queries.catalog_service, state, name),
                topics.HealthService(name): partial(queries.health_service, state, name),
                topics.HealthChecks(name): partial(queries.health_checks, state, name),
                topics.HealthChecks(name, by_node_meta=True): partial(self.checks_in_zone, name),
                topics.HealthConnect(name): partial(queries.health_connect, state, name),
                topics.Instances(name): partial(self.discover, name),
            }
        return {topic: (read(), state.topic_index(topic)) for topic, read in reads.items()}

    def checks_in_zone(self, name: str) -> list[object]:
        zone = {one.name for one in queries.catalog_nodes(self.state) if in_zone(one)}
        return [one for one in queries.health_checks(self.state, name) if one.node in zone]

    def discover(self, name: str) -> list[object]:
        found = queries.discover(self.state, name, healthy_only=False, tag=None)
        return [(one.id, one.node, one.host, one.port, one.health) for one in found]


CatalogMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestCatalogMachine = CatalogMachine.TestCase
