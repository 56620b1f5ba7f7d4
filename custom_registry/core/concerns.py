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

_Concerned = frozenset[topics.Topic]
_MOST = 4096  # sets of each kind that are remembered

ANY: Final[_Concerned] = frozenset({topics.Everything()})
"""All that reads the whole catalog."""
_NODES: Final[_Concerned] = frozenset(
    {topics.CatalogNodes(), topics.CatalogNodes(with_services=True), topics.CatalogServices(with_nodes=True)}
)
_SERVICES: Final[_Concerned] = frozenset({topics.CatalogServices(), topics.CatalogServices(with_nodes=True)})
_CHECKS: Final[_Concerned] = frozenset({topics.HealthState()})


def _remembered(function: Callable[..., _Concerned]) -> Callable[..., _Concerned]:
    return functools.lru_cache(maxsize=_MOST)(function)


@_remembered
def of_node(name: str) -> _Concerned:
    """Return what reads a node with its services."""
    return frozenset({topics.CatalogNode(name), topics.CatalogNode(name, alone=True)})


@_remembered
def of_node_row(name: str) -> _Concerned:
    """Return what a change of a node's own row concerns."""
    return _NODES | of_node(name)


@_remembered
def of_rows(service: str, connect_for: str) -> _Concerned:
    """Return what reads a service without its checks, or those that stand for another in the mesh."""
    read: set[topics.Topic] = {topics.CatalogService(service)}
    if connect_for:
        read.add(topics.CatalogConnect(connect_for))
    return frozenset(read)


@_remembered
def of_service_row(service: str, connect_for: str, node: str) -> _Concerned:
    """Return what a change of one instance's row concerns."""
    read = _SERVICES | of_node(node) | of_rows(service, connect_for)
    return read | {topics.HealthConnect(connect_for)} if connect_for else read


@_remembered
def of_service(service: str, connect_for: str) -> _Concerned:
    """Return what reads a service with its checks."""
    read: set[topics.Topic] = {topics.HealthService(service)}
    if connect_for:
        read.add(topics.HealthConnect(connect_for))
    return frozenset(read)


@_remembered
def of_check(service: str, status: str) -> _Concerned:
    """Return what reads a check by its service's name and by its status."""
    return frozenset({topics.HealthChecks(service), topics.HealthState(status)})


@_remembered
def of_checks(node: str) -> _Concerned:
    """Return what reads all checks, and those of a node."""
    return _CHECKS | {topics.HealthNode(node)}


@_remembered
def of_instances(service: str) -> _Concerned:
    """Return what reads a service natively."""
    return frozenset({topics.Instances(service)})
