"""Carries out what is asked natively: an instance is a service of the own node with a TTL check.

Found natively are the instances of all nodes, but for the registry's own service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from custom_registry.core.commands import ByAddress, ById, Deregister, Heartbeat, Kind, NotTTL, Occurrence, Register
from custom_registry.core.instances import native_address, native_check_id
from custom_registry.core.model import CheckDefinition
from custom_registry.core.occurrences import kind_of_report, occurrence
from discovery.model import Health

if TYPE_CHECKING:
    from custom_registry.core.agent import Agent
    from custom_registry.core.catalog import Catalog
    from custom_registry.core.commands import Target
    from custom_registry.core.model import ServiceDefinition


class _Found(Struct, frozen=True):
    node: str
    definition: ServiceDefinition
    of_agent: bool


def register(catalog: Catalog, agent: Agent, command: Register, now: float) -> list[Occurrence]:
    """Register an instance with the agent, passing; whatever other checks it has stay."""
    definition = command.definition
    check = CheckDefinition(
        id=native_check_id(definition.id),
        name=f"Service '{definition.service}' check",
        status=Health.PASSING,
        service_id=definition.id,
        type="ttl",
        ttl=command.ttl,
        leaves_on_lapse=True,
    )
    known, known_check = agent.services.get(definition.id), agent.checks.get(check.id)
    moved = known is not None and known.definition.service != definition.service
    effects = []
    if known is not None and moved:
        # An id names one instance: it leaves its old service, as in Consul (transcript register_shapes, "same ID,
        # another name", 1.8.7 and 1.21.4), where it keeps its create index too.
        effects.append(occurrence(catalog, Kind.DEREGISTERED, agent.node.name, known.definition))
    agent.register_service(definition, [check], now, keep=False)
    kind = Kind.REGISTERED
    if known is not None and not moved:
        kind = Kind.UPDATED
        if known.definition == definition and known_check is not None:
            if known_check.definition == check:
                kind = kind_of_report(known_check, Health.PASSING)
            else:
                catalog.touch_instance(agent.node.name, definition.id)
    effects.append(occurrence(catalog, kind, agent.node.name, definition))
    return effects


def heartbeat(catalog: Catalog, agent: Agent, command: Heartbeat, now: float, output: str) -> list[Occurrence]:
    """Report to the TTL checks of instances.

    Args:
        catalog: where they are found.
        agent: where their checks are.
        command: the heartbeat.
        now: the time.
        output: its note as Consul's API is to show it.

    Raises:
        NotTTL: none of those found has a TTL check.
    """
    found = _find(catalog, agent, command.target)
    waiting = [(instance, checks) for instance in found if (checks := _ttl_checks(agent, instance))]
    if found and not waiting:
        raise NotTTL(found[0].definition.id)
    effects = []
    for instance, checks in waiting:
        kind = kind_of_report(agent.checks[checks[0]], command.health)
        for check_id in checks:
            agent.report(check_id, command.health, output, now, said=command.note)
        effects.append(occurrence(catalog, kind, instance.node, instance.definition))
    return effects


def deregister(catalog: Catalog, agent: Agent, command: Deregister) -> list[Occurrence]:
    """Remove instances from the agent, or where it does not know them from the catalog."""
    effects = []
    for instance in _find(catalog, agent, command.target):
        effects.append(occurrence(catalog, Kind.DEREGISTERED, instance.node, instance.definition))
        if instance.of_agent:
            agent.deregister_service(instance.definition.id)
        else:
            catalog.deregister_service(instance.node, instance.definition.id)
    return effects


def _find(catalog: Catalog, agent: Agent, target: Target) -> list[_Found]:
    own = agent.node.name
    match target:
        case ById(id=instance_id):
            if instance_id in agent.services:
                return [_Found(own, agent.services[instance_id].definition, of_agent=True)]
            rows = catalog.instances_of_id(instance_id)
        case ByAddress(service, address):
            rows = [
                row
                for row in catalog.instances(service)
                if row.name == service
                and native_address(row.definition, catalog.node_of(row).definition.address) == address
            ]
    return [
        _Found(row.node, row.definition, of_agent=row.node.lower() == own.lower() and row.id in agent.services)
        for row in rows
        if (row.node.lower(), row.id) != catalog.hidden
    ]


def _ttl_checks(agent: Agent, instance: _Found) -> list[str]:
    """Return the TTL checks of an instance, the one named after it first."""
    if not instance.of_agent:
        return []
    ids = [each for each in agent.check_ids_of(instance.definition.id) if agent.checks[each].definition.ttl is not None]
    if len(ids) > 1:
        named = native_check_id(instance.definition.id)
        ids.sort(key=lambda check_id: (check_id != named, check_id))
    return ids
