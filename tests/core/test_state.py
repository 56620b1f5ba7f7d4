"""The state machine, sentence by sentence: what each command does, what time does, what moves which index."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.core import queries
from custom_registry.core.checks import CheckState, Event
from custom_registry.core.commands import ByAddress, ById, Change, Deregister, Heartbeat, Kind, Register
from custom_registry.core.state import State
from discovery.model import Health, ServiceSummary
from tests.support.definitions import definition

if TYPE_CHECKING:
    from custom_registry.core.model import Instance

START = 1000.0
BEFORE_30 = math.nextafter(START + 30.0, 0)


@pytest.fixture
def state() -> State:
    return State(cleanup_interval=10.0, now=START)


def register(
    state: State, instance_id: str = "web-1", service: str = "web", now: float = START, **other: Any
) -> Change:
    return state.apply(Register(definition(instance_id, service, **other)), now)


def heartbeat(state: State, instance_id: str = "web-1", now: float = START, event: Event = Event.PASSED) -> Change:
    return state.apply(Heartbeat(ById(instance_id), event), now)


def deregister(state: State, instance_id: str = "web-1", now: float = START) -> Change:
    return state.apply(Deregister(ById(instance_id)), now)


def kinds(change: Change) -> list[Kind]:
    return [occurrence.kind for occurrence in change.occurrences]


def only(state: State, service: str = "web") -> Instance:
    (instance,) = state.instances(service)
    return instance


def ids(state: State, service: str = "web") -> list[str]:
    return [instance.id for instance in state.instances(service)]


class TestRegistering:
    def test_a_new_instance_is_found_passing(self, state: State) -> None:
        change = register(state)
        assert kinds(change) == [Kind.REGISTERED]
        assert change.effects[0].instance is only(state)
        assert only(state).definition == definition()
        assert only(state).health is Health.PASSING
        assert (only(state).create_index, only(state).modify_index, state.service_index("web")) == (2, 2, 2)

    def test_it_has_one_check_named_as_consul_names_it(self, state: State) -> None:
        register(state)
        assert [check.id for check in only(state).checks] == ["service:web-1"]

    def test_the_same_again_renews_and_changes_nothing_else(self, state: State) -> None:
        register(state)
        change = register(state, now=START + 20)
        assert kinds(change) == [Kind.RENEWED]
        assert not change.effects[0].visible
        assert (only(state).modify_index, state.service_index("web"), state.index) == (2, 2, 2)
        assert only(state).ttl_check.deadline == START + 50
        assert only(state).registered_at == START

    @pytest.mark.parametrize(
        "other",
        [
            {"tags": ("a",)},
            {"metadata": {"k": "v"}},
            {"weight": 5},
            {"ttl": 3.0},
            {"port": 81},
            {"host": "elsewhere.test"},
        ],
    )
    def test_other_values_replace_the_old_ones_and_keep_uptime_and_creation(
        self, state: State, other: dict[str, Any]
    ) -> None:
        register(state)
        change = register(state, now=START + 1, **other)
        assert kinds(change) == [Kind.UPDATED]
        assert only(state).definition == definition(**other)
        assert (only(state).create_index, only(state).modify_index, state.service_index("web")) == (2, 3, 3)
        assert only(state).registered_at == START

    def test_another_address_is_another_life(self, state: State) -> None:
        register(state)
        register(state, now=START + 1, address="elsewhere.test:80")
        assert only(state).registered_at == START + 1

    def test_another_service_moves_the_id(self, state: State) -> None:
        register(state)
        change = register(state, service="other", now=START + 1)
        assert kinds(change) == [Kind.DEREGISTERED, Kind.REGISTERED]
        assert [occurrence.instance.service for occurrence in change.effects] == ["web", "other"]
        assert all(occurrence.visible for occurrence in change.effects)
        assert ids(state) == []
        assert (only(state, "other").create_index, only(state, "other").modify_index) == (2, 4)
        assert (state.service_index("web"), state.service_index("other")) == (3, 4)
        assert only(state, "other").registered_at == START + 1

    def test_order_is_that_of_registration_and_an_id_keeps_its_place(self, state: State) -> None:
        for instance_id in ["z", "a", "m"]:
            register(state, instance_id)
        register(state, "z", weight=3)
        heartbeat(state, "a", event=Event.FAILED)
        assert ids(state) == ["z", "a", "m"]

    def test_one_address_may_have_two_ids_and_two_services(self, state: State) -> None:
        register(state, "a", address="h:1")
        register(state, "b", address="h:1")
        register(state, "c", "other", address="h:1")
        assert (ids(state), ids(state, "other")) == (["a", "b"], ["c"])

    def test_it_counts_as_a_passing_heartbeat(self, state: State) -> None:
        register(state)
        state.apply(Heartbeat(ById("web-1"), Event.FAILED, "tired"), START)
        assert kinds(register(state, now=START + 1)) == [Kind.REPORTED]
        assert (only(state).health, only(state).ttl_check.note) == (Health.PASSING, "")


class TestHeartbeats:
    def test_one_that_changes_nothing_only_puts_off_the_deadline(self, state: State) -> None:
        register(state)
        change = heartbeat(state, now=START + 20)
        assert kinds(change) == [Kind.RENEWED]
        assert not change.effects[0].visible
        assert (state.service_index("web"), only(state).modify_index) == (2, 2)
        assert state.advance(START + 49.9) == Change(())
        assert kinds(state.advance(START + 50)) == [Kind.LAPSED]

    @pytest.mark.parametrize(("event", "health"), [(Event.WARNED, Health.WARNING), (Event.FAILED, Health.CRITICAL)])
    def test_one_that_changes_the_health_is_a_change(self, state: State, event: Event, health: Health) -> None:
        register(state)
        change = heartbeat(state, event=event)
        assert kinds(change) == [Kind.REPORTED]
        assert only(state).health is health
        assert (only(state).modify_index, state.service_index("web")) == (3, 3)
        assert kinds(heartbeat(state, event=event)) == [Kind.RENEWED]
        assert state.service_index("web") == 3

    def test_a_note_alone_is_kept_and_wakes_nobody(self, state: State) -> None:
        register(state)
        change = state.apply(Heartbeat(ById("web-1"), Event.PASSED, "fine"), START)
        assert only(state).ttl_check.note == "fine"
        assert not change.effects[0].visible

    def test_by_address_it_renews_all_that_match(self, state: State) -> None:
        register(state, "a", address="h:1")
        register(state, "b", address="h:1")
        register(state, "c", address="h:2")
        change = state.apply(Heartbeat(ByAddress("web", "h:1"), Event.WARNED), START)
        assert [occurrence.instance.id for occurrence in change.effects] == ["a", "b"]
        assert [instance.health for instance in state.instances("web")] == [
            Health.WARNING,
            Health.WARNING,
            Health.PASSING,
        ]

    @pytest.mark.parametrize(
        "target", [ById("nobody"), ByAddress("web", "nowhere"), ByAddress("nobody", "web-1.test:80")]
    )
    def test_the_unknown_has_none(self, state: State, target: ById | ByAddress) -> None:
        register(state)
        assert state.apply(Heartbeat(target, Event.FAILED), START).effects == ()
        assert state.apply(Deregister(target), START).effects == ()
        assert (only(state).health, state.index) == (Health.PASSING, 2)


class TestTime:
    def test_a_check_lapses_exactly_at_its_deadline(self, state: State) -> None:
        register(state)
        assert state.advance(BEFORE_30) == Change(())
        assert only(state).health is Health.PASSING
        assert kinds(state.advance(START + 30)) == [Kind.LAPSED]
        assert only(state).health is Health.CRITICAL
        assert (only(state).modify_index, state.service_index("web")) == (3, 3)

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
        assert change.lapses[0].visible
        assert ids(state) == []
        assert state.next_deadline == math.inf

    def test_a_late_caller_sees_what_a_punctual_one_would(self, state: State) -> None:
        register(state, "a", ttl=5)
        register(state, "b", ttl=25)
        register(state, "c", ttl=7)
        late = state.advance(START + 100)
        assert [(one.kind, one.instance.id) for one in late.lapses] == [
            (Kind.LAPSED, "a"),
            (Kind.LAPSED, "c"),
            (Kind.REMOVED, "a"),
            (Kind.REMOVED, "c"),
            (Kind.LAPSED, "b"),
            (Kind.REMOVED, "b"),
        ]

    @pytest.mark.parametrize(
        ("event", "state_after"),
        [(Event.PASSED, CheckState.PASSING), (Event.WARNED, CheckState.WARNING), (Event.FAILED, CheckState.CRITICAL)],
    )
    def test_any_heartbeat_brings_back_what_lapsed(self, state: State, event: Event, state_after: CheckState) -> None:
        register(state)
        state.advance(START + 35)
        assert kinds(heartbeat(state, now=START + 36, event=event)) == [Kind.REVIVED]
        assert only(state).ttl_check.state is state_after
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
        heartbeat(state, now=START + 1, event=Event.FAILED)
        assert state.advance(START + 30.9) == Change(())
        change = state.advance(START + 31)
        assert kinds(change) == [Kind.LAPSED]
        assert not change.lapses[0].visible  # critical it was, and critical it is
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
        assert change.effects[0].visible
        assert ids(state) == ["b"]
        assert kinds(deregister(state, "a")) == []

    def test_by_address_it_removes_all_that_match(self, state: State) -> None:
        for instance_id, service in [("a", "web"), ("b", "web"), ("c", "other")]:
            register(state, instance_id, service, address="h:1")
        change = state.apply(Deregister(ByAddress("web", "h:1")), START)
        assert [occurrence.instance.id for occurrence in change.effects] == ["a", "b"]
        assert (ids(state), ids(state, "other")) == ([], ["c"])


class TestIndexes:
    def test_they_begin_at_one(self, state: State) -> None:
        assert (state.index, state.service_index("web")) == (1, 1)

    def test_a_change_moves_only_its_own_service(self, state: State) -> None:
        register(state, "a", "web")
        register(state, "b", "other")
        heartbeat(state, "b", event=Event.FAILED)
        assert (state.service_index("web"), state.service_index("other"), state.index) == (2, 4, 4)

    def test_that_of_a_service_now_gone_does_not_go_back(self, state: State) -> None:
        register(state)
        before = state.service_index("web")
        deregister(state)
        gone = state.service_index("web")
        assert gone > before
        register(state, "o", "other")
        assert state.service_index("web") == gone
        register(state)
        assert state.service_index("web") > gone

    def test_no_trace_is_kept_of_names_that_came_and_went(self, state: State) -> None:
        for number in range(1000):
            register(state, "a", f"service-{number}", ttl=86400.0)
            deregister(state, "a")
        assert not state._services
        assert len(state._deadlines._heap) <= 65


class TestQueries:
    def test_discover_chooses_by_health_and_by_tag(self, state: State) -> None:
        register(state, "a", tags=("x",))
        register(state, "b", tags=("x", "y"))
        register(state, "c", tags=("y",))
        heartbeat(state, "b", event=Event.WARNED)

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
        heartbeat(state, "b", event=Event.WARNED)
        assert queries.summaries(state) == {"web": ServiceSummary("web", 2, 1), "other": ServiceSummary("other", 1, 1)}
        assert queries.totals(state) == queries.Totals(services=2, instances=3, active=2)
        deregister(state, "c")
        assert "other" not in queries.summaries(state)
