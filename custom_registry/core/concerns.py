"""Whom a change of a row concerns: its topics, in sets that are made once and shared.

Which rows a topic goes by is Consul's (see ``topics``). A change touches a dozen topics, and to make and hash these
anew each time would cost more than the change.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from custom_registry.core import topics

if TYPE_CHECKING:
    from collections.abc import Callable

Concerned = frozenset[topics.Topic]
_Meta = tuple[tuple[str, str], ...]
_MOST = 4096  # sets of each kind that are remembered

NOBODY: Final[Concerned] = frozenset()
ANY: Final[Concerned] = frozenset({topics.Everything()})
"""All that reads the whole catalog."""
AGENT_SERVICES: Final[Concerned] = frozenset({topics.AgentServices()})
AGENT_CHECKS: Final[Concerned] = frozenset({topics.AgentChecks()})
PROBES: Final[Concerned] = frozenset({topics.Probes()})
_CHECKS: Final[Concerned] = frozenset({topics.HealthState()})


def _remembered(function: Callable[..., Concerned]) -> Callable[..., Concerned]:
    return functools.lru_cache(maxsize=_MOST)(function)


@_remembered
def of_node(name: str) -> Concerned:
    """Return what reads a node with its services."""
    return frozenset({topics.CatalogNode(name), topics.CatalogNode(name, alone=True)})


@_remembered
def of_node_row(name: str, meta: _Meta) -> Concerned:
    """Return what a change of a node's own row concerns."""
    read: set[topics.Topic] = {topics.CatalogServices(pair) for pair in meta}
    for pair in (None, *meta):
        read |= {topics.CatalogNodes(meta=pair), topics.CatalogNodes(with_services=True, meta=pair)}
    return of_node(name) | read


def of_service_rows(node: str, meta: _Meta) -> Concerned:
    """Return what a change of any instance's row on a node concerns, beside ``of_rows`` and ``of_connect``.

    Args:
        node: the name of the node.
        meta: the metadata of that.
    """
    return of_node(node) | {topics.CatalogServices(pair) for pair in (None, *meta)}


@_remembered
def of_connect(connect_for: str) -> Concerned:
    """Return what reads those that stand for a service in the mesh, with their checks."""
    return frozenset({topics.HealthConnect(connect_for)})


@_remembered
def of_rows(service: str, connect_for: str) -> Concerned:
    """Return what reads a service without its checks, or those that stand for another in the mesh."""
    read: set[topics.Topic] = {topics.CatalogService(service)}
    if connect_for:
        read.add(topics.CatalogConnect(connect_for))
    return frozenset(read)


@_remembered
def of_service(service: str, connect_for: str) -> Concerned:
    """Return what reads a service with its checks."""
    read: Concerned = frozenset({topics.HealthService(service)})
    return read | of_connect(connect_for) if connect_for else read


@_remembered
def of_check(service: str, status: str) -> Concerned:
    """Return what reads a check by its service's name and by its status."""
    return of_checks_by_node_meta(service) | {topics.HealthChecks(service), topics.HealthState(status)}


@_remembered
def of_checks_by_node_meta(service: str) -> Concerned:
    """Return what reads a service's checks on nodes with some metadata."""
    return frozenset({topics.HealthChecks(service, by_node_meta=True)})


@_remembered
def of_checks(node: str) -> Concerned:
    """Return what reads all checks, and those of a node."""
    return _CHECKS | {topics.HealthNode(node)}


@_remembered
def of_instances(service: str) -> Concerned:
    """Return what reads a service natively."""
    return frozenset({topics.Instances(service)})
