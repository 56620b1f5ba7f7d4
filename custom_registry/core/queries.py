"""Reads over the state, as the APIs need them; a read changes nothing and knows no wire.

Each takes the state first, for ``Registry.read``. What Consul's reads can be narrowed by (``tag``, ``passing``,
``node-meta``, ``filter``) is left to Consul's API: none of it touches an index. Order is Consul's (transcript
``order_and_uniqueness``, 1.8.7 and 1.21.4): nodes by name, services and checks by node and id, capitals beside small
letters. A service's or node's name finds what is called so in any case (transcript ``health_reads``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from custom_registry.core.instances import Instance, to_instance
from custom_registry.core.model import Entry
from discovery.model import ServiceSummary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custom_registry.core.model import AgentCheck, AgentService, Check, CheckDefinition, Node, Service
    from custom_registry.core.state import State


class Totals(Struct, frozen=True):
    """How much is registered in all."""

    services: int
    instances: int
    active: int


# The catalog.


def catalog_nodes(state: State) -> tuple[Node, ...]:
    """Return all nodes. O(nodes log nodes)."""
    return tuple(sorted(state.catalog.nodes(), key=lambda node: _folded(node.name)))


def catalog_node(state: State, name: str) -> tuple[Node, tuple[Service, ...]] | None:
    """Return a node with its services, or None where there is none. O(its services)."""
    node = state.catalog.node(name)
    if node is None:
        return None
    return node, tuple(sorted(state.catalog.services_of(name), key=lambda service: _folded(service.id)))


def catalog_services(state: State) -> tuple[tuple[Node, Service], ...]:
    """Return every service instance of every node. O(instances)."""
    return tuple(
        (node, service)
        for node in catalog_nodes(state)
        for service in sorted(state.catalog.services_of(node.name), key=lambda service: _folded(service.id))
    )


def catalog_service(state: State, name: str) -> tuple[tuple[Node, Service], ...]:
    """Return the instances of a service, none where nobody is called so. O(its instances)."""
    return _with_nodes(state, state.catalog.instances(name))


def catalog_connect(state: State, name: str) -> tuple[tuple[Node, Service], ...]:
    """Return those through which the mesh reaches a service. O(their number)."""
    return _with_nodes(state, state.catalog.connect_instances(name))


# Health.


def health_service(state: State, name: str) -> tuple[Entry, ...]:
    """Return a service's instances with their nodes and checks. O(the instances and their checks)."""
    return _with_checks(state, state.catalog.instances(name))


def health_connect(state: State, name: str) -> tuple[Entry, ...]:
    """Return those through which the mesh reaches a service, with nodes and checks. O(they and their checks)."""
    return _with_checks(state, state.catalog.connect_instances(name))


def health_node(state: State, name: str) -> tuple[Check, ...]:
    """Return all checks of a node, those of its services too. O(their number)."""
    return _sorted_checks(state.catalog.checks_of_node(name))


def health_checks(state: State, service: str) -> tuple[Check, ...]:
    """Return the checks of a service's instances, by the name it had when they were last written. O(their number)."""
    return _sorted_checks(state.catalog.checks_named(service))


def health_state(state: State, status: str | None) -> tuple[Check, ...]:
    """Return all checks in a state, with None in any. O(all checks)."""
    return _sorted_checks(check for check in state.catalog.checks() if status in (None, check.record.status))


# The agent of the own node.


def agent_services(state: State) -> tuple[AgentService, ...]:
    """Return the agent's services in the order of their ids. O(their number)."""
    return tuple(state.agent.services[service_id] for service_id in sorted(state.agent.services))


def agent_service(state: State, service_id: str) -> AgentService | None:
    """Return a service of the agent. O(1)."""
    return state.agent.services.get(service_id)


def agent_checks(state: State) -> tuple[AgentCheck, ...]:
    """Return the agent's checks in the order of their ids. O(their number)."""
    return tuple(state.agent.checks[check_id] for check_id in sorted(state.agent.checks))


def agent_checks_of(state: State, service_id: str) -> tuple[AgentCheck, ...]:
    """Return the checks of a service of the agent, with an empty id those of the node. O(their number)."""
    return tuple(state.agent.checks[check_id] for check_id in sorted(state.agent.check_ids_of(service_id)))


def agent_services_named(state: State, name: str) -> tuple[AgentService, ...]:
    """Return the agent's services of a name, letter by letter, in the order of their ids. O(their number)."""
    return tuple(state.agent.services[service_id] for service_id in sorted(state.agent.ids_named(name)))


def probes(state: State) -> tuple[CheckDefinition, ...]:
    """Return the agent's checks that have a probe. O(their number)."""
    return tuple(state.agent.probes.values())


# The native API.


def discover(state: State, service: str, *, healthy_only: bool, tag: str | None) -> tuple[Instance, ...]:
    """Return a service's instances in the order of registration. O(instances of the service).

    Args:
        state: where to look.
        service: its name, letter by letter; of one that nobody registered there are none.
        healthy_only: leave out what is in warning or critical.
        tag: only what carries this tag.
    """
    found = (
        to_instance(state.catalog, state.agent, row)
        for row in state.catalog.instances(service)
        if row.name == service and (row.node.lower(), row.id) != state.catalog.hidden
    )
    return tuple(
        instance
        for instance in found
        if (instance.healthy or not healthy_only) and (tag is None or tag in instance.tags)
    )


def summaries(state: State) -> dict[str, ServiceSummary]:
    """Return every service with the number of its instances and of its healthy ones. O(services)."""
    return {name: ServiceSummary(name, total, active) for name, total, active in state.catalog.tallies}


def totals(state: State) -> Totals:
    """Return the counts over all services. O(1)."""
    tallies = state.catalog.tallies
    return Totals(len(tallies), tallies.instances, tallies.active)


def _with_nodes(state: State, services: Iterable[Service]) -> tuple[tuple[Node, Service], ...]:
    return tuple((state.catalog.node_of(service), service) for service in sorted(services, key=_place))


def _with_checks(state: State, services: Iterable[Service]) -> tuple[Entry, ...]:
    catalog = state.catalog
    of_nodes: dict[str, tuple[Check, ...]] = {}  # most services share theirs with others
    entries = []
    for service in sorted(services, key=_place):
        checks = of_nodes.get(service.node)
        if checks is None:
            checks = of_nodes[service.node] = _sorted_checks(catalog.checks_of_service(service.node, ""))
        own = _sorted_checks(catalog.checks_of_service(service.node, service.id))
        entries.append(Entry(catalog.node_of(service), service, checks + own))
    return tuple(entries)


def _sorted_checks(checks: Iterable[Check]) -> tuple[Check, ...]:
    found = tuple(checks)
    if len(found) < 2:  # noqa: PLR2004 - nothing to put in order, as with most
        return found
    return tuple(sorted(found, key=lambda check: (check.node.lower(), *_folded(check.record.id))))


def _place(service: Service) -> tuple[str, str, str]:
    return (service.node.lower(), *_folded(service.id))


def _folded(text: str) -> tuple[str, str]:
    return text.lower(), text
