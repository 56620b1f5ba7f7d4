"""The states of a check and their transitions, as a table; it knows neither instances nor time.

A report (passed, warned, failed) sets the state whatever it was. Only silence makes a check lapsed. ``LAPSED`` and
``CRITICAL`` are the same health and yet two states: who reports that it is critical is there, and stays; who lapsed has
not been heard of, and is removed by the next cleanup unless a report brings it back, as it does a TTL check of Consul
(transcript ``ttl_life``, 1.8.7 and 1.21.4).
"""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Mapping


class CheckState(enum.Enum):
    """How a check stands."""

    PASSING = "passing"
    WARNING = "warning"
    CRITICAL = "critical"
    LAPSED = "lapsed"


class Event(enum.Enum):
    """What can happen to a check: a report of its instance, or the lack of one for a whole ttl."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    LAPSED = "lapsed"


_REPORTS = {
    Event.PASSED: CheckState.PASSING,
    Event.WARNED: CheckState.WARNING,
    Event.FAILED: CheckState.CRITICAL,
}

TRANSITIONS: Mapping[CheckState, Mapping[Event, CheckState]] = MappingProxyType(
    {
        CheckState.PASSING: _REPORTS | {Event.LAPSED: CheckState.LAPSED},
        CheckState.WARNING: _REPORTS | {Event.LAPSED: CheckState.LAPSED},
        CheckState.CRITICAL: _REPORTS | {Event.LAPSED: CheckState.LAPSED},
        CheckState.LAPSED: _REPORTS,  # it cannot lapse twice: its ttl no longer runs
    }
)

HEALTH: Mapping[CheckState, Health] = MappingProxyType(
    {
        CheckState.PASSING: Health.PASSING,
        CheckState.WARNING: Health.WARNING,
        CheckState.CRITICAL: Health.CRITICAL,
        CheckState.LAPSED: Health.CRITICAL,
    }
)

REPORT: Mapping[Health, Event] = MappingProxyType(
    {
        Health.PASSING: Event.PASSED,
        Health.WARNING: Event.WARNED,
        Health.CRITICAL: Event.FAILED,
    }
)

_SEVERITY = {Health.PASSING: 0, Health.WARNING: 1, Health.CRITICAL: 2}


class ImpossibleTransition(Exception):
    """An event came in a state that cannot have it: a fault in the program, never one of a request."""


def transition(state: CheckState, event: Event) -> CheckState:
    """Return the state after an event.

    Raises:
        ImpossibleTransition: the table has no such event in this state.
    """
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise ImpossibleTransition(f"a check that is {state.value} cannot have {event.value}") from None


def worst(healths: list[Health]) -> Health:
    """Return the worst of several healths, passing where there are none."""
    return max(healths, key=_SEVERITY.__getitem__, default=Health.PASSING)
