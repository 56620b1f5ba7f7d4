"""A whole run as one value: what was compared, what was seen, and what it amounts to; it does and shows nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from compare.difference import Difference  # noqa: TC001 - read at run time, where a run is built out of JSON
from compare.history import History  # noqa: TC001 - read at run time, where a run is built out of JSON
from compare.judgement import Judgement, StaleKnown, Verdict
from compare.scenario import Scenario  # noqa: TC001 - read at run time, where a run is built out of JSON

SCHEMA = 1
"""The version of a run's JSON form; it grows by one when an older reader would misread it."""

INTERRUPTED = 130
TARGET_MISSING = 3
UNEXPECTED = 1

_Kind = TypeVar("_Kind")


class UnreadableRun(Exception):
    """This is no run, or one of another schema."""


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """What stood on one side of the comparison.

    Args:
        name: as it was asked for: ``custom``, ``consul``, a URL (without its token).
        version: what it says of itself, as in ``Consul 1.8.7``; empty where it never answered.
        how: how it was come by, in words: ``/usr/bin/consul started as a dev agent``.
        live: whether it was there, rather than played back.
        recorded: the date of the recording, where it was played back.
        failure: why it could not be had, with all that was tried; ``None`` where it could.
        complete: whether every operation is expected of it, so that one that it does not offer is a difference.
    """

    name: str
    version: str = ""
    how: str = ""
    live: bool = True
    recorded: str | None = None
    failure: str | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class SelfDifference:
    """A place at which the reference differed from itself: differences of others there are noise."""

    scenario: str
    step: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Run:
    """All of one run. ``to_dict`` and ``from_dict`` are its JSON form.

    Args:
        started: when, ISO 8601 in UTC.
        seconds: how long it took.
        reference: the name of the target by which the others are measured.
        targets: the reference among them, in the order in which to show them.
        scenarios: in the order in which to show them.
        histories: what was seen, one for each scenario and target that came to it.
        verdicts: what it amounts to, one for each step, scenario and target; none in a recording.
        stale: known differences that no longer show.
        noise: where the reference differed from itself; empty unless that was asked for.
        interrupted: whether it was stopped before its end.
        schema: the version of this form.
    """

    started: str
    seconds: float
    reference: str
    targets: tuple[TargetInfo, ...]
    scenarios: tuple[Scenario, ...]
    histories: tuple[History, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    stale: tuple[StaleKnown, ...] = ()
    noise: tuple[SelfDifference, ...] = ()
    interrupted: bool = False
    schema: int = SCHEMA

    def target(self, name: str) -> TargetInfo:
        """Return a target by name.

        Raises:
            KeyError: it has no part in this run.
        """
        for target in self.targets:
            if target.name == name:
                return target
        raise KeyError(name)

    def scenario(self, name: str) -> Scenario:
        """Return a scenario by name.

        Raises:
            KeyError: it has no part in this run.
        """
        for scenario in self.scenarios:
            if scenario.name == name:
                return scenario
        raise KeyError(name)

    def history(self, target: str, scenario: str) -> History | None:
        """Return what was seen of a scenario on a target."""
        return next((seen for seen in self.histories if (seen.target, seen.scenario) == (target, scenario)), None)

    def verdicts_on(self, target: str, scenario: str) -> tuple[Verdict, ...]:
        """Return the verdicts on all steps of a scenario on a target, in their order; none if it was never judged."""
        return tuple(made for made in self.verdicts if (made.target, made.scenario) == (target, scenario))

    def judgement(self, target: str, scenario: str) -> Judgement | None:
        """Return a cell of the matrix: the gravest verdict of the scenario; ``None`` if it was never judged."""
        verdicts = self.verdicts_on(target, scenario)
        return Judgement.gravest(verdict.judgement for verdict in verdicts) if verdicts else None

    @property
    def exit_code(self) -> int:
        """The command's exit code.

        130 interrupted; 3 a target could not be had; 1 an unexpected difference, a step that could not be carried out,
        or a known difference that no longer shows; 0 none of these.
        """
        if self.interrupted:
            return INTERRUPTED
        if any(target.failure for target in self.targets):
            return TARGET_MISSING
        failures = {Judgement.UNEXPECTED, Judgement.UNKNOWN}
        if self.stale or any(verdict.judgement in failures for verdict in self.verdicts):
            return UNEXPECTED
        return 0

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain JSON values.

        A backend may answer numbers that JSON has not got (NaN), which become null, and lone surrogates, also in keys,
        which stay.
        """
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)), parse_constant=lambda _: None)
        return plain

    @classmethod
    def from_dict(cls, plain: object) -> Run:
        """Build a run from what ``to_dict`` returned.

        Raises:
            UnreadableRun: it is none; the message says where it is wrong.
        """
        return rebuilt(_adapter(), plain, SCHEMA)


def rebuilt(adapter: TypeAdapter[_Kind], plain: object, schema: int) -> _Kind:
    """Build a run of some kind out of its JSON form.

    Args:
        adapter: of that kind.
        plain: what may be its form.
        schema: the version that can be read.

    Raises:
        UnreadableRun: it is none; the message says where it is wrong.
    """
    found = plain.get("schema") if isinstance(plain, dict) else None
    if found != schema:
        raise UnreadableRun(f"this is no run of schema {schema}: its schema is {found!r}")
    try:
        return adapter.validate_python(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnreadableRun(f"{place}: {first['msg']}") from error


@cache
def _adapter() -> TypeAdapter[Run]:
    return TypeAdapter(Run)
