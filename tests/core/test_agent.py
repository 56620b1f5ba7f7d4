"""What the agent is told of services and checks, and what it tells the catalog when."""

from __future__ import annotations

from typing import Any

import pytest

from custom_registry.core import queries
from custom_registry.core.commands import (
    CatalogDeregister,
    CatalogRegister,
    Command,
    DeregisterCheck,
    DeregisterService,
    Kind,
    NotTTL,
    RegisterCheck,
    RegisterService,
    ReportCheck,
    ReportProbe,
    SetNodeMaintenance,
    SetServiceMaintenance,
    UnknownCheck,
    UnknownService,
)
from custom_registry.core.intervals import Intervals
from custom_registry.core.model import Check, CheckDefinition, CheckRecord, NodeDefinition, ServiceDefinition
from custom_registry.core.probes import Probe, TcpConnect
from custom_registry.core.state import OWN_NODE, State
from custom_registry.core.topics import AgentService, AgentServices, Everything, HealthService, Probes

START = 1000.0
WEB = ServiceDefinition("web-1", "web")


@pytest.fixture
def state() -> State:
    return State(now=START)


def ttl(check_id: str = "service:web-1", service_id: str = "web-1", **other: Any) -> CheckDefinition:
    values: dict[str, Any] = {"type": "ttl", "ttl": 60.0} | other
    return CheckDefinition(check_id, "c", service_id=service_id, **values)


def register(state: State, *checks: CheckDefinition, now: float = START, **other: Any) -> None:
    state.apply(RegisterService(WEB, checks, **other), now)


def shown(state: State) -> dict[str, tuple[str, str]]:
    """What the catalog says of the checks of the own node, but for serf's."""
    return {
        check.record.id: (check.record.status, check.record.output)
        for check in queries.health_node(state, OWN_NODE.name)
        if check.record.id != "serfHealth"
    }


def held(state: State) -> dict[str, tuple[str, str]]:
    """What the agent says of them."""
    return {check.id: (check.status, check.output) for check in queries.agent_checks(state)}


def check(state: State, check_id: str = "service:web-1") -> Check:
    found = state.catalog.check(OWN_NODE.name, check_id)
    assert found
    return found


class TestRegisteringAService:
    def test_it_and_its_checks_come_under_one_index(self, state: State) -> None:
        before = state.index
        register(state, ttl("a"), ttl("b"))
        (entry,) = queries.health_service(state, "web")
        indexes = {entry.service.create_index, entry.service.modify_index, *(c.create_index for c in entry.checks[1:])}
        assert indexes == {before + 1} == {state.index}
        assert shown(state) == {"a": ("critical", ""), "b": ("critical", "")}

    def test_the_same_again_changes_nothing(self, state: State) -> None:
        register(state, ttl())
        state.apply(ReportCheck("service:web-1", "passing", "hello"), START)
        before = state.index
        change = state.apply(RegisterService(WEB, (ttl(status="warning"),)), START)
        assert state.index == before
        assert not change.topics & {Everything(), AgentService("web-1")}
        assert shown(state) == {"service:web-1": ("passing", "hello")}

    def test_a_changed_service_moves_itself_and_not_its_checks(self, state: State) -> None:
        register(state, ttl())
        created = state.index
        state.apply(RegisterService(ServiceDefinition("web-1", "web", port=2), (ttl(),)), START)
        (entry,) = queries.health_service(state, "web")
        assert (entry.service.create_index, entry.service.modify_index) == (created, created + 1)
        assert check(state).modify_index == created

    def test_other_checks_stay_unless_they_are_to_be_replaced(self, state: State) -> None:
        register(state, ttl("a"), ttl("b"))
        register(state, ttl("c"))
        assert set(shown(state)) == set(held(state)) == {"a", "b", "c"}
        register(state, ttl("c"), replace_existing_checks=True)
        assert set(shown(state)) == set(held(state)) == {"c"}

    def test_replacing_ends_a_maintenance(self, state: State) -> None:
        register(state)
        state.apply(SetServiceMaintenance("web-1", enable=True), START)
        register(state, replace_existing_checks=True)
        assert held(state) == {}

    def test_a_check_moves_to_the_service_that_takes_its_id(self, state: State) -> None:
        register(state, ttl("c"))
        other = ServiceDefinition("o", "other")
        state.apply(RegisterService(other, (ttl("c", "o"),)), START)
        assert queries.agent_checks_of(state, "web-1") == ()
        assert [c.record.service_name for c in queries.health_checks(state, "other")] == ["other"]
        assert queries.health_checks(state, "web") == ()

    def test_renamed_its_checks_are_called_so_when_they_are_next_written(self, state: State) -> None:
        register(state, ttl())
        state.apply(RegisterService(ServiceDefinition("web-1", "other")), START)
        assert [c.record.id for c in queries.health_checks(state, "web")] == ["service:web-1"]
        state.apply(ReportCheck("service:web-1", "passing"), START)
        assert queries.health_checks(state, "web") == ()
        assert [c.record.id for c in queries.health_checks(state, "other")] == ["service:web-1"]
        assert queries.agent_checks(state)[0].service_name == "web"

    @pytest.mark.parametrize(
        ("before", "after", "kind"),
        [
            (None, WEB, Kind.REGISTERED),
            (WEB, WEB, Kind.RENEWED),
            (WEB, ServiceDefinition("web-1", "web", ("t",)), Kind.UPDATED),
            (WEB, ServiceDefinition("web-1", "other"), Kind.REGISTERED),
        ],
    )
    def test_what_befell_it(
        self, state: State, before: ServiceDefinition | None, after: ServiceDefinition, kind: Kind
    ) -> None:
        if before:
            state.apply(RegisterService(before), START)
        (effect,) = state.apply(RegisterService(after), START).effects
        assert (effect.kind, effect.definition, effect.address) == (kind, after, OWN_NODE.address)

    def test_of_checks_of_one_id_the_last_holds(self, state: State) -> None:
        """Seen on 1.8.7: its own status too, and not that of the one before it."""
        register(state, ttl("c", status="critical"), ttl("c", status="passing"))
        assert held(state) == {"c": ("passing", "")}
        register(state, ttl("c", status="critical"), ttl("c", status="warning"))
        assert held(state) == {"c": ("passing", "")}


class TestRemoving:
    def test_a_service_goes_with_its_checks_under_one_index(self, state: State) -> None:
        register(state, ttl("a"), ttl("b"))
        before = state.index
        (effect,) = state.apply(DeregisterService("web-1"), START).effects
        assert (effect.kind, effect.health) == (Kind.DEREGISTERED, "critical")
        assert (held(state), shown(state), queries.agent_services(state)) == ({}, {}, ())
        assert state.topic_index(HealthService("web")) == state.index == before + 1

    def test_a_check_goes(self, state: State) -> None:
        register(state, ttl())
        state.apply(DeregisterCheck("service:web-1"), START)
        assert (held(state), shown(state)) == ({}, {})

    @pytest.mark.parametrize(
        ("command", "refusal"),
        [
            (DeregisterService("nosuch"), UnknownService),
            (DeregisterCheck("nosuch"), UnknownCheck),
            (DeregisterCheck("serfHealth"), UnknownCheck),
            (DeregisterService("consul"), UnknownService),
            (RegisterCheck(ttl("c", "nosuch")), UnknownService),
            (ReportCheck("nosuch", "passing"), UnknownCheck),
            (ReportCheck("tcp", "passing"), NotTTL),
            (SetServiceMaintenance("nosuch", enable=True), UnknownService),
            (SetServiceMaintenance("nosuch", enable=False), UnknownService),
        ],
        ids=repr,
    )
    def test_what_is_not_there_is_refused_and_nothing_changes(
        self, state: State, command: Command, refusal: type[Exception]
    ) -> None:
        state.apply(RegisterCheck(CheckDefinition("tcp", "tcp", type="tcp")), START)
        before = (state.index, state.agent.revision, held(state), shown(state))
        with pytest.raises(refusal):
            state.apply(command, START)
        assert (state.index, state.agent.revision, held(state), shown(state)) == before


class TestReports:
    def test_one_that_changes_the_status_is_seen_at_once(self, state: State) -> None:
        register(state, ttl())
        before = state.index
        (effect,) = state.apply(ReportCheck("service:web-1", "warning", "slow"), START).effects
        assert (effect.kind, effect.health) == (Kind.REPORTED, "warning")
        assert shown(state) == held(state) == {"service:web-1": ("warning", "slow")}
        assert (check(state).modify_index, state.index) == (before + 1, before + 1)

    def test_one_that_changes_the_output_alone_is_seen_later(self, state: State) -> None:
        register(state, ttl(ttl=1000.0))
        before = state.index
        state.apply(ReportCheck("service:web-1", "critical", "first"), START + 1)
        state.apply(ReportCheck("service:web-1", "critical", "second"), START + 2)
        assert (held(state), shown(state)) == (
            {"service:web-1": ("critical", "second")},
            {"service:web-1": ("critical", "")},
        )
        state.advance(START + 300.9)
        assert state.index == before
        state.advance(START + 301)
        assert shown(state) == held(state)
        assert state.index == before + 1

    def test_a_registration_shows_it_at_once(self, state: State) -> None:
        register(state, ttl())
        state.apply(ReportCheck("service:web-1", "critical", "first"), START)
        register(state, ttl())
        assert shown(state) == {"service:web-1": ("critical", "first")}
        assert not state.agent.holds_back("service:web-1")

    def test_it_is_cut(self, state: State) -> None:
        register(state, ttl())
        state.apply(ReportCheck("service:web-1", "passing", "x" * 5000), START)
        assert held(state)["service:web-1"][1] == "x" * 4096 + " ... (captured 4096 of 5000 bytes)"

    def test_a_ttl_that_passes_in_silence_is_critical(self, state: State) -> None:
        register(state, ttl(ttl=2.0))
        state.apply(ReportCheck("service:web-1", "passing"), START)
        state.apply(ReportCheck("service:web-1", "passing", "still here"), START + 1)
        (lapse,) = state.advance(START + 3).lapses
        assert (lapse.kind, lapse.health) == (Kind.LAPSED, "critical")
        assert shown(state)["service:web-1"] == (
            "critical",
            "TTL expired (last output before timeout follows): still here",
        )
        (effect,) = state.apply(ReportCheck("service:web-1", "passing", "back"), START + 9).effects
        assert effect.kind is Kind.REVIVED
        assert shown(state) == {"service:web-1": ("passing", "back")}

    def test_registered_again_it_begins_anew_and_forgets_what_was_said(self, state: State) -> None:
        register(state, ttl(ttl=2.0))
        state.apply(ReportCheck("service:web-1", "passing", "said"), START)
        register(state, ttl(ttl=2.0), now=START + 1.5)
        assert state.advance(START + 3.4).lapses == ()
        state.advance(START + 3.5)
        assert shown(state)["service:web-1"] == ("critical", "TTL expired")

    def test_a_ttl_outlives_its_check_where_another_kind_takes_the_id(self, state: State) -> None:
        """Seen on 1.8.7: Consul goes on waiting for reports, until the check is removed."""
        register(state, ttl())
        register(state, ttl(type="http", ttl=None), now=START + 30)
        state.apply(ReportCheck("service:web-1", "passing"), START + 40)
        assert state.advance(START + 99).topics == frozenset()
        state.advance(START + 100)
        assert held(state)["service:web-1"] == ("critical", "TTL expired")
        state.apply(DeregisterCheck("service:web-1"), START + 100)
        register(state, ttl(type="http", ttl=None), now=START + 100)
        with pytest.raises(NotTTL):
            state.apply(ReportCheck("service:web-1", "passing"), START + 100)

    def test_being_registered_anew_as_another_kind_does_not_renew_it(self, state: State) -> None:
        register(state, ttl(status="passing"))
        register(state, ttl(type="http", ttl=None), now=START + 30)
        state.advance(START + 60)
        assert held(state)["service:web-1"] == ("critical", "TTL expired")

    def test_a_check_of_the_node_befalls_no_instance(self, state: State) -> None:
        state.apply(RegisterCheck(ttl("n", "", ttl=1.0)), START)
        assert state.apply(ReportCheck("n", "passing"), START).effects == ()
        assert state.advance(START + 1).lapses == ()
        assert shown(state) == {"n": ("critical", "TTL expired")}


class TestProbes:
    PROBE = Probe(action=TcpConnect(address="h:1"), interval=1.0)

    def definition(self, **other: Any) -> CheckDefinition:
        return ttl("p", type="tcp", ttl=None, probe=self.PROBE, **other)

    def test_they_can_be_read_and_waited_for(self, state: State) -> None:
        register(state)
        before = state.topic_index(Probes())
        change = state.apply(RegisterCheck(self.definition()), START)
        assert Probes() in change.topics
        assert state.topic_index(Probes()) > before
        assert queries.probes(state) == (self.definition(),)
        assert Probes() in state.apply(DeregisterService("web-1"), START).topics
        assert queries.probes(state) == ()

    def test_what_one_found_is_reported(self, state: State) -> None:
        register(state, self.definition())
        state.apply(ReportProbe(self.definition(), "passing", "TCP connect h:1: Success"), START)
        assert shown(state) == {"p": ("passing", "TCP connect h:1: Success")}

    @pytest.mark.parametrize("now", [None, "other"])
    def test_what_comes_too_late_is_not(self, state: State, now: str | None) -> None:
        register(state, self.definition())
        state.apply(DeregisterCheck("p"), START)
        if now:
            state.apply(RegisterCheck(self.definition(notes=now)), START)
        before = held(state)
        assert state.apply(ReportProbe(self.definition(), "passing", ""), START).effects == ()
        assert held(state) == before


class TestReaping:
    """Looks come each 30 s from the start, at 1000."""

    @pytest.mark.parametrize(
        ("after", "lapses_at", "reaped_at"),
        [(1.0, 1001, 1090), (60.0, 1001, 1090), (61.0, 1029, 1120), (60.0, 1030, 1120), (90.0, 1001, 1120)],
    )
    def test_a_service_goes_at_the_first_look_after_its_time(
        self, state: State, after: float, lapses_at: float, reaped_at: float
    ) -> None:
        register(state, ttl(status="passing", ttl=lapses_at - START, deregister_after=after))
        state.advance(lapses_at)
        assert state.advance(reaped_at - 0.001).lapses == ()
        (removal,) = state.advance(reaped_at).lapses
        assert removal.kind is Kind.REMOVED
        assert (held(state), shown(state), queries.agent_services(state)) == ({}, {}, ())

    def test_both_times_are_settings(self) -> None:
        state = State(now=START, intervals=Intervals(reap=0.01, least_deregister_after=0.0))
        register(state, ttl(status="passing", ttl=0.5, deregister_after=0.1))
        state.advance(START + 0.62)
        assert queries.agent_services(state) == ()

    def test_being_registered_critical_does_not_count(self, state: State) -> None:
        register(state, ttl(ttl=1e6, deregister_after=60.0))
        state.advance(START + 1000)
        assert len(queries.agent_services(state)) == 1
        state.apply(ReportCheck("service:web-1", "critical"), START + 1000)
        state.advance(START + 1079)
        assert len(queries.agent_services(state)) == 1
        state.advance(START + 1080)
        assert queries.agent_services(state) == ()

    def test_who_recovers_in_time_stays(self, state: State) -> None:
        register(state, ttl(ttl=1e6, deregister_after=60.0))
        state.apply(ReportCheck("service:web-1", "critical"), START)
        state.apply(ReportCheck("service:web-1", "warning"), START + 59)
        state.apply(ReportCheck("service:web-1", "critical"), START + 61)
        state.advance(START + 149)
        assert len(queries.agent_services(state)) == 1
        assert [one.kind for one in state.advance(START + 150).lapses] == [Kind.REMOVED]

    def test_who_stays_critical_is_not_young_again_by_saying_so(self, state: State) -> None:
        register(state, ttl(ttl=1e6, deregister_after=60.0))
        for moment in range(0, 90, 10):
            state.apply(ReportCheck("service:web-1", "critical", str(moment)), START + moment)
        assert [one.kind for one in state.advance(START + 90).lapses] == [Kind.REMOVED]

    def test_a_check_of_the_node_removes_nothing(self, state: State) -> None:
        state.apply(RegisterCheck(ttl("n", "", ttl=1.0, deregister_after=60.0)), START)
        state.advance(START + 1000)
        assert set(held(state)) == {"n"}


class TestMaintenance:
    def test_of_a_service(self, state: State) -> None:
        register(state, ttl(status="passing"))
        state.apply(SetServiceMaintenance("web-1", enable=True, reason="because"), START)
        found = check(state, "_service_maintenance:web-1").record
        assert (found.name, found.notes, found.type) == ("Service Maintenance Mode", "because", "maintenance")
        assert (found.status, found.service_name) == ("critical", "web")
        before = state.index
        state.apply(SetServiceMaintenance("web-1", enable=True, reason="another"), START)
        assert state.index == before
        for _ in range(2):
            state.apply(SetServiceMaintenance("web-1", enable=False), START)
        assert held(state) == {"service:web-1": ("passing", "")}

    def test_of_the_node(self, state: State) -> None:
        state.apply(SetNodeMaintenance(enable=True), START)
        found = check(state, "_node_maintenance").record
        assert (found.name, found.service_id) == ("Node Maintenance Mode", "")
        assert found.notes.startswith("Maintenance mode is enabled for this node, but no reason was provided.")
        state.apply(SetNodeMaintenance(enable=False), START)
        assert held(state) == {}


class TestWhatOthersWriteOfTheOwnNode:
    """It stays until the next comparison, at each whole minute from the start."""

    def test_a_service_taken_out_of_the_catalog_comes_back(self, state: State) -> None:
        register(state, ttl())
        state.apply(CatalogDeregister(OWN_NODE.name, service_id="web-1"), START + 1)
        assert queries.health_service(state, "web") == ()
        assert [one.definition for one in queries.agent_services(state)] == [WEB]
        state.advance(START + 60)
        (entry,) = queries.health_service(state, "web")
        assert [one.record.id for one in entry.checks] == ["serfHealth", "service:web-1"]

    def test_or_sooner_with_the_next_change_of_a_check(self, state: State) -> None:
        register(state, ttl())
        state.apply(CatalogDeregister(OWN_NODE.name, service_id="web-1"), START)
        state.apply(ReportCheck("service:web-1", "passing"), START)
        assert len(queries.health_service(state, "web")) == 1

    def test_what_the_agent_does_not_know_goes(self, state: State) -> None:
        foreign = ServiceDefinition("f", "foreign")
        checks = (CheckRecord("fc", status="passing"), CheckRecord("fs", service_id="f"))
        state.apply(CatalogRegister(OWN_NODE, foreign, checks), START)
        assert set(shown(state)) == {"fc", "fs"}
        state.advance(START + 60)
        assert shown(state) == {}
        assert queries.catalog_service(state, "foreign") == ()

    def test_what_was_changed_is_changed_back(self, state: State) -> None:
        register(state, ttl(ttl=1000.0))
        node = NodeDefinition(OWN_NODE.name, address="10.0.0.1", meta={"a": "b"})
        changed = CheckRecord("service:web-1", status="passing", service_id="web-1")
        state.apply(CatalogRegister(node, ServiceDefinition("web-1", "web", ("theirs",)), (changed,)), START)
        assert shown(state) == {"service:web-1": ("passing", "")}
        state.advance(START + 60)
        ((found, service),) = queries.catalog_service(state, "web")
        assert (found.definition, service.definition) == (OWN_NODE, WEB)
        assert shown(state) == {"service:web-1": ("critical", "")}

    def test_but_tags_that_may_be_overridden_are_taken_over(self, state: State) -> None:
        ours = ServiceDefinition("web-1", "web", ("ours",), enable_tag_override=True)
        theirs = ServiceDefinition("web-1", "web", ("theirs",), enable_tag_override=True)
        state.apply(RegisterService(ours), START)
        state.apply(CatalogRegister(OWN_NODE, theirs), START)
        change = state.advance(START + 60)
        assert [one.definition for one in queries.agent_services(state)] == [theirs]
        assert {AgentService("web-1"), AgentServices()} <= change.topics

    def test_the_node_itself_comes_back_with_all_that_is_the_registrys_own(self, state: State) -> None:
        register(state, ttl())
        state.apply(CatalogDeregister(OWN_NODE.name), START)
        assert queries.catalog_nodes(state) == ()
        state.advance(START + 60)
        assert [one.name for one in queries.catalog_nodes(state)] == [OWN_NODE.name]
        assert [one.record.id for one in queries.health_node(state, OWN_NODE.name)] == ["serfHealth", "service:web-1"]
        assert len(queries.catalog_service(state, "consul")) == 1

    def test_an_output_that_is_held_back_stays_so(self, state: State) -> None:
        register(state, ttl(ttl=1000.0))
        state.apply(ReportCheck("service:web-1", "critical", "later"), START)
        state.apply(CatalogRegister(OWN_NODE), START)
        state.advance(START + 60)
        assert shown(state) == {"service:web-1": ("critical", "")}

    def test_where_nothing_differs_a_comparison_changes_nothing(self, state: State) -> None:
        register(state, ttl(ttl=1000.0))
        state.apply(CatalogRegister(OWN_NODE), START)
        before = state.index
        assert state.advance(START + 60).topics == frozenset()
        assert state.index == before
