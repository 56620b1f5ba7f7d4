"""What the native API sees of a service instance, whoever registered it and where; it knows no wire."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from msgspec import Struct

from custom_registry.core.model import ADDRESS_KEY
from discovery.address import Endpoint, resolve_endpoint
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_registry.core.agent import Agent
    from custom_registry.core.catalog import Catalog
    from custom_registry.core.model import AgentCheck, Service, ServiceDefinition


class Instance(Struct, frozen=True):
    """An instance natively.

    Args:
        id: unique on its node.
        service: the name under which it is found.
        node: the name of its node.
        address: as it was registered natively; otherwise the host.
        host: the service's address, or else its node's.
        port: None for none.
        tags: in the order in which they came.
        metadata: text by text, without the address.
        weight: the share of calls it wants while it passes.
        health: the worst of its own and its node's checks.
        registered_at: when this id was first registered for this service and address.
        ttl: seconds; None where the instance waits for no heartbeat.
        heard_at: when it registered or last reported; None likewise.
        note: what came with the last heartbeat; empty likewise.
    """

    id: str
    service: str
    node: str
    address: str
    host: str
    port: int | None
    tags: tuple[str, ...]
    metadata: Mapping[str, str]
    weight: int
    health: Health
    registered_at: float
    ttl: float | None
    heard_at: float | None
    note: str

    @property
    def healthy(self) -> bool:
        """Whether every check is passing."""
        return self.health is Health.PASSING


def to_instance(catalog: Catalog, agent: Agent, row: Service) -> Instance:
    """Return a row of the catalog as the native API sees it."""
    definition = row.definition
    node = catalog.node_of(row)
    host = definition.address or node.definition.address
    kept = _kept_address(definition, host)
    metadata = {key: text for key, text in (definition.meta or {}).items() if kept is None or key != ADDRESS_KEY}
    check = ttl_check(agent, row)
    return Instance(
        id=row.id,
        service=row.name,
        node=row.node,
        address=host if kept is None else kept,
        host=host,
        port=definition.port or None,
        tags=definition.tags or (),
        metadata=metadata,
        weight=definition.weights.passing if definition.weights else 1,
        health=catalog.health(row.node, row.id) or Health.PASSING,
        registered_at=row.registered_at,
        ttl=check.definition.ttl if check else None,
        heard_at=check.renewed_at if check else None,
        note=check.said if check else "",
    )


def native_address(definition: ServiceDefinition, node_address: str) -> str:
    """Return the address as it was registered natively, otherwise the host."""
    host = definition.address or node_address
    kept = _kept_address(definition, host)
    return host if kept is None else kept


def ttl_check(agent: Agent, row: Service) -> AgentCheck | None:
    """Return the TTL check of an instance that stands for all: the one named after it, or else the first by its id."""
    if row.node.lower() != agent.node.name.lower():
        return None
    found = [
        check for check_id in agent.check_ids_of(row.id) if (check := agent.checks[check_id]).definition.ttl is not None
    ]
    return min(found, key=lambda check: (check.id != native_check_id(row.id), check.id), default=None)


def native_check_id(instance_id: str) -> str:
    """Return the id of the check of a native registration: what Consul calls the only check of a service."""
    return f"service:{instance_id}"


def _kept_address(definition: ServiceDefinition, host: str) -> str | None:
    """Return what the metadata says of the address while it agrees with host and port: Consul's API can change each."""
    kept = (definition.meta or {}).get(ADDRESS_KEY)
    return kept if kept is not None and _agrees(kept, host, definition.port or None) else None


@functools.lru_cache(maxsize=65_536)
def _agrees(address: str, host: str, port: int | None) -> bool:
    try:
        return resolve_endpoint(address, port) == Endpoint(host, port)
    except ValueError:
        return False
