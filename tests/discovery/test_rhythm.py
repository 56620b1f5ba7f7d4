from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery import BackendUnavailable, InvalidRegistration, UnknownInstance
from discovery.rhythm import Rhythm, Standing

NEW = Standing()
REGISTERED = Standing("users-1", registered=True)
DOWN = BackendUnavailable("connection refused")
FORGOTTEN = UnknownInstance("users-1")


def failed(standing: Standing, times: int) -> Standing:
    for _ in range(times):
        standing = standing.failed(DOWN)
    return standing


@pytest.mark.parametrize(
    ("before", "error", "registered", "failures"),
    [
        (NEW, DOWN, False, 1),
        (REGISTERED, DOWN, True, 1),
        (REGISTERED, FORGOTTEN, False, 0),
        (failed(REGISTERED, 3), FORGOTTEN, False, 0),
        (NEW, FORGOTTEN, False, 1),  # to a registration that is no answer: it must not be repeated without a pause
        (REGISTERED.failed(FORGOTTEN), FORGOTTEN, False, 1),
    ],
)
def test_a_failure_changes_the_standing(
    before: Standing, error: BackendUnavailable | UnknownInstance, *, registered: bool, failures: int
) -> None:
    after = before.failed(error)

    assert (after.registered, after.failures, after.error) == (registered, failures, error)
    assert after.instance_id == before.instance_id


def test_a_success_ends_all_failures() -> None:
    assert failed(NEW, 5).succeeded("users-1") == REGISTERED


@pytest.mark.parametrize(
    ("standing", "took", "chance", "delay"),
    [
        (NEW, 0, 0, 0),
        (NEW, 0, 1, 0),
        (REGISTERED, 0, 0, 10),
        (REGISTERED, 0, 1, 8),
        (REGISTERED, 3, 0, 7),
        (REGISTERED, 12, 0, 0),
        (REGISTERED.failed(FORGOTTEN), 0, 0, 0),
        (failed(REGISTERED, 1), 0, 0, 0.625),
        (failed(REGISTERED, 1), 9, 0, 0.625),
        (failed(REGISTERED, 2), 0, 0, 1.25),
        (failed(REGISTERED, 2), 0, 1, 0.625),
        (failed(REGISTERED, 5), 0, 0, 10),
        (failed(NEW, 6), 0, 0, 10),
        (failed(NEW, 6), 0, 1, 5),
    ],
)
def test_the_delay_of_an_instance_with_a_ttl_of_30_seconds(
    standing: Standing, took: float, chance: float, delay: float
) -> None:
    assert Rhythm.of_ttl(30).delay(standing, took=took, chance=chance) == pytest.approx(delay)


def test_an_instance_with_a_long_ttl_looks_for_its_backend_twice_a_minute() -> None:
    assert Rhythm.of_ttl(3600).delay(failed(NEW, 20), took=0, chance=0) == pytest.approx(30)


@given(
    ttl=st.floats(1e-3, 1e6),
    failures=st.integers(0, 10_000),
    took=st.floats(0, 1e6),
    chance=st.floats(0, 1),
)
def test_no_delay_is_longer_than_a_third_of_the_ttl(ttl: float, failures: int, took: float, chance: float) -> None:
    standing = Standing("users-1", registered=True, failures=failures, error=DOWN if failures else None)

    assert 0 <= Rhythm.of_ttl(ttl).delay(standing, took=took, chance=chance) <= ttl / 3


@given(failures=st.integers(1, 50), chance=st.floats(0, 1))
def test_a_failure_is_always_followed_by_a_pause(failures: int, chance: float) -> None:
    assert Rhythm.of_ttl(30).delay(failed(NEW, failures), took=100, chance=chance) > 0.3


@pytest.mark.parametrize("ttl", [0, -1, math.inf, -math.inf, math.nan])
def test_a_ttl_that_gives_no_rhythm_is_refused(ttl: float) -> None:
    with pytest.raises(InvalidRegistration, match="ttl must be a positive number of seconds") as refused:
        Rhythm.of_ttl(ttl)

    assert refused.value.field == "ttl"
