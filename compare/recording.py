"""A run recorded from a real registry, played back in place of it; it must not pretend to be live."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from compare.history import History, Observation, Outcome
from compare.run import Run, TargetInfo, UnreadableRun
from compare.sources import TargetMissing

if TYPE_CHECKING:
    from compare.scenario import Scenario

BUILT_IN = Path(__file__).parent / "recordings"
DEFAULT = "recorded:consul-1.8.7"


@dataclass(frozen=True, slots=True)
class Recording:
    """What one target did, at an earlier time."""

    name: str
    run: Run

    @property
    def info(self) -> TargetInfo:
        """Return what was recorded, as a target that is not live."""
        recorded = self.run.targets[0]
        return replace(recorded, name=self.name, live=False, recorded=self.run.started)

    def history(self, scenario: Scenario) -> History:
        """Return what was seen of a scenario; if it was recorded in another form, or not at all, nothing is known."""
        was = next((recorded for recorded in self.run.scenarios if recorded.name == scenario.name), None)
        seen = self.run.history(self.run.reference, scenario.name)
        if was is not None and was.steps == scenario.steps and seen is not None:
            return replace(seen, target=self.name)
        reason = "the recording has no such scenario" if was is None else "the scenario has changed since the recording"
        unknown = (
            Observation(step.id, step.do, Outcome.UNKNOWN, error="NotRecorded", message=reason)
            for step in scenario.steps
        )
        return History(self.name, scenario.name, tuple(unknown))


def recordings() -> list[str]:
    """Return the names of the recordings that come with the comparison."""
    return sorted(f"recorded:{file.stem}" for file in BUILT_IN.glob("*.json"))


def load_recording(name: str) -> Recording:
    """Load ``recorded:<name>``, one of ours, or ``recorded:<file>``.

    Raises:
        TargetMissing: there is none, or it is no recording.
    """
    place = name.removeprefix("recorded:")
    own = BUILT_IN / f"{place}.json"
    file = own if own.is_file() else Path(place)
    try:
        run = Run.from_dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        known = ", ".join(recordings()) or "none"
        raise TargetMissing(f"no recording {place!r}, and no such file; there are: {known}") from None
    except (OSError, ValueError, UnreadableRun) as error:
        raise TargetMissing(f"{file} is no recording: {error}") from error
    return Recording(name, run)
