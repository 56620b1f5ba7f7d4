"""Reads scenarios from TOML and YAML files and refuses what is wrong in them; it must not know how they are run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compare.scenario import Scenario, Step
from compare.steps import ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SCENARIOS = Path(__file__).parent / "scenarios"
_SUFFIXES = {".toml", ".yaml", ".yml"}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class BadScenario(Exception):
    """A scenario file is wrong; the message names the file, the step and the key."""


class _File(BaseModel):
    """The shape of a scenario file, but for its steps' own arguments."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=1)
    question: str = Field(min_length=1)
    group: str = Field(min_length=1)
    slow: bool = False
    exclusive: bool = False
    steps: list[dict[str, Any]] = Field(min_length=1)


def load_scenarios(*folders: Path) -> tuple[Scenario, ...]:
    """Read every scenario in these folders.

    Returns:
        Them in the order of their groups' first appearance and their names.

    Raises:
        BadScenario: a folder is none, a file is wrong, or two scenarios have one name.
    """
    found: dict[str, Path] = {}
    scenarios = []
    for folder in folders:
        if not folder.is_dir():
            raise BadScenario(f"{folder}: no such folder")
        for file in sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES):
            scenario = load_scenario(file)
            if scenario.name in found:
                raise BadScenario(f"{file}: a scenario {scenario.name!r} is also in {found[scenario.name]}")
            found[scenario.name] = file
            scenarios.append(scenario)
    if not scenarios:
        raise BadScenario(f"no scenario (*.toml, *.yaml) in {', '.join(map(str, folders))}")
    groups = list(dict.fromkeys(scenario.group for scenario in scenarios))
    return tuple(sorted(scenarios, key=lambda scenario: groups.index(scenario.group)))


def load_scenario(file: Path) -> Scenario:
    """Read one scenario.

    Raises:
        BadScenario: the file is wrong; the message says where and what would be right.
    """
    name = file.stem.partition("-")[2] if re.match(r"\d+-", file.stem) else file.stem
    if not _NAME.fullmatch(name):
        raise BadScenario(f"{file}: a scenario's name consists of a-z, 0-9 and _, after an optional number and -")
    try:
        shape = _File.model_validate(_parse(file))
    except ValidationError as error:
        raise BadScenario(f"{file}: {_first(error)}") from error
    steps: list[Step] = []
    for position, raw in enumerate(shape.steps, start=1):
        try:
            steps.append(_step(raw, steps))
        except ValueError as error:
            label = raw.get("step") or f"number {position}"
            raise BadScenario(f"{file}: step {label}: {error}") from error
    return Scenario(name, shape.title, shape.question, shape.group, tuple(steps), shape.slow, shape.exclusive)


def select(scenarios: Iterable[Scenario], only: Sequence[str], *, slow: bool) -> tuple[Scenario, ...]:
    """Return the scenarios that ``only`` names, slow or not; without names all, the slow ones if ``slow`` says so.

    Raises:
        BadScenario: a name is none of theirs; the message lists those that there are.
    """
    by_name = {scenario.name: scenario for scenario in scenarios}
    unknown = [name for name in only if name not in by_name]
    if unknown:
        raise BadScenario(f"no scenario {unknown[0]!r}; there are: {', '.join(by_name)}")
    return tuple(
        scenario for scenario in by_name.values() if (scenario.name in only if only else slow or not scenario.slow)
    )


def _parse(file: Path) -> object:
    try:
        text = file.read_text(encoding="utf-8")
        return tomllib.loads(text) if file.suffix == ".toml" else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        raise BadScenario(f"{file}: cannot be read: {error}") from error


def _step(raw: dict[str, Any], earlier: Sequence[Step]) -> Step:
    rest = dict(raw)
    step_id, verb = rest.pop("step", None), rest.pop("do", None)
    if not isinstance(step_id, str) or not _NAME.fullmatch(step_id):
        raise ValueError(f"step must be a name of a-z, 0-9 and _, not {step_id!r}")
    if any(step.id == step_id for step in earlier):
        raise ValueError("an earlier step has this name")
    _check(verb, rest, earlier)
    return Step(step_id, verb, rest)


def _check(verb: object, args: dict[str, Any], earlier: Sequence[Step]) -> None:
    """Refuse an unknown verb, wrong arguments, and a reference to what is no earlier registration.

    Raises:
        ValueError: with the key and what is wrong with it.
    """
    shape = ARGUMENTS.get(verb) if isinstance(verb, str) else None
    if shape is None:
        raise ValueError(f"do: unknown verb {verb!r}; there are: {', '.join(ARGUMENTS)}")
    try:
        shape.model_validate(args)
    except ValidationError as error:
        raise ValueError(_first(error)) from error
    of = args.get("of")
    if of is not None and not any(step.id == of and step.do == "register" for step in earlier):
        raise ValueError(f"of: {of!r} is no earlier step that registers")
    if verb == "watch" and args["act"]["do"] != "nothing":
        _check(args["act"]["do"], args["act"].get("args", {}), earlier)


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{place}: unknown key"
    return f"{place}: {problem['msg']}" if place else problem["msg"].removeprefix("Value error, ")
