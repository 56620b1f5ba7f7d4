"""Differences between two JSON values, typed and with their paths; it must not know which of them is expected."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from compare.history import Json  # noqa: TC001 - read at run time, where a run is built out of JSON


class Kind(enum.StrEnum):
    """In what way two values differ."""

    OUTCOME = "outcome"
    """One was carried out and the other refused, or they were refused for different reasons."""
    MISSING = "missing"
    """The reference has it, the target has not; ``observed`` is None."""
    EXTRA = "extra"
    """The target has it, the reference has not; ``reference`` is None."""
    CHANGED = "changed"
    TYPE = "type"
    ORDER = "order"
    TIME = "time"
    """Two times lie further apart than their tolerance."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference at one place.

    Args:
        kind: in what way.
        path: where in the observation: ``outcome``, or a path that begins with ``value``, as in
            ``value.instances[first].port``: an instance in a list is named by the step that registered it.
        reference: the reference's value there. At ``outcome`` a text: ``ok``, ``not_offered`` or
            ``refused: InvalidRegistration``.
        observed: the target's value there.
    """

    kind: Kind
    path: str
    reference: Json
    observed: Json
