"""The table of transitions, every cell of it."""

from __future__ import annotations

import itertools

import pytest

from custom_registry.core.checks import (
    HEALTH,
    REPORT,
    TRANSITIONS,
    CheckState,
    Event,
    ImpossibleTransition,
    transition,
    worst,
)
from discovery.model import Health

P, W, C, L = CheckState.PASSING, CheckState.WARNING, CheckState.CRITICAL, CheckState.LAPSED

TABLE = {
    (P, Event.PASSED): P,
    (P, Event.WARNED): W,
    (P, Event.FAILED): C,
    (P, Event.LAPSED): L,
    (W, Event.PASSED): P,
    (W, Event.WARNED): W,
    (W, Event.FAILED): C,
    (W, Event.LAPSED): L,
    (C, Event.PASSED): P,
    (C, Event.WARNED): W,
    (C, Event.FAILED): C,
    (C, Event.LAPSED): L,
    (L, Event.PASSED): P,
    (L, Event.WARNED): W,
    (L, Event.FAILED): C,
    (L, Event.LAPSED): None,
}


def test_the_table_of_this_test_has_every_cell() -> None:
    assert set(TABLE) == set(itertools.product(CheckState, Event))


@pytest.mark.parametrize(("state", "event", "after"), [(*cell, after) for cell, after in TABLE.items() if after])
def test_each_transition(state: CheckState, event: Event, after: CheckState) -> None:
    assert transition(state, event) is after


def test_what_lapsed_cannot_lapse_again() -> None:
    with pytest.raises(ImpossibleTransition, match="lapsed cannot have lapsed"):
        transition(L, Event.LAPSED)


def test_the_program_has_no_transition_beyond_the_table() -> None:
    cells = {(state, event): after for state, row in TRANSITIONS.items() for event, after in row.items()}
    assert cells == {cell: after for cell, after in TABLE.items() if after}


def test_a_lapse_is_as_bad_as_a_critical_report() -> None:
    assert {P: Health.PASSING, W: Health.WARNING, C: Health.CRITICAL, L: Health.CRITICAL} == HEALTH


def test_each_reported_health_is_the_health_after_the_report() -> None:
    for state, health in itertools.product(CheckState, Health):
        assert HEALTH[transition(state, REPORT[health])] is health


def test_the_worst_of_several_healths() -> None:
    order = [Health.PASSING, Health.WARNING, Health.CRITICAL]
    for healths in itertools.product(order, repeat=3):
        assert worst(list(healths)) is max(healths, key=order.index)
    assert worst([]) is Health.PASSING
