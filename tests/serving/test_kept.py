"""Which answers are kept, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from custom_registry.api.exchange import Lasting
from custom_registry.api.waiting import Parking
from custom_registry.core.topics import HealthService
from custom_registry.registry import Registry
from custom_registry.serving import kept as keeping
from custom_registry.serving.kept import Kept
from custom_registry.serving.wire import Sendable
from tests.support.clock import ManualClock
from tests.support.definitions import registration

if TYPE_CHECKING:
    from collections.abc import Hashable

WEB = HealthService("web")


@pytest.fixture(name="clock")
def clock_fixture() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="registry")
def registry_fixture(clock: ManualClock) -> Registry:
    registry = Registry(clock=clock)
    registry.apply(registration("web-1", "web"))
    return registry


@pytest.fixture(name="kept")
def kept_fixture(registry: Registry, clock: ManualClock) -> Kept:
    return Kept(registry, clock)


def answer(registry: Registry, body: bytes = b"x", **lasting: float) -> Sendable:
    return Sendable(200, b"", body, Lasting(WEB, registry.version(WEB), **lasting))


def test_an_answer_is_kept_until_what_it_shows_changes(registry: Registry, kept: Kept) -> None:
    given = answer(registry)
    kept.keep("key", given)
    registry.apply(registration("db-1", "db"))
    assert kept.find("key") is given
    assert kept.find("another") is None
    registry.apply(registration("web-2", "web"))
    assert kept.find("key") is None


def test_a_lapse_that_nobody_has_carried_out_yet_counts(registry: Registry, kept: Kept, clock: ManualClock) -> None:
    given = answer(registry)
    kept.keep("key", given)
    clock.advance(29)
    assert kept.find("key") is given
    clock.advance(2)
    assert kept.find("key") is None


def test_an_answer_that_ages_is_kept_for_its_time(registry: Registry, kept: Kept, clock: ManualClock) -> None:
    given = answer(registry, seconds=0.1)
    kept.keep("key", given)
    clock.advance(0.09)
    assert kept.find("key") is given
    clock.advance(0.02)
    assert kept.find("key") is None


def test_one_that_may_not_be_kept_is_not(kept: Kept) -> None:
    kept.keep("key", Sendable(200, b"", b"x"))
    assert kept.find("key") is None


def test_those_made_longest_ago_make_room(registry: Registry, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_MOST_BYTES", 3 * (keeping._OVERHEAD + 100))
    for key in "abcd":
        kept.keep(key, answer(registry, b"x" * 100))
    assert [key for key in "abcd" if kept.find(key) is None] == ["a"]
    kept.keep("b", answer(registry, b"y" * 100))  # made anew: now the youngest
    kept.keep("e", answer(registry, b"x" * 100))
    assert [key for key in "bcde" if kept.find(key) is None] == ["c"]


def test_one_that_is_too_large_leaves_the_others_their_room(registry: Registry, kept: Kept) -> None:
    kept.keep("small", answer(registry))
    kept.keep("large", answer(registry, b"x" * (keeping._LARGEST + 1)))
    assert kept.find("large") is None
    assert kept.find("small") is not None


def key_of(target: bytes, varying: tuple[tuple[bytes, bytes], ...], parking: Parking) -> Hashable | None:
    keys = Kept.keys("GET", target, varying)
    assert keys is not None
    return keys.of(parking)


@pytest.mark.parametrize(
    ("target", "parking", "is_kept"),
    [
        (b"/v1/health/service/web", Parking(), True),
        (b"/v1/health/service/web?index=5", Parking(), False),
        (b"/v1/health/service/web?%69ndex=5", Parking(), False),
        (b"/v1/agent/service/web?hash=x", Parking(), False),
        (b"/v1/health/service/web?index=5", Parking(over=True, woken=True), True),
    ],
)
def test_under_what_an_answer_is_kept(target: bytes, parking: Parking, *, is_kept: bool) -> None:
    assert (key_of(target, (), parking) is not None) is is_kept


def test_none_is_kept_of_what_is_no_read() -> None:
    assert Kept.keys("PUT", b"/v1/agent/check/pass/x", ()) is None


def test_answers_differ_by_what_is_asked_by_its_headers_and_by_how_a_wait_ended() -> None:
    target, gzip = b"/v1/health/service/web?index=5", ((b"accept-encoding", b"gzip"),)
    found = {
        key_of(target, (), Parking(over=True, woken=True)),
        key_of(target, (), Parking(over=True, woken=False)),
        key_of(target, gzip, Parking(over=True, woken=True)),
        key_of(target + b"&passing", (), Parking(over=True, woken=True)),
    }
    assert len(found) == 4
