"""The places at which a target may differ from Consul on the wire, each with its why; it must not know what differed.

They stand in ``exceptions.toml``. An entry is exact: a version, a scenario, a step, and the paths in its answer. One
that no longer shows is an error, so that the list can only shrink.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from compare.wire.transcript import Pause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compare.difference import Difference
    from compare.wire.transcript import Transcript

EXCEPTIONS = Path(__file__).parent / "exceptions.toml"
"""Those of our own registry."""

_WILDCARDS = set("*?")
_Shape = TypeVar("_Shape", bound=BaseModel)


class BadExceptions(Exception):
    """A list of exceptions is wrong; the message says where."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    why: str = Field(min_length=20)


class LeftOut(_Entry):
    """Scenarios that are not played to this target at all."""

    scenarios: list[str] = Field(min_length=1)


class Excepted(_Entry):
    """What differs in one step for one reason.

    Args:
        versions: of Consul, as in ``>=1.21,<1.22``.
        scenario: its name.
        step: its place in the transcript, from 0.
        request: its method and path, so that a reader sees which it is, and nobody counts wrong.
        paths: each a difference that shows, as in ``compare.difference.Difference``.
        within: what all of the paths begin with, where it need not stand in each: ``body.DebugConfig``.
        observed: what the target has there, where that is always the same; only with one path.
        why: why it is so, for people.
        source: where Consul's side can be seen.
    """

    versions: str = Field(min_length=1)
    scenario: str
    step: int = Field(ge=0)
    request: str
    paths: list[str] = Field(min_length=1)
    within: str = ""
    observed: Any = None
    source: str = Field(min_length=1)

    @field_validator("versions")
    @classmethod
    def _range(cls, value: str) -> str:
        try:
            SpecifierSet(value)
        except InvalidSpecifier:
            raise ValueError(f"{value!r} is no range of versions; right is, for example, >=1.8,<1.9") from None
        return value

    @property
    def places(self) -> list[str]:
        """Return the paths, whole."""
        return [f"{self.within}.{path}" for path in self.paths] if self.within else self.paths

    @model_validator(mode="after")
    def _exact(self) -> Self:
        for path in self.places:
            if _WILDCARDS & set(path):
                raise ValueError(f"{path!r} has a wildcard: an entry speaks of what it names only")
        if len(set(self.paths)) != len(self.paths):
            raise ValueError("a path is named twice")
        if self.observed is not None and len(self.paths) > 1:
            raise ValueError("observed is the value at one path, and there are several")
        return self

    def covers(self, difference: Difference) -> bool:
        """Whether this is one of its differences."""
        return difference.path in self.places and self.observed in (None, difference.observed)


@dataclass(frozen=True, slots=True)
class Exceptions:
    """A list of exceptions."""

    entries: tuple[Excepted, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def of(self, version: str, scenario: str) -> tuple[Excepted, ...]:
        """Return those that speak of a scenario of a version of Consul."""
        return tuple(
            entry
            for entry in self.entries
            if entry.scenario == scenario and SpecifierSet(entry.versions).contains(Version(version), prereleases=True)
        )

    def why_left_out(self, scenario: str) -> str | None:
        """Return why a scenario is not played, or ``None`` where it is."""
        return next((entry.why for entry in self.left_out if scenario in entry.scenarios), None)


def load_exceptions(transcripts: Mapping[str, Iterable[Transcript]], *files: Path) -> Exceptions:
    """Read lists of exceptions.

    Args:
        transcripts: all that there are, by version; entries can be about no others.
        files: the lists.

    Raises:
        BadExceptions: an entry has a wildcard, no why, or an unknown scenario or step, or two speak of the same place.
    """
    entries: list[Excepted] = []
    left_out: list[LeftOut] = []
    for file in files:
        raw = _tables(file)
        left_out += [_read(LeftOut, file, "left_out", n, table) for n, table in enumerate(raw.get("left_out", []), 1)]
        for position, table in enumerate(raw.get("exception", []), 1):
            entry = _read(Excepted, file, "exception", position, table)
            try:
                _check(entry, transcripts, entries)
            except ValueError as error:
                raise BadExceptions(f"{file}: exception {position}: {error}") from error
            entries.append(entry)
    return Exceptions(tuple(entries), tuple(left_out))


def _tables(file: Path) -> dict[str, Any]:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadExceptions(f"{file}: cannot be read: {error}") from error
    if raw.keys() - {"exception", "left_out"} or not all(isinstance(tables, list) for tables in raw.values()):
        raise BadExceptions(f"{file}: it holds [[exception]] and [[left_out]] tables and nothing else")
    return raw


def _read(shape: type[_Shape], file: Path, kind: str, position: int, table: object) -> _Shape:
    try:
        return shape.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadExceptions(f"{file}: {kind} {position}: {f'{place}: ' if place else ''}{first['msg']}") from error


def _check(entry: Excepted, transcripts: Mapping[str, Iterable[Transcript]], earlier: Iterable[Excepted]) -> None:
    """Refuse what no transcript has, and what an earlier entry says.

    Raises:
        ValueError: with what is wrong.
    """
    meant = SpecifierSet(entry.versions)
    found = [
        transcript
        for version, all_ in transcripts.items()
        if meant.contains(Version(version), prereleases=True)
        for transcript in all_
        if transcript.scenario == entry.scenario
    ]
    if not found:
        raise ValueError(f"no transcript of a scenario {entry.scenario!r} on Consul {entry.versions}")
    for transcript in found:
        step = transcript.steps[entry.step] if entry.step < len(transcript.steps) else None
        if step is None or isinstance(step, Pause) or step.label != entry.request:
            there = "there is none" if step is None else f"that is {step.label!r}"
            raise ValueError(f"step {entry.step} of {entry.scenario} is not {entry.request!r}: {there}")
    for other in earlier:
        if (other.scenario, other.step, other.versions) == (entry.scenario, entry.step, entry.versions):
            twice = set(other.places) & set(entry.places)
            if twice:
                raise ValueError(f"a second entry about {entry.scenario} / {entry.step} / {min(twice)}")
