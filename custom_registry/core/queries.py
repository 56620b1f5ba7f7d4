"""Reads over the state, as the APIs need them; a read changes nothing and knows no wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from discovery.model import ServiceSummary

if TYPE_CHECKING:
    from custom_registry.core.model import Instance
    from custom_registry.core.state import State


@dataclass(frozen=True, slots=True)
class Totals:
    """How much is registered in all."""

    services: int
    instances: int
    active: int


def discover(state: State, service: str, *, healthy_only: bool, tag: str | None) -> tuple[Instance, ...]:
    """Return a service's instances in the order of registration. O(instances of the service).

    Args:
        state: where to look.
        service: its name; of one that nobody registered there are none.
        healthy_only: leave out what is in warning or critical.
        tag: only what carries this tag.
    """
    return tuple(
        instance
        for instance in state.instances(service)
        if (instance.healthy or not healthy_only) and (tag is None or tag in instance.definition.tags)
    )


def summaries(state: State) -> dict[str, ServiceSummary]:
    """Return every service with the number of its instances and of its healthy ones. O(services)."""
    return {name: ServiceSummary(name, total, active) for name, total, active in state.tallies()}


def totals(state: State) -> Totals:
    """Return the counts over all services. O(1)."""
    return Totals(state.total_services, state.total_instances, state.active_instances)
