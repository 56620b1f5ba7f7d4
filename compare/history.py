"""What a target did, step by step, as plain values; it must not know what any of it is compared with."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A plain JSON value: None, bool, int, float, str, a list of these, or a dict of these by str."""


class Outcome(enum.StrEnum):
    """How a step ended.

    ``OK`` and ``REFUSED`` are answers and can be compared; ``UNKNOWN`` is the absence of one: it never equals anything.
    """

    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_OFFERED = "not_offered"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one step.

    Args:
        step: the id of the step in its scenario.
        do: its verb.
        outcome: how it ended.
        value: what the target answered, under ``OK``; ``None`` otherwise. Names are already the scenario's own, without
            the suffix of the run. Some verbs have values that reports draw: ``timeline`` has
            ``{"transitions": [{"state": "passing" | "warning" | "critical" | "gone", "at": seconds since the last
            heartbeat}, ...], "detected_at": seconds or None}``. A key ``<time>_within`` says how many seconds earlier
            the time beside it may have been, by what could be seen of it.
        error: under ``REFUSED`` and ``NOT_OFFERED`` the kind of refusal, a class name of ``discovery.errors``; under
            ``UNKNOWN`` the class name of what went wrong.
        message: the refusal's or failure's words. Backends word things differently: it is shown, never compared.
        started: seconds from the scenario's start to the step's.
        seconds: how long the step took.
    """

    step: str
    do: str
    outcome: Outcome
    value: Json = None
    error: str | None = None
    message: str | None = None
    started: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class History:
    """All that was seen of one scenario on one target, in the order of its steps."""

    target: str
    scenario: str
    observations: tuple[Observation, ...]

    def observation(self, step: str) -> Observation | None:
        """Return what was seen of a step, or ``None`` where the scenario did not come so far."""
        return next((seen for seen in self.observations if seen.step == step), None)
