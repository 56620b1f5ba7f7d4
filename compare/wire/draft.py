"""Writes unexpected differences down as entries for exceptions.toml, for a person to complete; it explains none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w
from packaging.version import Version

from compare.judgement import Judgement

if TYPE_CHECKING:
    from compare.wire.run import WireRun

_TO_DO = "TO DO: say why"


def draft_exceptions(run: WireRun) -> str:
    """Return the run's unexpected differences as TOML; the loader refuses it until each why and source is given."""
    major, minor = Version(run.consul).release[:2]
    entries: list[dict[str, Any]] = []
    for scenario, step in run.steps():
        found = [each.difference for each in step.findings if each.judgement is Judgement.UNEXPECTED]
        if not found:
            continue
        entry: dict[str, Any] = {
            "versions": f">={major}.{minor},<{major}.{minor + 1}",
            "scenario": scenario,
            "step": step.number,
            "request": step.label,
            "paths": [difference.path for difference in found],
        }
        if len(found) == 1 and isinstance(found[0].observed, str | int | bool):
            entry["observed"] = found[0].observed
        entries.append(entry | {"why": _TO_DO, "source": ""})
    return tomli_w.dumps({"exception": entries})
