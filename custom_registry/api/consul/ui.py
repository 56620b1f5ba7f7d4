"""``/v1/internal/ui/services``: the view; all services in brief, from the registry's own state.

Source: transcript ``agent_info`` (1.8.7 and 1.21.4); how several instances add up: a running 1.8.7.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from custom_registry.api.consul import render
from custom_registry.api.consul.options import read_options
from custom_registry.api.consul.reading import Reading, read, read_filter
from custom_registry.api.consul.service_rules import CONNECT_PROXY
from custom_registry.core import queries, topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custom_registry.api.consul.answers import Answer
    from custom_registry.api.consul.call import Call, Views
    from custom_registry.core.model import Entry
    from custom_registry.core.state import State

_EXTERNAL_SOURCE = "external-source"


def services(call: Call) -> Answer:
    """Answer every service with its nodes, tags and numbers of checks."""
    options = read_options(call)
    call.refuse_enterprise()
    dialect, datacenter = call.dialect, call.identity.datacenter
    lacking = dialect.lacking("ServiceSummary")
    keep = read_filter(call, options, dialect.filters.health_entry)

    def kept(entry: Entry) -> bool:
        return not options.filter or bool(keep([render.entry(entry, dialect, datacenter)]))

    def show(every: dict[str, tuple[Entry, ...]]) -> list[dict[str, Any]]:
        found = {name: tuple(filter(kept, entries)) for name, entries in every.items()}
        shown = [_summary(name, found[name], datacenter, found) for name in sorted(found) if found[name]]
        return [{key: value for key, value in one.items() if key not in lacking} for one in shown]

    reading = Reading(topic=topics.Everything(), query=_entries, show=show, tells_consistency=False)
    return read(call, options, reading)


VIEWS: Views = {"/v1/internal/ui/services": services}


def _entries(state: State) -> dict[str, tuple[Entry, ...]]:
    names = {service.name for _, service in queries.catalog_services(state)}
    return {
        name: tuple(one for one in queries.health_service(state, name) if one.service.name == name) for name in names
    }


def _summary(
    name: str, entries: tuple[Entry, ...], datacenter: str, found: dict[str, tuple[Entry, ...]]
) -> dict[str, Any]:
    definitions = [entry.service.definition for entry in entries]
    statuses = Counter(check.record.status for entry in entries for check in entry.checks)
    kind = definitions[-1].kind
    shown: dict[str, Any] = {"Kind": kind} if kind else {}
    shown["Name"] = name
    shown["Datacenter"] = datacenter
    shown["Tags"] = sorted({tag for one in definitions for tag in one.tags or ()}) or None
    shown["Nodes"] = sorted(entry.node.name for entry in entries)
    shown["ExternalSources"] = _unique((one.meta or {}).get(_EXTERNAL_SOURCE, "") for one in definitions) or None
    shown["InstanceCount"] = len(entries)
    proxied = _unique(one.connect_for for one in definitions if one.kind == CONNECT_PROXY)
    if proxied:
        shown["ProxyFor"] = proxied
    shown["ChecksPassing"] = statuses["passing"]
    shown["ChecksWarning"] = statuses["warning"]
    shown["ChecksCritical"] = statuses["critical"]
    shown["GatewayConfig"] = {}
    shown["TransparentProxy"] = any((one.proxy or {}).get("Mode") == "transparent" for one in definitions)
    shown["ConnectNative"] = any(one.connect for one in definitions)
    shown["ConnectedWithProxy"] = _has_proxy(name, found)
    shown["ConnectedWithGateway"] = False
    return shown


def _has_proxy(name: str, found: dict[str, tuple[Entry, ...]]) -> bool:
    return any(
        entry.service.definition.kind == CONNECT_PROXY and entry.service.definition.connect_for == name
        for entries in found.values()
        for entry in entries
    )


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
