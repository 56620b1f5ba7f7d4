"""Looks at one instance each 100 ms and keeps the changes of its state; it must not know what they ought to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.stage import Beat

if TYPE_CHECKING:
    from compare import steps
    from compare.history import Json
    from compare.stage import Entry, Stage

INTERVAL = 0.1
"""Seconds between two looks."""

_ROUNDING = 1e-6  # an interval that is over but for the rounding of floats is over

GONE = "gone"


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A state that was new: when it was first seen, and when the last look began that did not show it yet."""

    state: str
    seen: float
    not_before: float


@dataclass(slots=True)
class _Lookout:
    """Looks at one instance, in step with the clock, so that slow answers do not add up."""

    stage: Stage
    entry: Entry
    sightings: list[_Sighting] = field(default_factory=list)
    _looked: float | None = None

    def look(self) -> str:
        """Return the state: the instance's health, or gone; and keep it if it is new."""
        began = self.stage.clock.now()
        instances = self.stage.backend.discover(self.entry.service, healthy_only=False)
        found = next((instance for instance in instances if instance.id == self.entry.id), None)
        state = GONE if found is None else found.health.value
        if not self.sightings or self.sightings[-1].state != state:
            not_before = began if self._looked is None else self._looked
            self.sightings.append(_Sighting(state, self.stage.clock.now(), not_before))
        self._looked = began
        return state

    def pause(self, since: float) -> None:
        """Wait until the next multiple of the interval after ``since``."""
        elapsed = self.stage.clock.now() - since
        looks = int(elapsed / INTERVAL + _ROUNDING) + 1
        self.stage.clock.wait(looks * INTERVAL - elapsed)


def timeline(stage: Stage, _: str, args: steps.Timeline) -> Json:
    """Look at an instance until it is unhealthy or gone; times are seconds since its last heartbeat.

    Returns:
        ``{"transitions": [{"state", "at", "at_within"}, ...], "detected_at", "detected_at_within"}``, the latter two of
        the first that was other than passing. A state may have begun as early as the last look that did not show it,
        and the ttl as early as the heartbeat was sent: ``within`` says how many seconds that leaves open.
    """
    lookout = _Lookout(stage, stage.entry(args.of))
    beat = stage.beats[lookout.entry.id]
    started = stage.clock.now()
    while stage.clock.now() < started + args.limit:
        state = lookout.look()
        if state == GONE or (args.until == "unhealthy" and state != "passing"):
            break
        lookout.pause(started)
    transitions = [
        {
            "state": sighting.state,
            "at": round(sighting.seen - beat.answered, 3),
            "at_within": round(sighting.seen - sighting.not_before + beat.answered - beat.sent, 3),
        }
        for sighting in lookout.sightings
    ]
    detected = next((entry for entry in transitions if entry["state"] != "passing"), {})
    return {
        "transitions": transitions,
        "detected_at": detected.get("at"),
        "detected_at_within": detected.get("at_within", 0.0),
    }


def keep_alive(stage: Stage, _: str, args: steps.KeepAlive) -> Json:
    """Send heartbeats for a while, looking on; ``value.states`` are the states seen, in their order."""
    lookout = _Lookout(stage, stage.entry(args.of))
    started = stage.clock.now()
    sent = 0
    while (elapsed := stage.clock.now() - started) < args.seconds:
        if elapsed >= sent * args.every:
            beat = stage.clock.now()
            stage.backend.heartbeat(lookout.entry.id)
            stage.beats[lookout.entry.id] = Beat(beat, stage.clock.now())
            sent += 1
        lookout.look()
        lookout.pause(started)
    return {"states": [sighting.state for sighting in lookout.sightings]}
