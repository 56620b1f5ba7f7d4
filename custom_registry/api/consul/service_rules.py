"""What Consul demands of a service beyond the types of its fields, in its words; it decodes and registers nothing.

Wordings: transcript ``register_shapes`` (1.8.7 and 1.21.4), and for proxies and gateways a running 1.8.7.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from custom_registry.api.consul.gotext import join_errors, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from custom_registry.api.consul.dialects import Dialect

MOST_META: Final = 64
LONGEST_META_KEY: Final = 128  # bytes
LONGEST_META_VALUE: Final = 512  # bytes
HIGHEST_WEIGHT: Final = 65535
HIGHEST_PORT: Final = 65535
CONNECT_PROXY: Final = "connect-proxy"

_META_KEY = re.compile(r"[a-zA-Z0-9_-]+")
_RESERVED_PREFIX = "consul-"
_MESH_GATEWAY = "mesh-gateway"
_RESERVED_FOR = {_MESH_GATEWAY: frozenset({"consul-wan-federation"})}
_PORTLESS_GATEWAYS = frozenset({"ingress-gateway", "api-gateway"})
_EXPOSED_PROTOCOLS = ("http", "http2")
_UNSPECIFIED = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 - refused, not listened at


class RuleBroken(ValueError):
    """A value breaks a rule; the message is Consul's, without what stands before it."""


def is_unspecified(address: str) -> bool:
    """Return whether an address means all addresses of a machine, which nobody can call."""
    return address in _UNSPECIFIED


def check_meta(kind: str, meta: Mapping[str, str]) -> None:
    """Check a service's metadata.

    Raises:
        RuleBroken: there is too much of it, or a key or value is wrong.
    """
    if len(meta) > MOST_META:
        raise RuleBroken(f"Node metadata cannot contain more than {MOST_META} key/value pairs")
    for key, value in meta.items():
        problem = _problem_of_pair(kind, key, value)
        if problem:
            raise RuleBroken(f"Couldn't load metadata pair ('{key}', '{value}'): {problem}")


def check_weights(passing: int, warning: int) -> None:
    """Check a service's weights.

    Raises:
        RuleBroken: one is out of its range.
    """
    if passing < 1:
        raise RuleBroken("Passing must be greater than 0")
    if warning < 0:
        raise RuleBroken("Warning must be greater or equal than 0")
    if passing > HIGHEST_WEIGHT or warning > HIGHEST_WEIGHT:
        raise RuleBroken(f"DNS Weight must be between 0 and {HIGHEST_WEIGHT}")


def check_tagged_addresses(addresses: Mapping[str, Any]) -> None:
    """Check that tagged addresses which say their family are of it.

    Raises:
        RuleBroken: one is not.
    """
    for tag, version in (("lan_ipv4", 4), ("wan_ipv4", 4), ("lan_ipv6", 6)):  # wan_ipv6 is not looked at by Consul
        if tag in addresses and address_family(addresses[tag]["Address"]) != version:
            raise RuleBroken(f"Service tagged address {quote(tag)} must be a valid ipv{version} address")


@functools.lru_cache(maxsize=4096)
def address_family(address: str) -> int:
    """Return 4 or 6 for an IP address, 0 for anything else."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return 0
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return 4
    return parsed.version


def check_kind(service: Mapping[str, Any], dialect: Dialect) -> None:
    """Check what the kind of a service demands of its port, proxy and connect.

    Args:
        service: decoded, with ``Kind``, ``Port``, ``SocketPath``, ``Proxy`` and ``Connect``.
        dialect: whose rules.

    Raises:
        RuleBroken: what is wrong, all of it.
    """
    problems = list(_problems_of_kind(service, dialect))
    if problems:
        raise RuleBroken(join_errors(problems))


@functools.lru_cache(maxsize=4096)
def _problem_of_pair(kind: str, key: str, value: str) -> str:
    if not key:
        return "Key cannot be blank"
    if not _META_KEY.fullmatch(key):
        return "Key contains invalid characters"
    if len(key.encode()) > LONGEST_META_KEY:
        return f"Key is too long (limit: {LONGEST_META_KEY} characters)"
    if key.startswith(_RESERVED_PREFIX) and key not in _RESERVED_FOR.get(kind, ()):
        return f"Key prefix '{_RESERVED_PREFIX}' is reserved for internal use"
    if len(value.encode()) > LONGEST_META_VALUE:
        return f"Value is too long (limit: {LONGEST_META_VALUE} characters)"
    return ""


def _problems_of_kind(service: Mapping[str, Any], dialect: Dialect) -> Iterator[str]:
    kind, proxy, connect = service["Kind"], service["Proxy"] or {}, service["Connect"] or {}
    portless = not service["Port"] and not service["SocketPath"]
    if kind == CONNECT_PROXY:
        if portless and dialect.younger_mesh:
            yield f"Port or SocketPath must be set for a {kind}"
        yield from _problems_of_destination(proxy, dialect)
        if portless and not dialect.younger_mesh:
            yield "Port must be set for a Connect proxy"
        if connect.get("Native"):
            yield "A Proxy cannot also be Connect Native, only typical services"
        yield from _problems_of_upstreams(proxy, dialect)
        yield from _problems_of_exposed(proxy, dialect)
    if kind in dialect.gateways:
        yield from _problems_of_gateway(service, proxy, connect)
    sidecar = connect.get("SidecarService")
    if sidecar:
        if sidecar["ID"]:
            yield "A SidecarService cannot specify an ID as this is managed by the agent"
        if (sidecar["Connect"] or {}).get("SidecarService"):
            yield "A SidecarService cannot have a nested SidecarService"
    if dialect.younger_mesh and connect.get("Native") and portless:
        yield "Port or SocketPath must be set for a Connect native service."


def _problems_of_destination(proxy: Mapping[str, Any], dialect: Dialect) -> Iterator[str]:
    destination = proxy.get("DestinationServiceName", "")
    if not destination.strip():
        yield "Proxy.DestinationServiceName must be non-empty for Connect proxy services"
    if destination == "*" and dialect.younger_mesh:
        yield "Proxy.DestinationServiceName must not be a wildcard for Connect proxy services"


def _problems_of_upstreams(proxy: Mapping[str, Any], dialect: Dialect) -> Iterator[str]:
    keys: set[str] = set()
    addresses: set[str] = set()
    for upstream in proxy.get("Upstreams") or ():
        problem = _problem_of_upstream(upstream, dialect)
        key, address = _key_of(upstream, dialect), _address_of(upstream)
        if problem:
            yield problem
        elif key in keys:
            yield f"upstreams cannot contain duplicates of {key}"
        elif address in addresses and not upstream["CentrallyConfigured"]:
            what = "local bind address and port or unix path" if dialect.younger_mesh else "local bind address and port"
            yield f"upstreams cannot contain duplicates by {what}; {quote(address)} is specified twice"
            keys.add(key)
        else:
            keys.add(key)
            addresses.add(address)


def _problem_of_upstream(upstream: Mapping[str, Any], dialect: Dialect) -> str:
    if upstream["DestinationType"] not in {"", "service", "prepared_query"}:
        return f"unknown upstream destination type: {quote(upstream['DestinationType'])}"
    if not upstream["DestinationName"]:
        return "upstream destination name cannot be empty"
    if not dialect.younger_mesh:
        return "" if upstream["LocalBindPort"] else "upstream local bind port cannot be zero"
    return "" if upstream["CentrallyConfigured"] else _younger_problem_of_upstream(upstream)


def _younger_problem_of_upstream(upstream: Mapping[str, Any]) -> str:
    port, socket = upstream["LocalBindPort"], upstream["LocalBindSocketPath"]
    if upstream["DestinationName"] == "*":
        return "upstream destination name cannot be a wildcard"
    if upstream["DestinationPeer"] and upstream["Datacenter"]:
        return "upstream cannot specify both destination peer and datacenter"
    if not port and not socket:
        return "upstream local bind port or local socket path must be defined and nonzero"
    if port and socket:
        return "only one of upstream local bind port or local socket path can be defined and nonzero"
    return ""


def _key_of(upstream: Mapping[str, Any], dialect: Dialect) -> str:
    shown = [("type", "DestinationType"), ("name", "DestinationName")]
    if dialect.younger_mesh:
        shown.append(("partition", "DestinationPartition"))
    shown.append(("namespace", "DestinationNamespace"))
    if dialect.younger_mesh:
        shown.append(("peer", "DestinationPeer"))
    shown.append(("datacenter", "Datacenter"))
    return "[" + ", ".join(f"{name}={quote(upstream[key])}" for name, key in shown) + "]"


def _address_of(upstream: Mapping[str, Any]) -> str:
    address = upstream["LocalBindAddress"]
    if not upstream["LocalBindPort"] and not address and upstream["LocalBindSocketPath"]:
        return str(upstream["LocalBindSocketPath"])
    address = address or "127.0.0.1"
    return f"[{address}]:{upstream['LocalBindPort']}" if ":" in address else f"{address}:{upstream['LocalBindPort']}"


def _problems_of_exposed(proxy: Mapping[str, Any], dialect: Dialect) -> Iterator[str]:
    paths: Counter[str] = Counter()
    ports: Counter[int] = Counter()
    for path in (proxy.get("Expose") or {}).get("Paths") or ():
        if not path["Path"]:
            yield "expose.paths: empty path exposed"
        paths[path["Path"]] += 1
        if paths[path["Path"]] > 1 and not dialect.younger_mesh:
            yield "expose.paths: duplicate paths exposed"
        ports[path["ListenerPort"]] += 1
        if ports[path["ListenerPort"]] > 1:
            yield "expose.paths: duplicate listener ports exposed"
        if not 0 < path["ListenerPort"] <= HIGHEST_PORT:
            yield f"expose.paths: invalid listener port: {path['ListenerPort']}"
        protocol = path["Protocol"].lower()
        if protocol and protocol not in _EXPOSED_PROTOCOLS:
            known = " ".join(_EXPOSED_PROTOCOLS)
            yield f"protocol '{protocol}' not supported for path: {path['Path']}, must be in: [{known}]"


def _problems_of_gateway(
    service: Mapping[str, Any], proxy: Mapping[str, Any], connect: Mapping[str, Any]
) -> Iterator[str]:
    kind = service["Kind"]
    if not service["Port"] and kind not in _PORTLESS_GATEWAYS:
        yield f"Port must be non-zero for a {kind}"
    if connect.get("SidecarService"):
        yield f"A {kind} cannot have a sidecar service defined"
    for name in (
        "DestinationServiceName",
        "DestinationServiceID",
        "LocalServiceAddress",
        "LocalServicePort",
        "LocalServiceSocketPath",
        "Upstreams",
    ):
        if proxy.get(name):
            yield f"The Proxy.{name} configuration is invalid for a {kind}"
