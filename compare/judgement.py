"""Verdicts on observations: what a difference amounts to; it must not know how anything was observed or is shown."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.difference import Difference  # noqa: TC001 - read at run time, where a run is built out of JSON
from compare.history import Json  # noqa: TC001 - read at run time, where a run is built out of JSON

if TYPE_CHECKING:
    from collections.abc import Iterable


class Judgement(enum.StrEnum):
    """What a step, or a whole scenario, on a target amounts to; from harmless to grave, in this order."""

    SAME = "same"
    NOT_OFFERED = "not_offered"
    """The target has not got the operation, and is not known to have it."""
    KNOWN = "known"
    """All its differences stand in known.toml, exactly as observed."""
    NOISE = "noise"
    """The reference differs from itself at the same place."""
    UNKNOWN = "unknown"
    """It, or the reference's, could not be carried out: nothing is known, which is a failure of the run."""
    UNEXPECTED = "unexpected"

    @classmethod
    def gravest(cls, judgements: Iterable[Judgement]) -> Judgement:
        """Return the gravest of several; ``SAME`` of none."""
        order = list(cls)
        return max(judgements, key=order.index, default=cls.SAME)


@dataclass(frozen=True, slots=True)
class JudgedDifference:
    """A difference and what it amounts to: ``KNOWN`` (then with why and source), ``NOISE`` or ``UNEXPECTED``."""

    difference: Difference
    judgement: Judgement
    why: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one step of one scenario on one target amounts to, measured by the reference.

    The reference has verdicts too: ``SAME``, or ``UNKNOWN`` or ``NOT_OFFERED`` where it could not do its part.

    Args:
        target: its name.
        scenario: its name.
        step: its id.
        judgement: the gravest of the differences', or ``UNKNOWN`` or ``NOT_OFFERED``.
        differences: each with its own judgement.
        reason: under ``UNKNOWN`` and ``NOT_OFFERED``, what was in the way, in words.
    """

    target: str
    scenario: str
    step: str
    judgement: Judgement
    differences: tuple[JudgedDifference, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StaleKnown:
    """A known difference that does not show any more, on a version that it names: known.toml is wrong.

    Args:
        target: which target it speaks of.
        scenario: its scenario.
        step: its step.
        path: its path.
        reference: the reference's value that it claims.
        observed: the target's value that it claims.
        why: the reason that it gives.
    """

    target: str
    scenario: str
    step: str
    path: str
    reference: Json
    observed: Json
    why: str
