"""The probes of a live registry's checks, as a prober wants to be told of them; it runs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_registry.core import queries
from custom_registry.core.commands import ReportProbe
from custom_registry.core.topics import Probes

if TYPE_CHECKING:
    from collections.abc import Callable

    from custom_registry.core.model import CheckDefinition
    from custom_registry.core.probes import Probe, Result
    from custom_registry.core.state import State
    from custom_registry.registry import Registry
    from custom_registry.subscriptions import Subscription


class RegisteredProbes:
    """A prober's source: each check of the registry's agent that has a probe, by its definition.

    Args:
        registry: whose checks; it learns of each result that counts.
    """

    def __init__(self, registry: Registry) -> None:
        """Wait for nothing yet."""
        self._registry = registry
        self._subscription: Subscription | None = None

    def probes(self, changed: Callable[[], None]) -> dict[CheckDefinition, Probe]:
        """Return all probes, and have ``changed`` called once when they are others. O(probes)."""
        if self._subscription is not None:
            self._subscription.cancel()
            self._subscription = None
        while self._subscription is None:
            found, index = self._registry.read(_probes)
            self._subscription = self._registry.subscribe(Probes(), index, changed)
        return found

    def report(self, definition: CheckDefinition, result: Result) -> None:
        """Tell the registry, which itself sees whether the check is still there."""
        self._registry.apply(ReportProbe(definition, result.health, result.output))


def _probes(state: State) -> tuple[dict[CheckDefinition, Probe], int]:
    found = {check: check.probe for check in queries.probes(state) if check.probe is not None}
    return found, state.topic_index(Probes())
