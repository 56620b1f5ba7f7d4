"""``/v1/health``: the views; what they read, by what it can be narrowed, and how Consul refuses it.

Source: transcripts ``health_reads``, ``blocking`` and ``filters`` (1.8.7 and 1.21.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from custom_registry.api.consul import render
from custom_registry.api.consul.answers import Answer, Items, Refused
from custom_registry.api.consul.arguments import parse_bool
from custom_registry.api.consul.narrowing import has_meta, has_tags, require
from custom_registry.api.consul.options import node_meta, read_options
from custom_registry.api.consul.reading import Reading, index_headers, read, read_filter
from custom_registry.core import queries, topics
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Callable

    from custom_registry.api.consul.call import Call, Views
    from custom_registry.api.consul.options import Options
    from custom_registry.core.model import Check, Entry
    from custom_registry.core.state import State
    from custom_registry.core.topics import Topic


def service(call: Call) -> Answer:
    """Answer the instances of a service with their nodes and checks."""
    name = call.rest
    return _entries(call, topics.HealthService(name), lambda state: queries.health_service(state, name))


def connect(call: Call) -> Answer:
    """Answer those through which the mesh reaches a service."""
    name = call.rest
    return _entries(call, topics.HealthConnect(name), lambda state: queries.health_connect(state, name))


def ingress(call: Call) -> Answer:
    """Answer the ingress gateways of a service, of which none are configured: its index is never more than 1."""
    return _entries(call, None, lambda _state: ())


def node(call: Call) -> Answer:
    """Answer the checks of a node and its services."""
    name = call.rest
    options = _checks_options(call)
    require(name, "Missing node name")
    return _checks(call, options, topics.HealthNode(name), lambda state: queries.health_node(state, name))


def checks(call: Call) -> Answer:
    """Answer the checks of a service's instances."""
    name = call.rest
    options = _checks_options(call)
    require(name, "Missing service name")
    topic = topics.HealthChecks(name, by_node_meta=bool(node_meta(call)))
    return _checks(call, options, topic, lambda state: queries.health_checks(state, name))


def state(call: Call) -> Answer:
    """Answer the checks in one state, or in any."""
    options = _checks_options(call)
    require(call.rest, "Missing check state")
    status = None if call.rest == "any" else call.rest
    return _checks(call, options, topics.HealthState(status), lambda state: queries.health_state(state, status))


VIEWS: Views = {
    "/v1/health/checks/": checks,
    "/v1/health/connect/": connect,
    "/v1/health/ingress/": ingress,
    "/v1/health/node/": node,
    "/v1/health/service/": service,
    "/v1/health/state/": state,
}


def _entries(call: Call, topic: Topic | None, query: Callable[[State], tuple[Entry, ...]]) -> Answer:
    call.refuse_enterprise()
    options = read_options(call)
    dialect, datacenter = call.dialect, call.identity.datacenter
    _refuse_sameness_group(call)
    require(call.rest, "Missing service name")
    failed = index_headers(dialect) if dialect.service_health_errors_have_index else {}
    keep = read_filter(call, options, dialect.filters.health_entry, failed)
    passing = _read_passing(call)
    tags, meta = call.arguments.all("tag"), node_meta(call)
    if topic is None or (dialect.peers and call.arguments.first("peer")):
        topic, query = topics.Nothing(), lambda _state: ()

    def show(found: tuple[Entry, ...]) -> Items:
        chosen = [
            entry
            for entry in found
            if has_tags(entry.service.definition, tags) and has_meta(entry.node.definition.meta, meta)
        ]
        if options.filter:
            chosen = [entry for entry in chosen if keep([render.entry(entry, dialect, datacenter)])]
        if passing:
            _leave_passing(chosen)
        return Items(tuple(call.facade.texts.of(entry, dialect, datacenter) for entry in chosen))

    streams = (options.cached or options.index > 0) and "near" not in call.arguments
    reading = Reading(topic=topic, query=query, show=show, streaming=streams, cacheable=True, failed=failed)
    return read(call, options, reading)


def _checks(call: Call, options: Options, topic: Topic, query: Callable[[State], tuple[Check, ...]]) -> Answer:
    dialect, meta = call.dialect, node_meta(call)
    keep = read_filter(call, options, dialect.filters.check)

    def with_nodes(state: State) -> tuple[Check, ...]:
        found = query(state)
        if not meta:
            return found
        nodes = {node.name: node.definition.meta for node in queries.catalog_nodes(state)}
        return tuple(check for check in found if has_meta(nodes.get(check.node), meta))

    def show(found: tuple[Check, ...]) -> list[dict[str, Any]]:
        return keep(render.check(one, dialect) for one in found)

    return read(call, options, Reading(topic=topic, query=with_nodes, show=show))


def _checks_options(call: Call) -> Options:
    call.refuse_enterprise()
    return read_options(call)


def _refuse_sameness_group(call: Call) -> None:
    for name in call.dialect.sameness_groups:
        if call.arguments.first(name):
            raise Refused(500, "sameness groups are not supported in consul CE")


def _read_passing(call: Call) -> bool:
    if "passing" not in call.arguments:
        return False
    text = call.arguments.first("passing")
    passing = parse_bool(text) if text else True
    if passing is None:
        raise Refused(400, "Invalid value for ?passing")
    return passing


def _leave_passing(entries: list[Entry]) -> None:
    """Leave out entries with a check that does not pass; the last one takes the place of each, as in Consul."""
    place = 0
    while place < len(entries):
        if all(check.record.status == Health.PASSING for check in entries[place].checks):
            place += 1
        else:
            entries[place] = entries[-1]
            entries.pop()
