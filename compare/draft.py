"""Writes unexpected differences down as entries for known.toml, for a person to complete; it must not explain any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w
from packaging.version import InvalidVersion, Version

from compare.judgement import Judgement

if TYPE_CHECKING:
    from compare.run import Run

_TO_DO = "TO DO: say why"


def draft_known(run: Run) -> str:
    """Return the run's unexpected differences as TOML; the loader refuses it until each ``why`` and source is given."""
    entries: list[dict[str, Any]] = []
    for verdict in run.verdicts:
        for found in verdict.differences:
            if found.judgement is Judgement.UNEXPECTED:
                entry = {
                    "target": verdict.target,
                    "scenario": verdict.scenario,
                    "step": verdict.step,
                    "path": found.difference.path,
                    "reference": found.difference.reference,
                    "observed": found.difference.observed,
                    "why": _TO_DO,
                    "source": "",
                    "versions": _series(run.target(run.reference).version),
                }
                entries.append({key: _without_none(value) for key, value in entry.items() if value is not None})
    return tomli_w.dumps({"difference": entries}, multiline_strings=False)


def _series(version: str) -> str:
    try:
        release = Version(version.rpartition(" ")[2]).release
    except InvalidVersion:
        return ""
    return f"=={release[0]}.{release[1]}.*" if len(release) > 1 else f"=={release[0]}.*"


def _without_none(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _without_none(part) for key, part in value.items() if part is not None}
    return [_without_none(part) for part in value] if isinstance(value, list) else value
