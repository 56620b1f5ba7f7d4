"""The named rules by which unequal answers count as equal, each with its reason; beyond them nothing is bent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.history import Json


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's name and why it is needed."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far apart two times, in seconds, may lie."""

    rule: Rule
    seconds: float


UNIQUE_NAMES = Rule(
    "unique names",
    "each run gives its services and ids a suffix of its own, so that runs on a shared registry do not meet; "
    "it is taken out of the answers again",
)
UNORDERED = Rule(
    "unordered",
    "the contract leaves the order of results open; they are sorted, except in a step that asks for their order",
)
TIMES = Rule(
    "times",
    "answers are looked at each 100 ms, and on a busy machine later: two times count as equal within a tolerance, to "
    "which is added how far each of the two could be told at all",
)
REMOVAL = Rule(
    "removal",
    "registries look for what to remove at intervals (Consul each 30 s, seen on 1.8.7), so that the time of removal "
    "depends on when one happened to begin",
)
RULES = (UNIQUE_NAMES, UNORDERED, TIMES, REMOVAL)

_TIME_KEYS = {"at", "detected_at", "after"}
_WITHIN = "_within"
_TIME = Tolerance(TIMES, 0.6)
_REMOVAL = Tolerance(REMOVAL, 16.0)


def without_suffix(value: Json, suffix: str) -> Json:
    """Take the run's suffix out of every text in a value, keys included (rule: unique names)."""
    if isinstance(value, str):
        return value.replace(suffix, "")
    if isinstance(value, dict):
        return {key.replace(suffix, ""): without_suffix(part, suffix) for key, part in value.items()}
    if isinstance(value, list):
        return [without_suffix(part, suffix) for part in value]
    return value


def is_precision(key: str) -> bool:
    """Whether a key says how far a time beside it could be told: a matter of the measuring, and never compared."""
    return key.removesuffix(_WITHIN) in _TIME_KEYS and key.endswith(_WITHIN)


def tolerance(key: str, reference: Mapping[str, Json], observed: Mapping[str, Json]) -> Tolerance | None:
    """Return how far apart the times under a key may lie (rules: times, removal); ``None`` if it holds no time.

    Args:
        key: the key of the value.
        reference: the object that the key is in.
        observed: the one that it is compared with.
    """
    if key not in _TIME_KEYS:
        return None
    usual = _REMOVAL if reference.get("state") == "gone" else _TIME
    precision = sum(side.get(key + _WITHIN, 0.0) for side in (reference, observed))
    return Tolerance(usual.rule, round(usual.seconds + precision, 3))
