"""Random requests to Consul's API: what they ask is here, what they define stands in ``definitions``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import quote

from hypothesis import strategies as st

from compare.wire.transcript import Request
from tests.sequences import definitions as some
from tests.sequences.definitions import CHECK_IDS, NODES, SERVICE_IDS, SERVICES, names, seldom

Requests: TypeAlias = st.SearchStrategy[Request]
Words: TypeAlias = st.SearchStrategy[str]
_Selectors: TypeAlias = Mapping[str, tuple[str, ...]]

WAIT = 0.8
"""Seconds that a request waits: enough more than the half second by which two times may differ, so that it shows
whether it was woken."""

_WITH_CHECKS = tuple(f"service:{service}" for service in SERVICE_IDS)
_RENEWED = (*CHECK_IDS, *_WITH_CHECKS, "service:web:1")
_MAINTENANCE = ("_node_maintenance", "_service_maintenance:a")


def _put(path: str, body: Any = None) -> Request:
    return Request(method="PUT", path=path, body=None if body is None else json.dumps(body))


def _get(path: str) -> Request:
    return Request(method="GET", path=path)


def _queried(paths: Words, *queries: Words) -> Words:
    """Return paths, each with some of these in its query."""
    chosen = st.tuples(*(st.none() | query for query in queries)).map(lambda parts: "&".join(filter(None, parts)))
    return st.builds(lambda path, query: f"{path}?{query}" if query else path, paths, chosen)


def _under(path: str, last: Words) -> Words:
    return last.map(lambda word: f"{path}/{quote(word, safe='{}')}")


def _filters(plain: _Selectors, lists: _Selectors = MappingProxyType({})) -> Words:
    """Return filter expressions over selectors, each of which has some values to compare with."""
    single = st.one_of(
        *(_matches(each, values) for each, values in plain.items()),
        *(_within(each, values) for each, values in lists.items()),
    )
    joined = st.builds("{} {} {}".format, single, st.sampled_from(("and", "or")), single)
    wrong = st.sampled_from(("", "bogus == 1", "Node ==", "(Node == x", "a b", "Port matches x", "Tags == x"))
    return seldom(st.one_of(single, joined, single.map("not {}".format)), wrong).map(
        lambda text: f"filter={quote(text)}"
    )


def _matches(selector: str, values: tuple[str, ...]) -> Words:
    return st.builds(
        "{} {} {}".format, st.just(selector), st.sampled_from(("==", "!=")), st.sampled_from(values).map(json.dumps)
    )


def _within(selector: str, values: tuple[str, ...]) -> Words:
    value = st.sampled_from(values).map(json.dumps)
    within = st.builds("{} {} {}".format, value, st.sampled_from(("in", "not in")), st.just(selector))
    return st.one_of(within, st.sampled_from(("is empty", "is not empty")).map(lambda how: f"{selector} {how}"))


_services = names(SERVICES, "WEB", "nosuch", "consul")
_service_ids = names(SERVICE_IDS, "nosuch", "A", "sp ace")
_nodes = names((*NODES, "{node}"), "EAST", "nosuch")
_states = names((*some.STATUSES, "any"), "bogus")

_tag = st.sampled_from(some.TAGS).map("tag={}".format)
_passing = seldom(st.just("passing"), st.sampled_from(("passing=1", "passing=0", "passing=true", "passing=x")))
_node_meta = st.sampled_from(("node-meta=zone:1", "node-meta=zone:2", "node-meta=k:v", "node-meta=zone"))
_consistency = seldom(st.sampled_from(("stale", "consistent")), st.just("stale&consistent"))
_dc = seldom(st.just("dc=dc1"), st.just("dc=nosuch"))
_near = st.sampled_from(("near=east", "near=nosuch"))  # not the agent: its coordinate comes at a moment of its own
_text = seldom(st.just("format=text"), st.just("format=bogus"))

_service_filter = _filters(
    {"Service": SERVICES, "ID": SERVICE_IDS, "Port": ("80", "0"), "Meta.zone": ("1", "2")}, {"Tags": some.TAGS}
)
_entry_filter = _filters(
    {"Service.Service": SERVICES, "Node.Meta.zone": ("1",), "Checks.Status": ("passing",)}, {"Service.Tags": some.TAGS}
)
_check_filter = _filters(
    {"Status": some.STATUSES, "ServiceID": SERVICE_IDS, "CheckID": CHECK_IDS, "Name": ("n",)},
    {"ServiceTags": some.TAGS},
)
_catalog_filter = _filters(
    {"ServiceName": SERVICES, "ServiceMeta.zone": ("1",), "NodeMeta.zone": ("1", "2")}, {"ServiceTags": some.TAGS}
)
_node_filter = _filters({"Node": NODES, "Meta.zone": ("1", "2"), "Address": ("10.0.0.1",)}, {"Meta": ("zone",)})

catalog_paths: Words = st.one_of(
    _queried(
        _under("/v1/health/service", _services), _passing, _tag, _tag, _node_meta, _entry_filter, _near, _consistency
    ),
    _queried(_under("/v1/health/service", _services), _passing),
    _queried(_under("/v1/health/node", _nodes), _check_filter, _dc),
    _queried(_under("/v1/health/checks", _services), _check_filter, _node_meta, _near),
    _queried(_under("/v1/health/state", _states), _check_filter, _node_meta, _near),
    _queried(_under("/v1/health/connect", _services), _passing),
    _queried(st.just("/v1/catalog/nodes"), _node_filter, _node_meta, _near, _dc),
    _queried(st.just("/v1/catalog/services"), _node_meta, _consistency),
    _queried(_under("/v1/catalog/service", _services), _tag, _tag, _node_meta, _catalog_filter, _near, _dc),
    _queried(_under("/v1/catalog/connect", _services), _node_meta),
    _queried(_under("/v1/catalog/node", _nodes), _service_filter),
    _queried(_under("/v1/catalog/node-services", _nodes), _service_filter),
)
"""What answers out of the catalog, with an index, and can be waited for."""

waited_paths: Words = st.one_of(
    _queried(_under("/v1/health/service", _services), _passing, _tag, _entry_filter, _consistency),
    _queried(_under("/v1/health/connect", _services), _passing),
    _queried(_under("/v1/health/state", st.sampled_from(("any", "passing"))), _check_filter),
    _queried(st.just("/v1/catalog/nodes"), _node_filter),
    _queried(st.just("/v1/catalog/services"), _consistency),
    _queried(_under("/v1/catalog/service", _services), _tag, _catalog_filter),
    _queried(_under("/v1/catalog/connect", _services)),
    *(_queried(st.just(f"/v1/{what}/{{node}}")) for what in ("health/node", "catalog/node", "catalog/node-services")),
)
"""What is waited for: services, and what is there in any case. What else wakes who waits for another node, a state or
metadata that nobody has depends on the shape of the tree in which Consul keeps them (seen on 1.8.7)."""

hashed_paths: Words = _under("/v1/agent/service", _service_ids)
"""What answers with a hash, and can be waited for."""

agent_paths: Words = st.one_of(
    hashed_paths,
    _queried(st.just("/v1/agent/services"), _service_filter),
    _queried(st.just("/v1/agent/checks"), _check_filter),
    _queried(_under("/v1/agent/health/service/id", _service_ids), _text),
    _queried(_under("/v1/agent/health/service/name", _services), _text),
)

reads: Requests = st.one_of(catalog_paths, catalog_paths, agent_paths).map(_get)

service_registrations: Requests = st.builds(
    _put,
    seldom(
        st.just("/v1/agent/service/register"),
        st.sampled_from(("true", "1", "false")).map("/v1/agent/service/register?replace-existing-checks={}".format),
        4,
    ),
    some.spelled(some.agent_services),
)
check_registrations: Requests = st.builds(_put, st.just("/v1/agent/check/register"), some.spelled(some.agent_checks))
service_removals: Requests = _under("/v1/agent/service/deregister", _service_ids).map(_put)
check_removals: Requests = _under("/v1/agent/check/deregister", names((*_RENEWED, *_MAINTENANCE), "nosuch")).map(_put)

_note = st.sampled_from(("note=", "note=said", "note=two%20words"))
heartbeats: Requests = _queried(
    st.builds(
        "{}/{}".format,
        st.sampled_from([f"/v1/agent/check/{kind}" for kind in ("pass", "warn", "fail")]),
        names(_RENEWED, "nosuch").map(quote),
    ),
    _note,
).map(_put)
updates: Requests = st.builds(
    _put,
    _under("/v1/agent/check/update", names(_RENEWED, "nosuch")),
    some.spelled(
        st.fixed_dictionaries(
            {},
            optional={
                "Status": seldom(some.statuses, st.sampled_from(("", "bogus"))),
                "Output": st.sampled_from(("", "said")),
            },
        )
    ),
)

_switch = seldom(st.sampled_from(("enable=true", "enable=false")), st.sampled_from(("enable=maybe", "")))
_reason = st.none() | st.sampled_from(("reason=", "reason=because"))
maintenance: Requests = st.builds(
    lambda path, switch, reason: _put("?".join(filter(None, (path, "&".join(filter(None, (switch, reason))))))),
    st.one_of(_under("/v1/agent/service/maintenance", _service_ids), st.just("/v1/agent/maintenance")),
    _switch,
    _reason,
)

node_registrations: Requests = st.builds(
    _put, st.just("/v1/catalog/register"), some.spelled(some.catalog_registrations)
)
node_removals: Requests = st.builds(
    _put,
    st.just("/v1/catalog/deregister"),
    some.spelled(
        st.fixed_dictionaries(
            {"Node": names(NODES, "EAST", "nosuch", "")},
            optional={"ServiceID": names(SERVICE_IDS, "nosuch"), "CheckID": names(CHECK_IDS, "nosuch")},
        )
    ),
)

agent_writes: Requests = st.one_of(
    service_registrations, check_registrations, service_removals, heartbeats, maintenance
)
catalog_writes: Requests = st.one_of(node_registrations, node_removals)


def waiting_for_index(path: str) -> tuple[Request, Request]:
    """Return a read that says at which index it stands, and the same once more, waiting for another index."""
    mark = "&" if "?" in path else "?"
    first = Request(method="GET", path=path, capture={"i": "header X-Consul-Index"})
    return first, _waiting(f"{path}{mark}index={{i}}&wait={WAIT * 1000:.0f}ms")


def waiting_for_hash(path: str) -> tuple[Request, Request]:
    """Return a read that says of which hash it is, and the same once more, waiting for another hash."""
    first = Request(method="GET", path=path, capture={"h": "header X-Consul-ContentHash"})
    return first, _waiting(f"{path}?hash={{h}}&wait={WAIT * 1000:.0f}ms")


def _waiting(path: str) -> Request:
    return Request.model_validate({"method": "GET", "path": path, "next_is_sent_after_seconds": 0.1})
