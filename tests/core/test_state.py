"""The state machine as the native API uses it: what each command does, what time does, what moves the index."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.core import queries
from custom_registry.core.commands import ByAddress, ById, Change, Deregister, Heartbeat, Kind
from custom_registry.core.intervals import Intervals
from custom_registry.core.state import State
from custom_registry.core.topics import Everything, HealthService, Instances
from discovery.model import Health, ServiceSummary
from tests.support.definitions import registration

if TYPE_CHECKING:
    from custom_registry.core.instances import Instance
    from custom_registry.core.model import Service

START = 1000.0
BEFORE_30 = math.nextafter(START + 30.0, 0)


@pytest.fixture
def state() -> State:
    return State(intervals=Intervals(cleanup=10.0), now=START)


def register(
    state: State, instance_id: str = "web-1", service: str = "web", now: float = START, **other: Any
) -> Change:
    return state.apply(registration(instance_id, service, **other), now)


def heartbeat(state: State, instance_id: str = "web-1", now: float = START, health: Health = Health.PASSING) -> Change:
    return state.apply(Heartbeat(ById(instance_id), health), now)


def deregister(state: State, instance_id: str = "web-1", now: float = START) -> Change:
    return state.apply(Deregister(ById(instance_id)), now)


def kinds(change: Change) -> list[Kind]:
    return [occurrence.kind for occurrence in (*change.lapses, *change.effects)]


def instances(state: State, service: str = "web") -> tuple[Instance, ...]:
    return queries.discover(state, service, healthy_only=False, tag=None)


def only(state: State, service: str = "web") -> Instance:
    (instance,) = instances(state, service)
    return instance


def row(state: State, service: str = "web") -> Service:
    (found,) = state.catalog.instances(service)
    return found


def ids(state: State, service: str = "web") -> list[str]:
    return [instance.id for instance in instances(state, service)]


def index(state: State, service: str = "web") -> int:
    return state.topic_index(Instances(service))


def visible(change: Change) -> bool:
    return any(isinstance(topic, Instances) for topic in change.topics)


class TestRegistering:
    def test_a_new_instance_is_found_passing(self, state: State) -> None:
        change = register(state)
        assert kinds(change) == [Kind.REGISTERED]
        assert row(state).definition == registration().definition
        assert only(state).health is Health.PASSING
        assert (only(state).ttl, only(state).heard_at) == (30.0, START)
        assert row(state).create_index == row(state).modify_index == index(state) == state.index

    def test_it_has_one_check_named_as_consul_names_it(self, state: State) -> None:
        register(state)
        (entry,) = queries.health_service(state, "web")
        assert [check.record.id for check in entry.checks] == ["serfHealth", "service:web-1"]

    def test_the_same_again_renews_and_changes_nothing_else(self, state: State) -> None:
        register(state)
        before, first = state.index, row(state)
        change = register(state, now=START + 20)
        assert kinds(change) == [Kind.RENEWED]
        assert not visible(change)
        assert (row(state), index(state), state.index) == (first, before, before)
        assert state.next_deadline <= START + 50
        assert (only(state).heard_at, only(state).registered_at) == (START + 20, START)

    @pytest.mark.parametrize(
        "other",
        [
            {"tags": ("a",)},
            {"metadata": {"k": "v"}},
            {"weight": 5},
            {"ttl": 3.0},
        ],
    )
    def test_other_values_replace_the_old_ones_and_keep_uptime_and_creation(
        self, state: State, other: dict[str, Any]
    ) -> None:
        register(state)
        before = state.index
        change = register(state, now=START + 1, **other)
        assert kinds(change) == [Kind.UPDATED]
        assert row(state).definition == registration(**other).definition
        assert only(state).ttl == other.get("ttl", 30.0)
        assert row(state).create_index == before
        assert index(state) == state.index == before + 1
        assert only(state).registered_at == START

    def test_another_address_is_another_life(self, state: State) -> None:
        register(state)
        register(state, now=START + 1, address="elsewhere.test:80")
        assert only(state).registered_at == START + 1

    @pytest.mark.parametrize("other", [{"port": 81}, {"host": "elsewhere.test"}])
    def test_so_is_what_no_longer_agrees_with_the_address(self, state: State, other: dict[str, Any]) -> None:
        register(state)
        register(state, now=START + 1, **other)
        assert (only(state).address, only(state).registered_at) == (only(state).host, START + 1)

    def test_another_service_moves_the_id(self, state: State) -> None:
        register(state)
        created = state.index
        change = register(state, service="other", now=START + 1)
        assert kinds(change) == [Kind.DEREGISTERED, Kind.REGISTERED]
        assert [occurrence.definition.service for occurrence in change.effects] == ["web", "other"]
        assert {Instances("web"), Instances("other")} <= change.topics
        assert ids(state) == []
        assert (row(state, "other").create_index, row(state, "other").modify_index) == (created, created + 1)
        assert index(state) == index(state, "other") == created + 1
        assert only(state, "other").registered_at == START + 1

    def test_order_is_that_of_registration_and_an_id_keeps_its_place(self, state: State) -> None:
        for instance_id in ["z", "a", "m"]:
            register(state, instance_id)
        register(state, "z", weight=3)
        heartbeat(state, "a", health=Health.CRITICAL)
        assert ids(state) == ["z", "a", "m"]

    def test_one_address_may_have_two_ids_and_two_services(self, state: State) -> None:
        register(state, "a", address="h:1")
        register(state, "b", address="h:1")
        register(state, "c", "other", address="h:1")
        assert (ids(state), ids(state, "other")) == (["a", "b"], ["c"])

    def test_it_counts_as_a_passing_heartbeat(self, state: State) -> None:
        register(state)
        state.apply(Heartbeat(ById("web-1"), Health.CRITICAL, "tired"), START)
        assert kinds(register(state, now=START + 1)) == [Kind.REPORTED]
        assert (only(state).health, only(state).note) == (Health.PASSING, "")


class TestHeartbeats:
    def test_one_that_changes_nothing_only_puts_off_the_deadline(self, state: State) -> None:
        register(state)
        before = state.index
        change = heartbeat(state, now=START + 20)
        assert kinds(change) == [Kind.RENEWED]
        assert change.topics == frozenset()
        assert state.index == before
        assert state.advance(START + 49.9) == Change(())
        assert kinds(state.advance(START + 50)) == [Kind.LAPSED]

    @pytest.mark.parametrize("health", [Health.WARNING, Health.CRITICAL])
    def test_one_that_changes_the_health_is_a_change(self, state: State, health: Health) -> None:
        register(state)
        before = state.index
        change = heartbeat(state, health=health)
        assert kinds(change) == [Kind.REPORTED]
        assert only(state).health is health
        assert index(state) == before + 1
        assert kinds(heartbeat(state, health=health)) == [Kind.RENEWED]
        assert index(state) == before + 1

    def test_a_note_alone_is_kept_and_wakes_nobody(self, state: State) -> None:
        register(state)
        change = state.apply(Heartbeat(ById("web-1"), Health.PASSING, "fine"), START)
        assert only(state).note == "fine"
        assert not change.topics & {Instances("web"), HealthService("web"), Everything()}

    def test_by_address_it_renews_all_that_match(self, state: State) -> None:
        register(state, "a", address="h:1")
        register(state, "b", address="h:1")
        register(state, "c", address="h:2")
        change = state.apply(Heartbeat(ByAddress("web", "h:1"), Health.WARNING), START)
        assert [occurrence.definition.id for occurrence in change.effects] == ["a", "b"]
        assert [instance.health for instance in instances(state)] == [
            Health.WARNING,
            Health.WARNING,
            Health.PASSING,
        ]

    @pytest.mark.parametrize(
        "target", [ById("nobody"), ByAddress("web", "nowhere"), ByAddress("nobody", "web-1.test:80")]
    )
    def test_the_unknown_has_none(self, state: State, target: ById | ByAddress) -> None:
        register(state)
        before = state.index
        assert state.apply(Heartbeat(target, Health.CRITICAL), START).effects == ()
        assert state.apply(Deregister(target), START).effects == ()
        assert (only(state).health, state.index) == (Health.PASSING, before)


class TestTime:
    def test_a_check_lapses_exactly_at_its_deadline(self, state: State) -> None:
        register(state)
        assert state.advance(BEFORE_30) == Change(())
        assert only(state).health is Health.PASSING
        assert kinds(state.advance(START + 30)) == [Kind.LAPSED]
        assert only(state).health is Health.CRITICAL
        assert index(state) == state.index

    def test_a_command_meets_no_check_that_should_have_lapsed(self, state: State) -> None:
        register(state)
        change = heartbeat(state, now=START + 30)
        assert kinds(change) == [Kind.LAPSED, Kind.REVIVED]
        assert [occurrence.kind for occurrence in change.effects] == [Kind.REVIVED]

    @pytest.mark.parametrize(
        ("ttl", "removed_after"),
        [(30.0, 40.0), (30.1, 40.0), (39.9, 40.0), (0.5, 10.0), (10.0, 20.0)],
        ids=["at a cleanup: by the next", "just after one", "just before one", "short", "at the first"],
    )
    def test_what_lapsed_is_removed_by_the_first_cleanup_after(
        self, state: State, ttl: float, removed_after: float
    ) -> None:
        register(state, ttl=ttl)
        state.advance(START + ttl)
        assert state.advance(math.nextafter(START + removed_after, 0)) == Change(())
        change = state.advance(START + removed_after)
        assert kinds(change) == [Kind.REMOVED]
        assert visible(change)
        assert ids(state) == []
        assert state.next_deadline == math.inf

    def test_a_late_caller_sees_what_a_punctual_one_would(self, state: State) -> None:
        register(state, "a", ttl=5)
        register(state, "b", ttl=25)
        register(state, "c", ttl=7)
        late = state.advance(START + 100)
        assert [(one.kind, one.definition.id) for one in late.lapses] == [
            (Kind.LAPSED, "a"),
            (Kind.LAPSED, "c"),
            (Kind.REMOVED, "a"),
            (Kind.REMOVED, "c"),
            (Kind.LAPSED, "b"),
            (Kind.REMOVED, "b"),
        ]

    @pytest.mark.parametrize("health", list(Health))
    def test_any_heartbeat_brings_back_what_lapsed(self, state: State, health: Health) -> None:
        register(state)
        state.advance(START + 35)
        assert kinds(heartbeat(state, now=START + 36, health=health)) == [Kind.REVIVED]
        assert only(state).health is health
        assert kinds(state.advance(START + 65.9)) == []  # the cleanup at 40 has let it be
        assert kinds(state.advance(START + 66)) == [Kind.LAPSED]

    def test_so_does_registering_again_and_the_uptime_goes_on(self, state: State) -> None:
        register(state)
        state.advance(START + 35)
        assert kinds(register(state, now=START + 36)) == [Kind.REVIVED]
        assert (only(state).health, only(state).registered_at) == (Health.PASSING, START)

    def test_after_its_removal_it_is_unknown(self, state: State) -> None:
        register(state)
        assert heartbeat(state, now=START + 40).effects == ()
        assert kinds(register(state, now=START + 41)) == [Kind.REGISTERED]
        assert only(state).registered_at == START + 41

    def test_who_reports_that_it_is_critical_stays_until_it_is_silent(self, state: State) -> None:
        register(state)
        heartbeat(state, now=START + 1, health=Health.CRITICAL)
        assert state.advance(START + 30.9) == Change(())
        change = state.advance(START + 31)
        assert kinds(change) == [Kind.LAPSED]
        assert not visible(change)  # critical it was, and critical it is
        assert kinds(state.advance(START + 40)) == [Kind.REMOVED]

    def test_a_shorter_ttl_counts_from_the_registration_that_brings_it(self, state: State) -> None:
        register(state, ttl=1000)
        register(state, ttl=5, now=START + 1)
        assert state.advance(START + 5.9) == Change(())
        assert kinds(state.advance(START + 6)) == [Kind.LAPSED]

    def test_what_was_deregistered_does_not_lapse(self, state: State) -> None:
        register(state)
        deregister(state)
        assert state.advance(START + 1000) == Change(())


class TestDeregistering:
    def test_it_is_not_found_afterwards(self, state: State) -> None:
        register(state, "a")
        register(state, "b")
        change = deregister(state, "a")
        assert kinds(change) == [Kind.DEREGISTERED]
        assert visible(change)
        assert ids(state) == ["b"]
        assert kinds(deregister(state, "a")) == []

    def test_by_address_it_removes_all_that_match(self, state: State) -> None:
        for instance_id, service in [("a", "web"), ("b", "web"), ("c", "other")]:
            register(state, instance_id, service, address="h:1")
        change = state.apply(Deregister(ByAddress("web", "h:1")), START)
        assert [occurrence.definition.id for occurrence in change.effects] == ["a", "b"]
        assert (ids(state), ids(state, "other")) == ([], ["c"])


class TestIndexes:
    def test_that_of_what_never_was_is_one(self, state: State) -> None:
        assert index(state) == 1

    def test_a_change_moves_only_its_own_service(self, state: State) -> None:
        register(state, "a", "web")
        before = index(state)
        register(state, "b", "other")
        heartbeat(state, "b", health=Health.CRITICAL)
        assert (index(state), index(state, "other")) == (before, state.index)

    def test_names_are_told_apart_letter_by_letter(self, state: State) -> None:
        register(state, "a", "web")
        before = index(state)
        register(state, "b", "Web")
        assert (ids(state), ids(state, "Web"), index(state)) == (["a"], ["b"], before)

    def test_that_of_a_service_now_gone_does_not_go_back(self, state: State) -> None:
        register(state)
        before = index(state)
        deregister(state)
        gone = index(state)
        assert gone > before
        register(state, "o", "other")
        assert index(state) == gone
        register(state)
        assert index(state) > gone

    def test_no_trace_is_kept_of_names_that_came_and_went(self, state: State) -> None:
        for number in range(1000):
            register(state, "a", f"service-{number}", ttl=86400.0)
            deregister(state, "a")
        assert not state.catalog._services.keys() - {"consul"}
        assert not state.catalog.indexes.service.keys() - {"consul"}
        assert len(state._deadlines._heap) <= 65


class TestQueries:
    def test_discover_chooses_by_health_and_by_tag(self, state: State) -> None:
        register(state, "a", tags=("x",))
        register(state, "b", tags=("x", "y"))
        register(state, "c", tags=("y",))
        heartbeat(state, "b", health=Health.WARNING)

        def found(*, healthy_only: bool, tag: str | None) -> list[str]:
            return [one.id for one in queries.discover(state, "web", healthy_only=healthy_only, tag=tag)]

        assert found(healthy_only=False, tag=None) == ["a", "b", "c"]
        assert found(healthy_only=True, tag=None) == ["a", "c"]
        assert found(healthy_only=False, tag="x") == ["a", "b"]
        assert found(healthy_only=True, tag="y") == ["c"]
        assert found(healthy_only=True, tag="X") == []
        assert queries.discover(state, "nobody", healthy_only=False, tag=None) == ()

    def test_summaries_and_totals(self, state: State) -> None:
        register(state, "a")
        register(state, "b")
        register(state, "c", "other")
        heartbeat(state, "b", health=Health.WARNING)
        assert queries.summaries(state) == {"web": ServiceSummary("web", 2, 1), "other": ServiceSummary("other", 1, 1)}
        assert queries.totals(state) == queries.Totals(services=2, instances=3, active=2)
        deregister(state, "c")
        assert "other" not in queries.summaries(state)
