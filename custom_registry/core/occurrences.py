"""Puts into words for the log, and for the native API's answers, what befalls an instance; it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_registry.core.checks import worst
from custom_registry.core.commands import Kind, Occurrence

if TYPE_CHECKING:
    from custom_registry.core.agent import Agent
    from custom_registry.core.catalog import Catalog
    from custom_registry.core.model import AgentCheck, ServiceDefinition


def occurrence(catalog: Catalog, kind: Kind, node: str, definition: ServiceDefinition) -> Occurrence:
    """Return what befell an instance that is there still, or was until now."""
    health = catalog.health(node, definition.id)
    if health is None:  # the registry's own, or one that others have taken out of the catalog
        health = worst(check.record.status for check in catalog.checks_of_service(node, definition.id))
    found = None if definition.address else catalog.node(node)
    return Occurrence(kind, node, definition, health, found.definition.address if found else "")


def of_check(catalog: Catalog, agent: Agent, kind: Kind, check: AgentCheck) -> list[Occurrence]:
    """Return what befell the instance of a check: nothing where it is the node's."""
    service = agent.services.get(check.definition.service_id)
    return [occurrence(catalog, kind, agent.node.name, service.definition)] if service else []


def kind_of_report(before: AgentCheck, status: str) -> Kind:
    """Return what a report is to a check that stood so before."""
    if before.lapsed:
        return Kind.REVIVED
    return Kind.RENEWED if before.status == status else Kind.REPORTED


def kind_of_registration(before: ServiceDefinition | None, now: ServiceDefinition) -> Kind:
    """Return what a registration is to an instance that was so before."""
    if before is None or before.service != now.service:
        return Kind.REGISTERED
    return Kind.RENEWED if before == now else Kind.UPDATED
