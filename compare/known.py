"""The differences that we know, each with its why, read from known.toml; it must not know what was observed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from compare.difference import differences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compare.difference import Difference
    from compare.history import Json
    from compare.scenario import Scenario

KNOWN = Path(__file__).parent / "known.toml"
REFERENCE = "Consul"
"""What the reference must call itself for known.toml to speak of it."""

_WILDCARDS = set("*?")


class BadKnown(Exception):
    """known.toml is wrong; the message says where."""


class KnownDifference(BaseModel):
    """One difference of one target from Consul at one place, exactly as it was observed.

    Args:
        target: by the name that the target has in the comparison.
        scenario: its name.
        step: the id of its step.
        path: as in ``compare.difference.Difference``.
        reference: Consul's value; left out where it has none.
        observed: the target's value; left out where it has none.
        why: why it is so, for people.
        source: where Consul's side can be seen: a transcript, an issue, its documentation.
        versions: of Consul, as in ``>=1.8,<2``.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    target: str = Field(min_length=1)
    scenario: str
    step: str
    path: str
    reference: Any = None
    observed: Any = None
    why: str = Field(min_length=20)
    source: str = Field(min_length=1)
    versions: str = Field(min_length=1)

    @field_validator("target", "scenario", "step", "path")
    @classmethod
    def _exact(cls, value: str) -> str:
        if _WILDCARDS & set(value):
            raise ValueError(f"{value!r} has a wildcard: an entry speaks of one difference only")
        return value

    @field_validator("versions")
    @classmethod
    def _ranges(cls, value: str) -> str:
        try:
            SpecifierSet(value)
        except InvalidSpecifier:
            raise ValueError(f"{value!r} is no range of versions; right is, for example, >=1.8,<2") from None
        return value

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Return what it speaks of: target, scenario, step, path."""
        return (self.target, self.scenario, self.step, self.path)

    def covers(self, difference: Difference) -> bool:
        """Whether this is the difference at its place, both values (times within their tolerance) being as it says."""
        return (
            difference.path == self.path
            and _same(self.path, self.reference, difference.reference, difference.tolerance)
            and _same(self.path, self.observed, difference.observed, difference.tolerance)
        )


@dataclass(frozen=True, slots=True)
class Known:
    """All known differences."""

    entries: tuple[KnownDifference, ...] = ()

    def on(self, version: str) -> tuple[KnownDifference, ...]:
        """Return those that name the version of this reference; none if it is not Consul.

        Args:
            version: what the reference says of itself, as in ``Consul 1.8.7``.
        """
        product, _, number = version.partition(" ")
        try:
            parsed = Version(number.partition("+")[0])
        except InvalidVersion:
            return ()
        if product != REFERENCE:
            return ()
        return tuple(entry for entry in self.entries if SpecifierSet(entry.versions).contains(parsed, prereleases=True))


def load_known(scenarios: Iterable[Scenario], *files: Path) -> Known:
    """Read known differences.

    Args:
        scenarios: all that there are, slow ones included; entries can be about no others.
        files: where the differences stand.

    Raises:
        BadKnown: an entry has a wildcard, an empty why, no difference at all or an unknown scenario or step, or two
            entries are about the same place and versions.
    """
    by_name = {scenario.name: scenario for scenario in scenarios}
    entries: list[KnownDifference] = []
    for file in files:
        for position, table in enumerate(_tables(file), start=1):
            try:
                entry = KnownDifference.model_validate(table)
                _check(entry, by_name, entries)
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(part) for part in first["loc"])
                raise BadKnown(f"{file}: difference {position}: {place}: {first['msg']}") from error
            except ValueError as error:
                raise BadKnown(f"{file}: difference {position}: {error}") from error
            entries.append(entry)
    return Known(tuple(entries))


def _tables(file: Path) -> list[Any]:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadKnown(f"{file}: cannot be read: {error}") from error
    tables = raw.get("difference", [])
    if raw.keys() - {"difference"} or not isinstance(tables, list):
        raise BadKnown(f"{file}: it holds [[difference]] tables and nothing else")
    return tables


def _check(entry: KnownDifference, scenarios: dict[str, Scenario], earlier: list[KnownDifference]) -> None:
    scenario = scenarios.get(entry.scenario)
    if scenario is None:
        raise ValueError(f"no scenario {entry.scenario!r}")
    if scenario.step(entry.step) is None:
        raise ValueError(f"no step {entry.step!r} in {entry.scenario}")
    if _same(entry.path, entry.reference, entry.observed):
        raise ValueError("reference and observed are the same: that is no difference")
    if any(other.place == entry.place and other.versions == entry.versions for other in earlier):
        raise ValueError(f"a second entry about {' / '.join(entry.place)} on {entry.versions}")


def _same(path: str, claimed: Json, seen: Json, allowed: float = 0.0) -> bool:
    """Compare two values as they would be compared at the end of this path, so that times have their tolerance."""
    if allowed and isinstance(claimed, int | float) and isinstance(seen, int | float):
        return abs(claimed - seen) <= allowed
    key = path.rpartition(".")[2]
    return not differences({key: _without_null(claimed)}, {key: _without_null(seen)})


def _without_null(value: Json) -> Json:
    """Leave out keys without a value, as TOML has to."""
    if isinstance(value, dict):
        return {key: _without_null(part) for key, part in value.items() if part is not None}
    return [_without_null(part) for part in value] if isinstance(value, list) else value
