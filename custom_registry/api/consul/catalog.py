"""``/v1/catalog``: the views; what they read and write, and how Consul refuses it.

Source: transcripts ``catalog_reads``, ``catalog_writes``, ``blocking`` and ``filters`` (1.8.7 and 1.21.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from custom_registry.api.consul import render
from custom_registry.api.consul.answers import NULL, Answer, Refused
from custom_registry.api.consul.catalog_definitions import read_deregistration, read_registration
from custom_registry.api.consul.narrowing import has_meta, has_tags, require
from custom_registry.api.consul.options import node_meta, read_options
from custom_registry.api.consul.reading import Reading, read, read_filter
from custom_registry.api.consul.shapes import CATALOG_DEREGISTRATION, CATALOG_REGISTRATION
from custom_registry.core import queries, topics
from custom_registry.core.commands import NodeNameTaken, UnknownService

if TYPE_CHECKING:
    from collections.abc import Callable

    from custom_registry.api.consul.call import Call, Views
    from custom_registry.core.model import Node, Service
    from custom_registry.core.state import State
    from custom_registry.core.topics import Topic


def register(call: Call) -> Answer:
    """Write a node, a service and checks into the catalog."""
    call.refuse_enterprise()
    decoded = call.decode(CATALOG_REGISTRATION)
    command = read_registration(decoded, call.dialect, call.identity.datacenter)
    try:
        call.registry.apply(command)
    except UnknownService as unknown:
        missing = next(check for check in command.checks if check.service_id == unknown.id)
        text = call.dialect.wordings.unknown_service_of_record
        words = {"service": unknown.id, "check": missing.id, "node": command.node.name}
        raise Refused(500, text.format(**words)) from None
    except NodeNameTaken as taken:
        raise Refused(500, render.node_name_taken(command.node, taken.node, renames=taken.renames)) from None
    return Answer(value=True)


def deregister(call: Call) -> Answer:
    """Take a node, a service or a check out of the catalog; what is not there is no error."""
    call.refuse_enterprise()
    call.registry.apply(read_deregistration(call.decode(CATALOG_DEREGISTRATION), call.identity.datacenter))
    return Answer(value=True)


def datacenters(call: Call) -> Answer:
    """Answer the one datacenter there is."""
    headers = call.facade.cached.look_up(call) if "cached" in call.arguments else {}
    return Answer([call.identity.datacenter], headers=headers)


def nodes(call: Call) -> Answer:
    """Answer all nodes."""
    options = read_options(call)
    dialect, datacenter, meta = call.dialect, call.identity.datacenter, node_meta(call)
    keep = read_filter(call, options, dialect.filters.node)

    def show(found: tuple[Node, ...]) -> list[dict[str, Any]]:
        chosen = (node for node in found if has_meta(node.definition.meta, meta))
        return keep(render.node(node, datacenter) for node in chosen)

    topic = topics.CatalogNodes(with_services=dialect.nodes_count_services, meta=next(iter(meta.items()), None))
    return read(call, options, Reading(topic=topic, query=queries.catalog_nodes, show=show))


def services(call: Call) -> Answer:
    """Answer the names of all services with the tags that their instances have."""
    call.refuse_enterprise()
    options = read_options(call)
    dialect, datacenter, meta = call.dialect, call.identity.datacenter, node_meta(call)
    if not dialect.services_filter:
        options = replace(options, filter="")
    keep = read_filter(call, options, dialect.filters.catalog_entry)

    def show(found: tuple[tuple[Node, Service], ...]) -> dict[str, list[str]]:
        chosen = [(node, service) for node, service in found if has_meta(node.definition.meta, meta)]
        if options.filter:
            shown = keep(render.service_node(node, service, dialect, datacenter) for node, service in chosen)
            return render.tags_by_service((one["ServiceName"], one["ServiceTags"]) for one in shown)
        return render.tags_by_service((service.name, service.definition.tags or ()) for _, service in chosen)

    topic = topics.CatalogServices(next(iter(meta.items()), None))
    return read(call, options, Reading(topic=topic, query=queries.catalog_services, show=show, cacheable=True))


def service(call: Call) -> Answer:
    """Answer the instances of a service with their nodes."""
    name = call.rest
    return _instances(call, topics.CatalogService(name), lambda state: queries.catalog_service(state, name))


def connect(call: Call) -> Answer:
    """Answer those through which the mesh reaches a service."""
    name = call.rest
    return _instances(call, topics.CatalogConnect(name), lambda state: queries.catalog_connect(state, name))


def node(call: Call) -> Answer:
    """Answer a node with its services by their ids."""

    def show(found: Node, shown: list[dict[str, Any]]) -> object:
        return {
            "Node": render.node(found, call.identity.datacenter),
            "Services": {one["ID"]: one for one in shown},
        }

    return _node(call, show, NULL)


def node_services(call: Call) -> Answer:
    """Answer a node with a list of its services."""

    def show(found: Node, shown: list[dict[str, Any]]) -> object:
        services = shown if shown or call.arguments.first("filter") else None  # what a filter leaves is a list
        return {"Node": render.node(found, call.identity.datacenter), "Services": services}

    return _node(call, show, {"Node": None, "Services": None})


def gateway_services(call: Call) -> Answer:
    """Answer the services of a gateway, of which none are configured."""
    call.refuse_enterprise()
    options = read_options(call)
    require(call.rest, "Missing gateway name")
    nothing: object = [] if call.dialect.nothing_is_list else NULL
    reading = Reading(topic=topics.Nothing(), query=lambda _state: None, show=lambda _found: nothing)
    return read(call, options, reading)


VIEWS: Views = {
    "/v1/catalog/connect/": connect,
    "/v1/catalog/datacenters": datacenters,
    "/v1/catalog/deregister": deregister,
    "/v1/catalog/gateway-services/": gateway_services,
    "/v1/catalog/node-services/": node_services,
    "/v1/catalog/node/": node,
    "/v1/catalog/nodes": nodes,
    "/v1/catalog/register": register,
    "/v1/catalog/service/": service,
    "/v1/catalog/services": services,
}


def _instances(call: Call, topic: Topic, query: Callable[[State], tuple[tuple[Node, Service], ...]]) -> Answer:
    call.refuse_enterprise()
    options = read_options(call)
    dialect, datacenter = call.dialect, call.identity.datacenter
    require(call.rest, "Missing service name")
    keep = read_filter(call, options, dialect.filters.catalog_entry)
    tags, meta = call.arguments.all("tag"), node_meta(call)
    if dialect.peers and call.arguments.first("peer"):
        topic, query = topics.Nothing(), lambda _state: ()

    def show(found: tuple[tuple[Node, Service], ...]) -> list[dict[str, Any]]:
        return keep(
            render.service_node(node, service, dialect, datacenter)
            for node, service in found
            if has_tags(service.definition, tags) and has_meta(node.definition.meta, meta)
        )

    return read(call, options, Reading(topic=topic, query=query, show=show, cacheable=True))


def _node(call: Call, show: Callable[[Node, list[dict[str, Any]]], object], nothing: object) -> Answer:
    call.refuse_enterprise()
    options = read_options(call)
    name, dialect = call.rest, call.dialect
    require(name, "Missing node name")
    keep = read_filter(call, options, dialect.filters.service)

    def shown(found: tuple[Node, tuple[Service, ...]] | None) -> object:
        if found is None:
            return nothing
        return show(found[0], keep(render.service(service, dialect) for service in found[1]))

    topic = topics.CatalogNode(name, alone=dialect.nodes_count_services)
    reading = Reading(topic=topic, query=lambda state: queries.catalog_node(state, name), show=shown)
    return read(call, options, reading)
