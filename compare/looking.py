"""Looks at one instance each 100 ms and keeps the changes of its state; it must not know what they ought to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare import steps
    from compare.history import Json
    from compare.stage import Entry, Stage

INTERVAL = 0.1
"""Seconds between two looks."""

_ROUNDING = 1e-6  # an interval that is over but for the rounding of floats is over

GONE = "gone"


@dataclass(slots=True)
class _Lookout:
    """Looks at one instance, in step with the clock, so that slow answers do not add up."""

    stage: Stage
    entry: Entry
    transitions: list[tuple[str, float]] = field(default_factory=list)

    def look(self) -> str:
        """Return the state: the instance's health, or gone; and keep it if it is new."""
        instances = self.stage.backend.discover(self.entry.service, healthy_only=False)
        found = next((instance for instance in instances if instance.id == self.entry.id), None)
        state = GONE if found is None else found.health.value
        if not self.transitions or self.transitions[-1][0] != state:
            self.transitions.append((state, self.stage.clock.now()))
        return state

    def pause(self, since: float) -> None:
        """Wait until the next multiple of the interval after ``since``."""
        elapsed = self.stage.clock.now() - since
        looks = int(elapsed / INTERVAL + _ROUNDING) + 1
        self.stage.clock.wait(looks * INTERVAL - elapsed)


def timeline(stage: Stage, _: str, args: steps.Timeline) -> Json:
    """Look at an instance until it is unhealthy or gone; times are seconds since its last heartbeat.

    Returns:
        ``{"transitions": [{"state", "at"}, ...], "detected_at": when it was first seen other than passing}``.
    """
    lookout = _Lookout(stage, stage.entry(args.of))
    beat = stage.beats[lookout.entry.id]
    started = stage.clock.now()
    while stage.clock.now() < started + args.limit:
        state = lookout.look()
        if state == GONE or (args.until == "unhealthy" and state != "passing"):
            break
        lookout.pause(started)
    transitions = [{"state": state, "at": round(when - beat, 3)} for state, when in lookout.transitions]
    detected = next((entry["at"] for entry in transitions if entry["state"] != "passing"), None)
    return {"transitions": transitions, "detected_at": detected}


def keep_alive(stage: Stage, _: str, args: steps.KeepAlive) -> Json:
    """Send heartbeats for a while, looking on; ``value.states`` are the states seen, in their order."""
    lookout = _Lookout(stage, stage.entry(args.of))
    started = stage.clock.now()
    sent = 0
    while (elapsed := stage.clock.now() - started) < args.seconds:
        if elapsed >= sent * args.every:
            stage.backend.heartbeat(lookout.entry.id)
            stage.beats[lookout.entry.id] = stage.clock.now()
            sent += 1
        lookout.look()
        lookout.pause(started)
    return {"states": [state for state, _ in lookout.transitions]}
