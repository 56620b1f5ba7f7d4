"""One sequence on a pair of agents, compared after each step, and what it amounts to when they disagree."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from compare.wire.comparison import Comparison
from compare.wire.endpoints import endpoint
from compare.wire.transcript import Answer, Exchange, Request
from tests.sequences.pair import NotClean, pauses, unsent

if TYPE_CHECKING:
    from collections.abc import Sequence as Several

    from compare.wire.comparison import Found
    from compare.wire.transcript import Step
    from tests.sequences.pair import Pair

_STARTS = 5
_BEGINNING = [
    Request(method="GET", path=path)
    for path in ("/v1/catalog/nodes", "/v1/catalog/services", "/v1/health/service/consul", "/v1/health/state/any")
]
_ONCE = {"Node": "once", "Address": "10.0.0.1", "Service": {"Service": "once"}, "Check": {"CheckID": "once"}}
ONCE_BEFORE: tuple[tuple[Request, ...], ...] = (
    (Request(method="PUT", path="/v1/agent/service/register", body='{"Name": "once", "Check": {"TTL": "10m"}}'),),
    (Request(method="PUT", path="/v1/agent/service/deregister/once"),),
    (Request(method="PUT", path="/v1/catalog/register", body=json.dumps(_ONCE)),),
    (Request(method="PUT", path="/v1/catalog/deregister", body='{"Node": "once"}'),),
)
"""What was there, and went, before each sequence."""

Signature: TypeAlias = tuple[str, ...]
"""What makes two disagreements the same: the endpoint, and where and in what way its answers differ first."""

_LONGEST_VALUE = 300
_TELLING = 60


@dataclass(frozen=True)
class Disagreement:
    """A sequence up to the step at which the answers differ.

    Args:
        groups: what was sent: requests that belong together stand in one group.
        steps: what the reference answered, with pauses as a transcript needs them.
        found: the differences in the last step that was compared.
        label: of that step.
    """

    groups: tuple[tuple[Request, ...], ...]
    steps: tuple[Step, ...]
    found: tuple[Found, ...]
    label: str

    @property
    def signature(self) -> Signature:
        """Return what makes it the same as another."""
        first = self.found[0].difference
        method, _, path = self.label.partition(" ")
        place = re.sub(r"\[\d+\]", "[]", first.path)
        values = (_telling(first.reference), _telling(first.observed)) if place in {"status", "body"} else ()
        return (endpoint(method, path), first.kind.value, place, *values)

    @property
    def requests(self) -> list[Request]:
        """Return what was sent, one after the other."""
        return [request for group in self.groups for request in group]

    @property
    def size(self) -> tuple[int, int]:
        """Return how long it is: in steps, and in what they say."""
        return len(self.requests), sum(len(each.path) + len(str(each.body or "")) for each in self.requests)

    @property
    def _said(self) -> str:
        """Return what the reference said in the step that differs."""
        answers = (
            step.answer for step in reversed(self.steps) if isinstance(step, Exchange) and step.label == self.label
        )
        return next((f", {_shown(each.body)}" for each in answers if isinstance(each, Answer)), "")

    def told(self, reference: str, target: str) -> str:
        """Return it in words: what was sent, and what differs after the last step."""
        lines = [f"{number:3}. {_sent(request)}" for number, request in enumerate(self.requests)]
        for each in self.found:
            found = each.difference
            lines += [
                f"     {self.label}: {found.kind.value} at {found.path}{f' ({each.words})' if each.words else ''}",
                f"       {reference}: {_shown(found.reference)}{self._said if found.path == 'status' else ''}",
                f"       {target}: {_shown(found.observed)}",
            ]
        return "\n".join(lines)


@dataclass
class Sequence:
    """A sequence that is being sent.

    Args:
        pair: to whom; both must be as good as new.
    """

    pair: Pair
    _groups: list[tuple[Request, ...]] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _comparison: Comparison = field(default_factory=Comparison)

    def send(self, group: Several[Request]) -> Disagreement | None:
        """Send requests that belong together, and compare what is answered, step by step."""
        self._groups.append(tuple(group))
        answers = self.pair.send(group)
        self._steps += [*(mine for mine, _ in answers), *pauses(group)]
        for mine, theirs in answers:
            found = [each for each in self._comparison.step(mine, theirs).found if not _is_chance(mine.label, each)]
            if found:
                return Disagreement(tuple(self._groups), tuple(self._steps), tuple(found), mine.label)
        return None


def renew(pair: Pair) -> None:
    """Have two agents that began alike: in which order Consul writes itself into its catalog is up to chance."""
    for _ in range(_STARTS):
        pair.renew()
        if Sequence(pair).send(_BEGINNING) is None:
            return


def steps_of(groups: Several[tuple[Request, ...]]) -> list[Step]:
    """Return groups as the steps of a transcript that nobody has played."""
    steps: list[Step] = []
    for group in groups:
        steps += [*map(unsent, group), *pauses(group)]
    return steps


def begin(pair: Pair) -> None:
    """Begin a sequence on agents that are as good as new, in that a service and a node went just before.

    What is gone for good leaves an index behind; a sequence is to find this the same, the first time and any other.
    """
    for _ in range(_STARTS):
        try:
            if not pair.agents:
                renew(pair)
            pair.begin()
            for group in ONCE_BEFORE:
                pair.send(group)
        except NotClean:
            pair.stop()
        else:
            return
    raise AssertionError("no two agents can be made as good as new")


def again(pair: Pair, groups: Several[tuple[Request, ...]], signature: Signature) -> Disagreement | None:
    """Send groups to agents as good as new, and return this disagreement if it shows, past any other."""
    begin(pair)
    sequence = Sequence(pair)
    seen = map(sequence.send, groups)
    return next((each for each in seen if each is not None and each.signature == signature), None)


def _is_chance(label: str, found: Found) -> bool:
    """Whether Consul itself answers either way: of a critical instance and one in maintenance a name's worst is the
    first out of a map (seen on 1.8.7)."""
    values = found.difference.reference, found.difference.observed
    named = label.startswith("GET /v1/agent/health/service/name/")
    return named and values in (("critical", "maintenance"), ("maintenance", "critical"))


def _sent(request: Request) -> str:
    later = "" if request.next_after is None else f"   (the next is sent {request.next_after:g} s later)"
    return f"{request.label} {request.body or ''}".rstrip() + later


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _telling(value: object) -> str:
    """Return the part of a value that tells one error from another: without what it quotes and counts."""
    return re.sub(r'"[^"]*"|\d{4,}', "…", str(value))[:_TELLING]
