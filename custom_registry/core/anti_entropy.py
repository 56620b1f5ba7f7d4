"""Makes the catalog agree again with the agent, whatever others have written there of the own node; it knows no time.

As Consul does (seen on 1.8.7): what the agent does not know goes, what it knows comes back, and of a service with
``EnableTagOverride`` it takes the tags over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from custom_registry.core.agent import Agent
    from custom_registry.core.catalog import Catalog
    from custom_registry.core.model import CheckRecord, NodeDefinition, Service, ServiceDefinition


class Server(Struct, frozen=True):
    """What the registry itself has in the catalog: the service that it is, and the check that says that it lives."""

    service: ServiceDefinition
    check: CheckRecord


def reconcile(catalog: Catalog, agent: Agent, server: Server, now: float) -> None:
    """Compare all of the own node, and write what differs. O(its services and checks)."""
    node = agent.node
    found = catalog.node(node.name)
    definition = node if found is None or _differs(found.definition, node) else found.definition
    catalog.register(now, definition, server.service, [server.check])
    for service in tuple(catalog.services_of(node.name)):
        if service.id not in agent.services and service.id != server.service.id:
            catalog.deregister_service(node.name, service.id)
    for service_id in tuple(agent.services):
        _push_service(catalog.service(node.name, service_id), agent, service_id, now)
    for check in tuple(catalog.checks_of_node(node.name)):
        if check.record.id not in agent.checks and check.record.id != server.check.id:
            catalog.deregister_check(node.name, check.record.id)
    for check_id in tuple(agent.checks):
        _push_check(catalog, agent, check_id, now)


def _differs(found: NodeDefinition, node: NodeDefinition) -> bool:
    """Return whether a node has to be written again; a mere address of its own it may keep."""
    return replace(found, address=node.address, locality=node.locality) != node


def _push_service(found: Service | None, agent: Agent, service_id: str, now: float) -> None:
    definition = agent.services[service_id].definition
    if found is not None and definition.enable_tag_override and found.definition.tags != definition.tags:
        agent.adopt_tags(service_id, found.definition.tags)
        definition = agent.services[service_id].definition
    if found is None or found.definition != definition:
        agent.write(service_id, [], now)


def _push_check(catalog: Catalog, agent: Agent, check_id: str, now: float) -> None:
    check = agent.checks[check_id]
    found = catalog.check(agent.node.name, check_id)
    record = check.record
    if found is not None:
        # Name and tags of its service are the catalog's to say, and an output that is held back stays so.
        output = found.record.output if agent.holds_back(check_id) else record.output
        named = found.record
        record = replace(record, output=output, service_name=named.service_name, service_tags=named.service_tags)
    if found is None or not found.record.same_as(record):
        agent.write(check.definition.service_id, [check], now)
