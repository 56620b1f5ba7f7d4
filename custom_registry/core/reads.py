"""The modify index of each kind of read of the catalog, as Consul gives it; it reads no row but to know whether it is.

See ``topics`` for where each was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_registry.core import topics

if TYPE_CHECKING:
    from collections.abc import Collection

    from custom_registry.core.catalog import Catalog
    from custom_registry.core.model import Service


def catalog_index(catalog: Catalog, topic: topics.CatalogTopic) -> int:  # noqa: C901, PLR0911, PLR0912 - a table
    """Return the index of a topic; it is at least 1, and goes back only where Consul's does: see ``Indexes``."""
    indexes = catalog.indexes
    match topic:
        case topics.Instances(service):
            return catalog.tallies.index(service)
        case topics.HealthService(service):
            found = bool(catalog.instances(service))
            return indexes.service_index(service, found=found, checks=True)
        case topics.CatalogService(service):
            found = bool(catalog.instances(service))
            return indexes.service_index(service, found=found, checks=False)
        case topics.HealthConnect(service):
            return _of_connect(catalog, service, catalog.connect_instances(service))
        case topics.CatalogConnect(service):
            found = bool(catalog.connect_instances(service))
            return indexes.service_index(service, found=found, checks=False)
        case topics.HealthChecks(service, by_node_meta=True):
            return indexes.service_index(service, found=True, checks=True)
        case topics.HealthNode() | topics.HealthChecks() | topics.HealthState():
            return indexes.checks
        case topics.CatalogServices(meta):
            return max(indexes.services, indexes.nodes) if meta else indexes.services
        case topics.CatalogNodes(with_services):
            return indexes.nodes_with_services if with_services else indexes.nodes
        case topics.CatalogNode(node, alone):
            if alone:
                return indexes.node_index(node)
            return max(indexes.nodes, indexes.services) if catalog.node(node) else 1
        case topics.Everything():
            return indexes.tables
        case topics.Nothing():
            return 1


def _of_connect(catalog: Catalog, service: str, found: Collection[Service]) -> int:
    """Return the highest index of the services, by name, that the mesh has in a service's place."""
    indexes = catalog.indexes
    names = {instance.name.lower() for instance in found}
    if not names:
        return indexes.service_index(service, found=False, checks=True)
    return max(indexes.service_index(name, found=True, checks=True) for name in names)
