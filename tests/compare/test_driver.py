from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from compare.driver import drive
from compare.history import History, Outcome
from compare.scenario import Scenario, Step
from compare.stage import Stage
from discovery import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    Health,
    InvalidRegistration,
    InvalidRequest,
    NotOffered,
    PermissionDenied,
    Registration,
    UnknownInstance,
)
from tests.compare.fakes import Entry, FakeBackend

if TYPE_CHECKING:
    from collections.abc import Callable


def scenario(*steps: dict[str, Any]) -> Scenario:
    built = []
    for number, step in enumerate(steps):
        args = dict(step)
        built.append(Step(args.pop("step", f"s{number}"), args.pop("do"), args))
    return Scenario("test", "T", "Q?", "G", tuple(built))


def run(backend: FakeBackend, *steps: dict[str, Any], restart: Callable[[], None] | None = None) -> History:
    return drive("fake", scenario(*steps), Stage(backend, backend.clock, restart))


REGISTER: dict[str, Any] = {"step": "first", "do": "register", "service": "web", "address": "10.0.0.1:8001", "ttl": 1}
DISCOVER: dict[str, Any] = {"step": "found", "do": "discover", "service": "web"}


def values(history: History) -> list[Any]:
    return [seen.value for seen in history.observations]


def test_registering_and_discovering_show_what_is_asked_for() -> None:
    history = run(
        FakeBackend(),
        REGISTER | {"id": "web-1", "show": ["id"], "tags": ["blue"], "metadata": {"a": "b"}},
        DISCOVER | {"show": ["id", "address", "tags", "metadata", "weight"], "order": True},
    )
    instance = {"instance": "first", "id": "web-1", "address": "10.0.0.1:8001", "tags": ["blue"]}
    assert values(history) == [
        {"id": "web-1"},
        {"instances": [instance | {"metadata": {"a": "b"}, "weight": 1}], "order": ["first"]},
    ]


def test_a_history_has_no_trace_of_the_names_of_its_run() -> None:
    first = run(FakeBackend(), REGISTER | {"show": ["id"]}, DISCOVER | {"show": ["id"]}, {"do": "services"})
    second = run(FakeBackend(), REGISTER | {"show": ["id"]}, DISCOVER | {"show": ["id"]}, {"do": "services"})
    assert first == second


def test_what_a_scenario_shows_is_plain_json() -> None:
    history = run(FakeBackend(), REGISTER, DISCOVER, {"step": "t", "do": "timeline", "of": "first", "limit": 3.0})
    assert json.loads(json.dumps(values(history))) == values(history)


def test_only_what_the_scenario_made_is_listed_and_removed() -> None:
    backend = FakeBackend()
    backend.register(Registration("web", "10.9.9.9:1"))
    backend.register(Registration("others", "10.9.9.9:1"))
    history = run(backend, REGISTER, {"do": "services"})
    assert values(history)[1] == {"services": {"web": {"total_instances": 1, "active_instances": 1}}}
    assert sorted(entry.registration.service for entry in backend.entries.values()) == ["others", "web"]


class Losing(FakeBackend):
    """Registers, but its answer is lost."""

    def register(self, registration: Registration) -> str:
        super().register(registration)
        raise BackendTimeout("no answer")


def test_what_was_registered_without_an_answer_is_removed_too() -> None:
    backend = Losing()
    history = run(backend, REGISTER, DISCOVER)
    assert [seen.outcome for seen in history.observations] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert backend.entries == {}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (InvalidRegistration("no"), Outcome.REFUSED),
        (InvalidRequest("no"), Outcome.REFUSED),
        (UnknownInstance("no"), Outcome.REFUSED),
        (PermissionDenied("no"), Outcome.REFUSED),
        (NotOffered("no"), Outcome.NOT_OFFERED),
        (BackendUnavailable("no"), Outcome.UNKNOWN),
        (BackendTimeout("no"), Outcome.UNKNOWN),
        (BackendError("no"), Outcome.UNKNOWN),
        (RuntimeError("no"), Outcome.UNKNOWN),
    ],
)
def test_every_error_is_an_outcome(error: Exception, outcome: Outcome) -> None:
    class Failing(FakeBackend):
        def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:  # noqa: ARG002
            raise error

    history = run(Failing(), REGISTER, {"step": "beat", "do": "heartbeat", "of": "first"}, DISCOVER)
    beat, after = history.observations[1:]
    assert (beat.outcome, beat.error, beat.message) == (outcome, type(error).__name__, "no")
    if outcome is Outcome.REFUSED:
        assert after.outcome is Outcome.OK
    else:
        assert after.outcome is outcome
        assert (after.message or "").startswith("not tried, since it follows beat")


def test_a_list_that_is_not_offered_stops_nothing() -> None:
    class Minimal(FakeBackend):
        def services(self) -> Any:
            raise NotOffered("there is no list")

    history = run(Minimal(), REGISTER, {"do": "services"}, DISCOVER)
    assert [seen.outcome for seen in history.observations] == [Outcome.OK, Outcome.NOT_OFFERED, Outcome.OK]


def test_a_step_about_a_refused_registration_is_unknown() -> None:
    history = run(FakeBackend(), REGISTER | {"service": " "}, {"do": "heartbeat", "of": "first"})
    assert [seen.outcome for seen in history.observations] == [Outcome.REFUSED, Outcome.UNKNOWN]


def test_an_interrupted_scenario_clears_up() -> None:
    backend = FakeBackend()
    backend.clock.stop_at = backend.clock.now() + 5
    history = run(backend, REGISTER, {"do": "wait", "seconds": 10.0}, DISCOVER)
    assert [seen.outcome for seen in history.observations] == [Outcome.OK, Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert backend.entries == {}


def test_what_others_have_under_a_blank_name_is_left_out() -> None:
    backend = FakeBackend()
    backend.entries["others"] = Entry(Registration("  ", "10.9.9.9:1"), "others", backend.clock.now())
    (seen,) = values(run(backend, {"do": "discover", "service": "  "}))
    assert seen == {"instances": []}


def test_what_is_found_under_a_name_of_ones_own_is_shown_whoever_made_it() -> None:
    class Confused(FakeBackend):
        def discover(self, _: str, **options: Any) -> Any:  # type: ignore[override]
            return super().discover("others", **options)

    backend = Confused()
    backend.register(Registration("others", "10.9.9.9:1", id="theirs"))
    (seen,) = values(run(backend, DISCOVER | {"show": []}))
    assert seen == {"instances": [{"instance": "theirs"}]}


def test_a_timeline_ends_when_the_instance_is_unhealthy() -> None:
    (_, seen) = values(run(FakeBackend(), REGISTER, {"do": "timeline", "of": "first", "limit": 5.0}))
    assert [entry["state"] for entry in seen["transitions"]] == ["passing", "critical"]
    assert seen["detected_at"] == pytest.approx(1.0, abs=0.11)


def test_a_timeline_until_gone_ends_at_its_limit() -> None:
    backend = FakeBackend()
    history = run(backend, REGISTER, {"do": "timeline", "of": "first", "limit": 5.0, "until": "gone"})
    assert [entry["state"] for entry in values(history)[1]["transitions"]] == ["passing", "critical"]
    assert history.observations[1].seconds == pytest.approx(5.0, abs=0.11)


def test_a_timeline_counts_from_the_last_heartbeat() -> None:
    wait = {"do": "wait", "seconds": 0.5}
    beat = {"do": "heartbeat", "of": "first"}
    seen = values(run(FakeBackend(), REGISTER, wait, beat, wait, {"do": "timeline", "of": "first", "limit": 5.0}))[4]
    assert seen["transitions"][0] == {"state": "passing", "at": 0.5, "at_within": 0.0}
    assert seen["detected_at"] == pytest.approx(1.0, abs=0.11)


def test_a_timeline_says_how_far_its_times_could_be_told() -> None:
    class Slow(FakeBackend):
        def register(self, registration: Registration) -> str:
            given = super().register(registration)
            self.clock.wait(0.2)
            return given

        def discover(self, service: str, **options: Any) -> Any:
            found = super().discover(service, **options)
            self.clock.wait(0.3)
            return found

    seen = values(run(Slow(), REGISTER, {"do": "timeline", "of": "first", "limit": 5.0}))[1]
    # looked at 0.8 s (not yet) and at 1.2 s; the answer came at 1.5 s, and the registration took 0.2 s
    assert seen["transitions"][1]["at_within"] == pytest.approx(0.2 + 0.4 + 0.3, abs=0.11)
    assert seen["detected_at_within"] == seen["transitions"][1]["at_within"]


def test_keeping_alive_shows_every_state_seen() -> None:
    kept = {"do": "keep_alive", "of": "first", "every": 0.5, "seconds": 3.0}
    assert values(run(FakeBackend(), REGISTER, kept))[1] == {"states": ["passing"]}
    late = kept | {"every": 2.0}
    assert values(run(FakeBackend(), REGISTER, late))[1] == {"states": ["passing", "critical", "passing"]}


def test_discovering_waits_until_what_is_expected_shows() -> None:
    class Slow(FakeBackend):
        delays = itertools.count()

        def discover(self, service: str, **options: Any) -> Any:
            return super().discover(service, **options) if next(self.delays) > 3 else []

    history = run(Slow(), REGISTER, DISCOVER | {"until": {"count": 1}})
    assert len(values(history)[1]["instances"]) == 1
    never = run(FakeBackend(), REGISTER | {"ttl": 30}, DISCOVER | {"until": {"count": 2, "timeout": 1.0}})
    assert len(values(never)[1]["instances"]) == 1
    assert never.observations[1].seconds == pytest.approx(1.0, abs=0.06)


def test_a_burst_counts_what_is_lost() -> None:
    burst = {"do": "burst", "service": "web", "count": 20, "remove": 5}
    assert values(run(FakeBackend(), burst))[0] == {
        "registered": 20,
        "found": 20,
        "lost": 0,
        "left": 15,
        "lost_by_deregistering": 0,
    }

    class Forgetful(FakeBackend):
        def register(self, registration: Registration) -> str:
            given = super().register(registration)
            if given.startswith("7-"):
                del self.entries[given]
            return given

    lossy = values(run(Forgetful(), burst))[0]
    assert (lossy["found"], lossy["lost"]) == (19, 1)


@pytest.mark.parametrize(
    ("act", "woke"),
    [
        ({"do": "register", "args": {"service": "web", "address": "10.0.0.2:1"}}, True),
        ({"do": "deregister", "args": {"of": "first"}}, True),
        ({"do": "register", "args": {"service": "pay", "address": "10.0.0.2:1"}}, False),
        ({"do": "nothing"}, False),
    ],
)
def test_a_watch_tells_whether_it_woke(act: dict[str, Any], woke: bool) -> None:  # noqa: FBT001
    seen = values(run(FakeBackend(), REGISTER | {"ttl": 30}, {"do": "watch", "service": "web", "act": act}))[1]
    assert seen["woke"] is woke
    assert (seen["after"] is not None) is woke


def test_a_backend_that_cannot_watch_does_not_offer_it() -> None:
    class Blind(FakeBackend):
        watch = None  # type: ignore[assignment]

    history = run(Blind(), REGISTER, {"do": "watch", "service": "web", "act": {"do": "nothing"}})
    assert history.observations[1].outcome is Outcome.NOT_OFFERED


def test_a_restart_is_for_whoever_started_it() -> None:
    restarts = []
    ours = run(FakeBackend(), {"do": "restart"}, restart=lambda: restarts.append(1))
    others = run(FakeBackend(), {"do": "restart"})
    assert (ours.observations[0].outcome, restarts) == (Outcome.OK, [1])
    assert others.observations[0].outcome is Outcome.NOT_OFFERED
