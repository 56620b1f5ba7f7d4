"""Scenarios as values: what is asked of a registry, step by step; it must not know how a step is carried out."""

from __future__ import annotations

from dataclasses import dataclass, field

from compare.history import Json  # noqa: TC001 - read at run time, where a run is built out of JSON


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Args:
        id: its name within the scenario.
        do: its verb.
        args: what the verb takes, as it stands in the file.
    """

    id: str
    do: str
    args: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One behaviour, asked of every target in the same way.

    Args:
        name: unique; the name of its file.
        title: a few words for the matrix.
        question: what it asks of a registry, in plain words.
        group: under which heading it stands.
        steps: in their order.
        slow: whether it is left out of the default set.
        exclusive: whether it needs its target for itself, because it restarts it.
    """

    name: str
    title: str
    question: str
    group: str
    steps: tuple[Step, ...]
    slow: bool = False
    exclusive: bool = False

    def step(self, step_id: str) -> Step | None:
        """Return the step of this id."""
        return next((step for step in self.steps if step.id == step_id), None)
