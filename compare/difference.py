"""Differences between two JSON values, typed and with their paths; it must not know which of them is expected."""

from __future__ import annotations

import enum
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.history import Json  # noqa: TC001 - read at run time, where a run is built out of JSON
from compare.normalise import is_precision, tolerance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.normalise import Tolerance


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
        tolerance: of times, how many seconds apart they might have been.
    """

    kind: Kind
    path: str
    reference: Json
    observed: Json
    tolerance: float = 0.0


def differences(reference: Json, observed: Json, path: str = "value") -> tuple[Difference, ...]:
    """Compare two JSON values and return every difference, in the order of the reference's keys.

    Objects in a list that have a key ``instance`` are matched by it, so that one missing instance is one difference;
    lists of plain values are compared as a whole, and as a matter of order where only that differs; other lists place
    by place. Times are compared within the tolerance that ``compare.normalise`` gives them, which takes in how far each
    could be told.
    """
    return tuple(_compare(reference, observed, path, None))


def _compare(reference: Json, observed: Json, path: str, allowed: Tolerance | None) -> Iterator[Difference]:
    if isinstance(reference, dict) and isinstance(observed, dict):
        yield from _compare_objects(reference, observed, path)
    elif isinstance(reference, list) and isinstance(observed, list):
        yield from _compare_lists(reference, observed, path)
    elif allowed and _is_number(reference) and _is_number(observed):
        if abs(reference - observed) > allowed.seconds:
            yield Difference(Kind.TIME, path, reference, observed, allowed.seconds)
    elif type(reference) is not type(observed):
        yield Difference(Kind.TYPE, path, reference, observed)
    elif reference != observed:
        yield Difference(Kind.CHANGED, path, reference, observed)


def _compare_objects(reference: dict[str, Json], observed: dict[str, Json], path: str) -> Iterator[Difference]:
    for key, value in reference.items():
        if is_precision(key):
            continue
        if key in observed:
            yield from _compare(value, observed[key], f"{path}.{key}", tolerance(key, reference, observed))
        else:
            yield Difference(Kind.MISSING, f"{path}.{key}", value, None)
    for key, value in observed.items():
        if key not in reference and not is_precision(key):
            yield Difference(Kind.EXTRA, f"{path}.{key}", None, value)


def _compare_lists(reference: list[Json], observed: list[Json], path: str) -> Iterator[Difference]:
    if all(_is_instance(part) for part in (*reference, *observed)):
        yield from _compare_parts(_by_name(reference), _by_name(observed), path)
    elif reference != observed and _sorted(reference) == _sorted(observed):
        yield Difference(Kind.ORDER, path, reference, observed)
    elif not any(isinstance(part, dict | list) for part in (*reference, *observed)):
        if reference != observed:
            yield Difference(Kind.CHANGED, path, reference, observed)
    else:
        yield from _compare_parts(
            {str(place): part for place, part in enumerate(reference)},
            {str(place): part for place, part in enumerate(observed)},
            path,
        )


def _compare_parts(reference: dict[str, Json], observed: dict[str, Json], path: str) -> Iterator[Difference]:
    for name, part in reference.items():
        if name in observed:
            yield from _compare(part, observed[name], f"{path}[{name}]", None)
        else:
            yield Difference(Kind.MISSING, f"{path}[{name}]", part, None)
    for name, part in observed.items():
        if name not in reference:
            yield Difference(Kind.EXTRA, f"{path}[{name}]", None, part)


def _by_name(instances: list[Json]) -> dict[str, Json]:
    """Name instances by the step that made them; the second of a name is ``name#2``, as duplicates must show."""
    named: dict[str, Json] = {}
    seen: Counter[str] = Counter()
    for instance in instances:
        name = instance["instance"]
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name}#{seen[name]}"] = instance
    return named


def _is_instance(part: Json) -> bool:
    return isinstance(part, dict) and isinstance(part.get("instance"), str)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sorted(parts: list[Json]) -> list[str]:
    return sorted(json.dumps(part, sort_keys=True) for part in parts)
