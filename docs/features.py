"""The class project's list of features, and where in a run each can be seen; it knows no target but by its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.history import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.history import Json
    from compare.run import Run

_BAD_INPUT = ("name_empty", "name_blank", "name_long", "bad_ports", "bad_addresses", "bad_extras")


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature.

    Args:
        name: as the class project has it.
        scenarios: where it can be seen; none where every scenario depends on it.
        look: says in a few words what a target's part in the run shows of it.
    """

    name: str
    scenarios: tuple[str, ...]
    look: Callable[[Run, str, tuple[str, ...]], str]

    def seen(self, run: Run, target: str) -> str:
        """Return what a run shows of it on a target."""
        return self.look(run, target, self.scenarios)


def _step(step: str, tell: Callable[[Json], str], otherwise: str = "no") -> Callable[[Run, str, tuple[str, ...]], str]:
    """Look at one step of the one scenario: what its value tells, ``otherwise`` where the target has no such thing."""

    def look(run: Run, target: str, scenarios: tuple[str, ...]) -> str:
        (scenario,) = scenarios
        history = run.history(target, scenario)
        seen = history.observation(step) if history else None
        if seen is None or seen.outcome is Outcome.UNKNOWN:
            return "unknown"
        if seen.outcome is Outcome.NOT_OFFERED:
            return otherwise
        return tell(seen.value) if seen.outcome is Outcome.OK else "refused"

    return look


def _yes(_: Json) -> str:
    return "yes"


def _is_found(value: Json) -> str:
    found = [instance["instance"] for instance in value["instances"]]
    return "yes" if found == ["first"] else f"no: finds {', '.join(found) or 'nothing'}"


def _has_uptime(value: Json) -> str:
    return "yes" if value["instances"] and value["instances"][0]["has_uptime"] else "no"


def _stays(value: Json) -> str:
    return "yes" if value["states"] == ["passing"] else "no"


def _is_gone(value: Json) -> str:
    return "yes" if [instance["instance"] for instance in value["instances"]] == ["two"] else "no"


def _removal(value: Json) -> str:
    gone = (change["at"] for change in value["transitions"] if change["state"] == "gone")
    return next((f"yes, {at:.0f} s after the last heartbeat (ttl 1 s)" for at in gone), "no")


def _losses(value: Json) -> str:
    lost = value["lost"] + value["lost_by_deregistering"]
    return f"{'yes' if not lost else 'no'}: {lost} of {value['registered']} lost"


def _refusals(run: Run, target: str, scenarios: tuple[str, ...]) -> str:
    """Count the registrations in scenarios of bad input that were refused."""
    seen = [
        observation.outcome
        for scenario in scenarios
        if (history := run.history(target, scenario))
        for observation in history.observations
        if observation.do == "register"
    ]
    if not seen or Outcome.UNKNOWN in seen:
        return "unknown"
    return f"refuses {seen.count(Outcome.REFUSED)} of {len(seen)} bad registrations"


def _answers(run: Run, target: str, _: tuple[str, ...]) -> str:
    """Say whether the target told its name and version: the comparison begins no scenario before."""
    return "yes" if run.target(target).version else "no"


FEATURES = (
    Feature("Registration", ("register_discover",), _step("first", _yes)),
    Feature("Discovery", ("register_discover",), _step("found", _is_found)),
    Feature("Error handling", _BAD_INPUT, _refusals),
    Feature("Heartbeats", ("heartbeat_keeps_alive",), _step("kept", _stays)),
    Feature("Deregistration", ("deregister",), _step("left", _is_gone)),
    Feature("Auto cleanup", ("lapse_whole",), _step("after", _removal)),
    Feature("Thread safety", ("burst",), _step("burst", _losses, otherwise="cannot be tried")),
    Feature("Service listing", ("counts",), _step("all_well", _yes)),
    Feature("Health endpoint", (), _answers),
    Feature("Uptime tracking", ("uptime",), _step("found", _has_uptime)),
)
"""In the class project's order."""
