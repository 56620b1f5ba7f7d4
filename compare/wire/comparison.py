"""Finds where two answers differ, by the rules; it must not know which differences are expected."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.difference import Difference, Kind
from compare.wire import rules
from compare.wire.pairing import Equals, Ordered
from compare.wire.transcript import Answer, Exchange, Poll, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.history import Json
    from compare.normalise import Rule
    from compare.wire.rules import Path

_VOLATILE = re.compile(
    r"(?P<time>(?!0001-)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d| \+0000 UTC))"
    r"|(?P<certificate>-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)"
    r"|(?P<identifier>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{2}(?::[0-9a-f]{2}){15,})",
    re.DOTALL,
)
_EARLY = 0.1  # seconds; an answer that much before the next request was sent did not wait for it
_NAMES: tuple[Path, ...] = (("CheckID",), ("Service", "ID"), ("ServiceID",), ("ID",), ("Name",))
"""What tells the parts of a list from each other, on one node; the first that there is."""


@dataclass(frozen=True, slots=True)
class Found:
    """A difference, and in words what there is to say beyond its two values."""

    difference: Difference
    words: str = ""


@dataclass(slots=True)
class Compared:
    """What there is to say of one step.

    Args:
        found: its differences.
        rules: how many unequal values counted as equal, by the name of the rule.
        skipped: the paths of what was not compared at all beyond that it is there.
    """

    found: list[Found] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)


class Comparison:
    """Compares the steps of one scenario in their order, since what was paired in one must hold in the next."""

    def __init__(self, starts: tuple[int, int] = (0, 0)) -> None:
        """Begin with nothing paired.

        Args:
            starts: up to which index the reference, and the target, had counted when the scenario began.
        """
        self._starts = starts
        self._indexes = Ordered()
        self._identifiers = Equals()

    def step(self, reference: Step, observed: Step) -> Compared:
        """Compare two steps that carried out the same."""
        if isinstance(reference, Exchange) and isinstance(observed, Exchange):
            endpoint = reference.request.path.partition("?")[0]
            walk = _Walk(endpoint, self._starts, self._indexes, self._identifiers)
            walk.exchange(reference, observed)
            return walk.compared
        compared = Compared()
        if isinstance(reference, Poll) and isinstance(observed, Poll):
            _polls(reference, observed, compared)
        return compared


def _polls(reference: Poll, observed: Poll, compared: Compared) -> None:
    if reference.seconds == observed.seconds:
        return
    if reference.seconds and observed.seconds and abs(reference.seconds - observed.seconds) <= rules.LOOKS:
        compared.rules[rules.REMOVAL.name] += 1
    else:
        found = Difference(Kind.TIME, "seconds", reference.seconds, observed.seconds, rules.LOOKS)
        compared.found.append(Found(found, "" if observed.seconds else "it never came to that"))


@dataclass(slots=True)
class _Walk:
    """Goes through one pair of answers."""

    endpoint: str
    starts: tuple[int, int]
    indexes: Ordered
    identifiers: Equals
    compared: Compared = field(default_factory=Compared)

    def exchange(self, reference: Exchange, observed: Exchange) -> None:
        before, after = reference.answer, observed.answer
        if isinstance(before, str) or isinstance(after, str):
            if before != after:
                self._differ(Kind.OUTCOME, ("answer",), _outcome(before), _outcome(after))
        elif before.status != after.status:
            # another status is another answer: all else differs with it, and would only hide what it is about
            self._differ(Kind.CHANGED, ("status",), before.status, after.status, _said(after.body))
        else:
            self._values(before.headers, after.headers, ("headers",))
            self._values(before.body, after.body, ("body",))
            self._times(before.seconds, after.seconds, reference.request.next_after)

    def _times(self, reference: float, observed: float, next_after: float | None) -> None:
        allowed = rules.seconds_apart(reference)
        crossed = next_after is not None and (reference < next_after - _EARLY) != (observed < next_after - _EARLY)
        if crossed or abs(reference - observed) > allowed:
            words = f"the next request was sent after {next_after:g} s" if crossed else ""
            self._found(Difference(Kind.TIME, "seconds", reference, observed, allowed), words)
        elif reference != observed:
            self._bend(rules.SECONDS)

    def _values(self, reference: Json, observed: Json, path: Path) -> None:
        if type(reference) is not type(observed):
            self._differ(Kind.TYPE, path, reference, observed)
        elif rules.is_measured(self.endpoint, path):
            self.compared.skipped.append(shown(path))
            self._bend(rules.MEASUREMENTS)
        elif isinstance(reference, dict):
            self._objects(reference, observed, path)
        elif isinstance(reference, list):
            self._lists(reference, observed, path)
        else:
            self._leaves(reference, observed, path)

    def _objects(self, reference: dict[str, Json], observed: dict[str, Json], path: Path) -> None:
        for key, value in reference.items():
            if key not in observed:
                self._differ(Kind.MISSING, (*path, key), value, None)
            elif key == "Output" and (rule := _outputs(reference, observed)):
                self._bend(rule)
            else:
                self._values(value, observed[key], (*path, key))
        for key, value in observed.items():
            if key not in reference:
                self._differ(Kind.EXTRA, (*path, key), None, value)

    def _lists(self, reference: list[Json], observed: list[Json], path: Path) -> None:
        by = rules.sorting(self.endpoint, path)
        if by is not None:
            before, after = sorted(reference, key=_key(by)), sorted(observed, key=_key(by))
            if reference != observed and (before, after) != (reference, observed):
                self._bend(rules.UNORDERED)
            reference, observed = before, after
        if any(isinstance(part, dict | list) for part in (*reference, *observed)):
            self._parts(reference, observed, path)
        elif len(reference) == len(observed) and sorted(map(str, reference)) != sorted(map(str, observed)):
            for place, (before, after) in enumerate(zip(reference, observed, strict=True)):
                self._values(before, after, (*path, place))
        elif reference != observed:
            kind = Kind.ORDER if len(reference) == len(observed) else Kind.CHANGED
            self._differ(kind, path, reference, observed)

    def _parts(self, reference: list[Json], observed: list[Json], path: Path) -> None:
        """Compare the parts of two lists by their names, so that one that is missing is one difference."""
        before, after = _named(reference), _named(observed)
        if list(before) != list(after) and before.keys() == after.keys():
            self._differ(Kind.ORDER, path, list(before), list(after))
        for place, (name, value) in enumerate(before.items()):
            if name in after:
                self._values(value, after[name], (*path, place))
            else:
                self._differ(Kind.MISSING, (*path, place), value, None)
        for place, (name, value) in enumerate(after.items()):
            if name not in before:
                self._differ(Kind.EXTRA, (*path, place), None, value)

    def _leaves(self, reference: Json, observed: Json, path: Path) -> None:
        if rules.is_index(path, reference) and rules.is_index(path, observed):
            self._pair_indexes(reference, observed, path)
        elif rules.is_hash(path) and isinstance(reference, str):
            self._pair(reference, observed, path)
        elif isinstance(reference, str):
            self._texts(reference, observed, path)
        elif reference != observed:
            self._differ(Kind.CHANGED, path, reference, observed)

    def _pair_indexes(self, reference: Json, observed: Json, path: Path) -> None:
        if rules.is_hashed_index(self.endpoint):
            self._pair(str(reference), str(observed), path)
            return
        before, after = int(reference) <= self.starts[0], int(observed) <= self.starts[1]
        if before and after:
            if reference != observed:
                self._bend(rules.START)
            return
        if before != after:
            why: str | None = f"{'the reference' if before else 'the target'}'s is from before the scenario"
        else:
            why = self.indexes.conflict(int(reference), int(observed))
        if why:
            self._differ(Kind.CHANGED, path, reference, observed, why)
        elif reference != observed:
            self._bend(rules.INDEXES)

    def _pair(self, reference: str, observed: str, path: Path) -> None:
        why = self.identifiers.conflict(reference, observed)
        if why:
            self._differ(Kind.CHANGED, path, reference, observed, why)
        elif reference != observed:
            self._bend(rules.IDENTIFIERS)

    def _texts(self, reference: str, observed: str, path: Path) -> None:
        if _skeleton(reference) != _skeleton(observed):
            if rules.is_build(self.endpoint, path) and reference and observed:
                self._bend(rules.BUILDS)
            else:
                self._differ(Kind.CHANGED, path, reference, observed)
            return
        for mine, theirs in zip(_VOLATILE.finditer(reference), _VOLATILE.finditer(observed), strict=True):
            if mine["identifier"]:
                self._pair(mine[0], theirs[0], path)
            elif mine[0] != theirs[0]:
                self._bend(rules.TIMESTAMPS if mine["time"] else rules.CERTIFICATES)

    def _bend(self, rule: Rule) -> None:
        self.compared.rules[rule.name] += 1

    def _differ(self, kind: Kind, path: Path, reference: Json, observed: Json, words: str = "") -> None:
        self._found(Difference(kind, shown(path), reference, observed), words)

    def _found(self, difference: Difference, words: str = "") -> None:
        self.compared.found.append(Found(difference, words))


def shown(path: Path) -> str:
    """Return a path as people write it: ``body[0].Node.Meta``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _outputs(reference: dict[str, Json], observed: dict[str, Json]) -> Rule | None:
    before, after = reference["Output"], observed["Output"]
    if before == after or not isinstance(before, str) or not isinstance(after, str):
        return None
    return rules.output_rule(reference, before, after)


def _skeleton(text: str) -> str:
    """Return a text with a mark in place of each value that is another one in each run."""
    return _VOLATILE.sub(lambda found: f"<{found.lastgroup}>", text)


def _key(by: Path) -> Callable[[Json], tuple[str, Json]]:
    def key(part: Json) -> tuple[str, Json]:
        value = _at(part, by)
        return type(value).__name__, value if isinstance(value, str | int) else repr(value)

    return key


def _named(parts: list[Json]) -> dict[str, Json]:
    """Name the parts of a list by what they are about, or by their places where that does not tell them apart."""
    named = {_name(part): part for part in parts}
    return named if len(named) == len(parts) and "" not in named else {str(n): part for n, part in enumerate(parts)}


def _name(part: Json) -> str:
    about = next((value for value in (_at(part, path) for path in _NAMES) if isinstance(value, str)), "")
    nodes = (_at(part, path) for path in (("Node",), ("Node", "Node")))
    node = next((value for value in nodes if isinstance(value, str)), "")
    return _skeleton(f"{node} {about}").strip()


def _at(part: Json, path: Path) -> Json:
    for key in path:
        part = part.get(key) if isinstance(part, dict) else None
    return part


def _outcome(answer: Answer | str) -> str:
    return answer if isinstance(answer, str) else f"{answer.status}"


def _said(body: Json) -> str:
    """Return, in words, what came with another status than that of the reference."""
    return f"it said {body if isinstance(body, str) else json.dumps(body)}".strip()
