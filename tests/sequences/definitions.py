"""Random definitions of services, checks and nodes, as Consul's API takes them; few names, so that they often meet.

Left out is what no two agents answer alike: types that Go's JSON decoder refuses in words of its own, checks that are
run (their intervals here are so long that they never are), and TTLs that might lapse at any moment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

Object: TypeAlias = dict[str, Any]

NODES = ("east", "west")
"""Nodes that only the catalog knows."""
NODE_IDS = ("11111111-2222-3333-4444-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")
SERVICES = ("web", "db")
SERVICE_IDS = ("web", "a")
CHECK_IDS = ("c", "service:web")
STATUSES = ("passing", "warning", "critical")
TAGS = ("x", "y", "X")
METADATA = {"zone": ("1", "2"), "k": ("", "v")}

_NEVER = "1000h"
_ADDRESSES = ("10.0.0.1", "10.0.0.2", "host.example", "::1")
_NEAR = "http://127.0.0.1:9/"


def seldom(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any], one_in: int = 12) -> st.SearchStrategy[Any]:
    """Return mostly the one, now and then the other."""
    return st.integers(0, one_in - 1).flatmap(lambda number: odd if number == one_in - 1 else usual)


def names(known: tuple[str, ...], *odd: str) -> st.SearchStrategy[str]:
    """Return mostly one of the known names, now and then an odd one."""
    return seldom(st.sampled_from(known), st.sampled_from(odd)) if odd else st.sampled_from(known)


def _one_wrong(usual: st.SearchStrategy[Object], odd: dict[str, tuple[Any, ...]]) -> st.SearchStrategy[Object]:
    """Return mostly usual objects, now and then with one field of an odd value."""
    fields = [(key, value) for key, values in odd.items() for value in values]
    return seldom(usual, st.builds(lambda value, field: value | dict([field]), usual, st.sampled_from(fields)))


def _objects(
    required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[Object]:
    return st.fixed_dictionaries(required, optional=optional)


def _some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


statuses = _some(*STATUSES)
_tags = st.lists(_some(*TAGS), max_size=3)
_metadata = _objects({}, {key: _some(*values) for key, values in METADATA.items()})
_ports = _some(0, 80, 8080, 65535)
_addresses = _some(*_ADDRESSES, "")
_tagged = {"Address": _some(*_ADDRESSES), "Port": _ports}
_notes = {"Name": _some("n", "other"), "Notes": _some("", "why")}
_ends = {"Status": statuses, "DeregisterCriticalServiceAfter": _some("90m", "2h")}
_odd_ends = {
    "Status": ("", "bogus"),
    "DeregisterCriticalServiceAfter": ("1s", "zzz", ""),
    "TTL": ("abc", "-5s", "0s", ""),
    "Interval": ("10s", "0s"),
    "HTTP": (_NEAR,),
    "Args": (["true"],),
    "Bogus": (1,),
}
_details: dict[str, st.SearchStrategy[Any]] = {
    "Timeout": _some("5s", "100ms"),
    "Method": _some("GET", "POST"),
    "Header": _some({}, {"H": ["1", "2"]}),
    "TLSSkipVerify": st.booleans(),
    "SuccessBeforePassing": _some(0, 1, 3),
    "FailuresBeforeCritical": _some(0, 1, 3),
}


def _checks(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Object]:
    """Return checks, mostly of a TTL, since only those can be renewed."""
    optional = {**{key: value for key, value in _notes.items() if key not in required}, **_ends, **optional}
    ttl = _objects({"TTL": _some("10m", "600s", "1h30m"), **required}, optional)
    probes = [
        _objects({kind: st.just(where), "Interval": st.just(_NEVER), **required}, optional | details)
        for kind, where in (("HTTP", _NEAR), ("TCP", "127.0.0.1:9"))
        for details in ({}, _details)
    ]
    return _one_wrong(st.one_of(ttl, ttl, ttl, ttl, *probes), _odd_ends)


_service_checks = _checks({}, {"CheckID": _some(*CHECK_IDS)})
agent_checks = _one_wrong(
    _checks({"Name": _some("n", "other")}, {"ID": _some(*CHECK_IDS), "ServiceID": _some(*SERVICE_IDS)}),
    {"ServiceID": ("nosuch",), "Name": ("",), "ID": ("",), "CheckID": ("c",)},
)
"""As an agent takes them by themselves."""

_service_fields: dict[str, st.SearchStrategy[Any]] = {
    "Tags": _tags,
    "Port": _ports,
    "Address": _addresses,
    "Meta": _metadata,
    "Weights": _objects({}, {"Passing": _some(1, 10), "Warning": _some(1, 2)}),
    "TaggedAddresses": _objects({}, {place: _objects({}, _tagged) for place in ("lan", "wan", "extra")}),
    "EnableTagOverride": st.booleans(),
}
_odd_service_fields: dict[str, tuple[Any, ...]] = {
    "Tags": (None,),
    "Port": (-1, 70000),
    "Address": ("0.0.0.0", "not an address"),
    "Meta": ({"a b": "1"}, {"": "1"}, {"consul-x": "1"}, None),
    "Weights": ({"Passing": 0}, {"Passing": -1, "Warning": 1}, {"Passing": 1, "Warning": 70000}, None),
    "TaggedAddresses": (None, {}),
    "ID": ("", "sp ace"),
}
agent_services = _one_wrong(
    _objects(
        {"Name": _some(*SERVICES)},
        {
            "ID": _some(*SERVICE_IDS),
            "Check": _service_checks,
            "Checks": st.lists(_service_checks, max_size=2),
            **_service_fields,
        },
    ),
    {**_odd_service_fields, "Name": ("", " ", "dot.ted"), "Check": ({}, None), "Checks": ([{}], None)},
)
"""As an agent takes them."""


def _with_own_id(service: Object) -> Object:
    """Have a name in capitals be no id: Consul's catalog mixes up ids in another case, ours never (``core.tables``)."""
    return {"ID": "a"} | service if service["Service"] == "WEB" else service


_catalog_services = _one_wrong(
    _objects({"Service": _some(*SERVICES)}, {"ID": _some(*SERVICE_IDS), **_service_fields}),
    {**_odd_service_fields, "Service": ("WEB", "")},
).map(_with_own_id)
_catalog_checks = _one_wrong(
    _objects(
        {"CheckID": _some(*CHECK_IDS), "Status": statuses},
        {
            **_notes,
            "Output": _some("", "said"),
            "Definition": _some({}, {"HTTP": _NEAR, "Interval": "10s", "Timeout": "1s"}, {"TCP": "127.0.0.1:9"}),
        },
    ),
    {"CheckID": ("",), "Status": ("", "bogus"), "ServiceID": (*SERVICE_IDS, "nosuch"), "Node": NODES},
)
catalog_registrations = _one_wrong(
    _objects(
        {"Node": _some(*NODES), "Address": _some(*_ADDRESSES)},
        {
            "NodeMeta": _objects({}, {"zone": _some("1", "2")}),
            "TaggedAddresses": _objects({}, {"lan": _some(*_ADDRESSES), "wan": _some(*_ADDRESSES)}),
            "Service": _catalog_services,
            "Check": _catalog_checks,
            "Checks": st.lists(_catalog_checks, max_size=2),
        },
    ),
    {
        "Node": ("EAST", "", "x y"),
        "Address": ("",),
        "ID": (*NODE_IDS, "", "no-uuid"),
        "SkipNodeUpdate": (True, False),
        "Datacenter": ("dc1", "nosuch"),
    },
)
"""Of nodes, each with a service, checks, or none."""


def spelled(objects: st.SearchStrategy[Object]) -> st.SearchStrategy[Object]:
    """Return the same objects, now and then with their own keys in lower or in snake case."""
    return seldom(st.just(str), _some(str.lower, _snake), 8).flatmap(
        lambda spelling: objects.map(lambda value: _respelled(value, spelling))
    )


def _respelled(value: Object, spelling: Callable[[str], str]) -> Object:
    return {spelling(key): part for key, part in value.items()}


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
