"""Services as they come to the agent, made into the core's, with Consul's rules and words; it registers nothing."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from custom_registry.api.consul import service_rules as rules
from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.check_definitions import STATUSES, check_rules, check_runnable, definition_of_service
from custom_registry.api.consul.shapes import CHECK_TYPE, PROXY
from custom_registry.core.commands import RegisterService
from custom_registry.core.model import ServiceAddress, ServiceDefinition, Weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from custom_registry.api.consul.dialects import Dialect

_BY_FAMILY: Final = {0: (), 4: ("lan_ipv4", "wan_ipv4"), 6: ("lan_ipv6", "wan_ipv6")}
_NO_CHECK = CHECK_TYPE.empty()
_NO_PROXY = PROXY.empty()
_USUAL_WEIGHTS = Weights()
_MOST_SHARED = 1024


class Registration(Struct, frozen=True):
    """A service as it came, and found to be in order.

    Args:
        service: decoded, its id filled in.
        checks: decoded.
    """

    service: Mapping[str, Any]
    checks: Sequence[Mapping[str, Any]]

    def command(self, *, replace_existing_checks: bool) -> RegisterService:
        """Return what the registry is asked."""
        service_id, name = self.service["ID"], self.service["Name"]
        first = 1 if len(self.checks) > 1 else 0
        checks = [
            definition_of_service(check, service_id, name, number) for number, check in enumerate(self.checks, first)
        ]
        return RegisterService(definition_of(self.service), tuple(checks), replace_existing_checks)


def read_registration(decoded: Mapping[str, Any], dialect: Dialect) -> Registration:
    """Check a service that is to be registered with the agent, in the order in which Consul does.

    Raises:
        Refused: what is wrong first (transcript ``register_shapes``).
    """
    if not decoded["Name"]:
        raise Refused(400, "Missing service name")
    if rules.is_unspecified(decoded["Address"]):
        raise Refused(400, "Invalid service address")
    if not decoded["ID"] or decoded["Proxy"]:
        decoded = {**decoded, "ID": decoded["ID"] or decoded["Name"], "Proxy": with_types(decoded["Proxy"])}
    weights, meta = decoded["Weights"], decoded["Meta"]
    if weights:
        _demand("Invalid Weights: ", rules.check_weights, weights["Passing"], weights["Warning"])
    if meta:
        _demand("Invalid Service Meta: ", rules.check_meta, decoded["Kind"], meta)
    if decoded["Kind"] or decoded["Connect"]:
        _demand(dialect.wordings.invalid_service, rules.check_kind, decoded, dialect)
    registration = Registration(decoded, checks_of(decoded))
    for check in registration.checks:
        check_rules(check, dialect)
    for check in registration.checks:
        if check["Status"] and check["Status"] not in STATUSES:
            raise Refused(400, "Status for checks must 'passing', 'warning', 'critical'")
    return registration


def check_registrable(registration: Registration) -> None:
    """Check what Consul's agent looks at last, as it adds a service.

    Raises:
        Refused: what is wrong.
    """
    addresses = registration.service["TaggedAddresses"]
    if addresses:
        try:
            rules.check_tagged_addresses(addresses)
        except rules.RuleBroken as broken:
            raise Refused(500, str(broken)) from None
    for check in registration.checks:
        check_runnable(check)


def checks_of(decoded: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the checks that came with a service: ``Check``, unless nothing is in it, then ``Checks``."""
    single = [] if decoded["Check"] == _NO_CHECK else [decoded["Check"]]
    return [*single, *(decoded["Checks"] or ())]


def definition_of(service: Mapping[str, Any]) -> ServiceDefinition:
    """Return the core's definition of a service of the agent.

    Its address is told by family too, where it is an IP address (transcript ``register_shapes``, step 3).
    """
    by_family, given = _BY_FAMILY[rules.address_family(service["Address"])], service["TaggedAddresses"]
    if not given:
        return _definition(service, service["Name"], by_family, None)
    own = {"Address": service["Address"], "Port": service["Port"]}
    return definition(service, service["Name"], {**dict.fromkeys(by_family, own), **given})


def definition(
    service: Mapping[str, Any], name: str, given: Mapping[str, Mapping[str, Any]] | None
) -> ServiceDefinition:
    """Return the core's definition of a decoded service.

    Args:
        service: decoded; ``Kind``, ``Tags`` and so on, by whatever key its name came.
        name: its name.
        given: all its tagged addresses, decoded; none at all and an empty mapping are not the same to the catalog.
    """
    if not given:
        return _definition(service, name, (), None if given is None else {})
    own = ServiceAddress(service["Address"], service["Port"])
    addresses = {tag: ServiceAddress(one["Address"], one["Port"]) for tag, one in sorted(given.items())}
    own_tags = tuple(tag for tag, one in addresses.items() if one == own)
    others = {tag: one for tag, one in addresses.items() if one != own}
    return _definition(service, name, _shared_tags(own_tags), others or None)


def _definition(
    service: Mapping[str, Any],
    name: str,
    own_tags: tuple[str, ...],
    addresses: Mapping[str, ServiceAddress] | None,
) -> ServiceDefinition:
    weights = service["Weights"]
    proxy, connect = service["Proxy"], service["Connect"]
    tags, meta = service["Tags"], service["Meta"]
    return ServiceDefinition(
        id=service["ID"],
        service=sys.intern(name),
        tags=None if tags is None else _shared_tags(tuple(tags)),
        address=service["Address"],
        port=service["Port"],
        meta=None if meta is None else _shared_meta(tuple(meta.items())),
        own_tags=own_tags,
        tagged_addresses=addresses,
        weights=Weights(weights["Passing"], weights["Warning"]) if weights else _USUAL_WEIGHTS,
        enable_tag_override=service["EnableTagOverride"],
        kind=service["Kind"],
        connect_for=_connect_for(service["Kind"], name, proxy, connect),
        socket_path=service["SocketPath"],
        proxy=None if proxy in (None, _NO_PROXY) else proxy,
        connect={"Native": True} if connect and connect["Native"] else None,
        locality=service["Locality"],
    )


# The instances of a service mostly say the same of themselves: then it is kept once.


@functools.lru_cache(maxsize=_MOST_SHARED)
def _shared_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tags


@functools.lru_cache(maxsize=_MOST_SHARED)
def _shared_meta(pairs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return dict(sorted(pairs))


def with_types(proxy: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return a proxy's configuration with the type of each upstream filled in."""
    if not proxy or not proxy["Upstreams"]:
        return proxy
    typed = [{**one, "DestinationType": one["DestinationType"] or "service"} for one in proxy["Upstreams"]]
    return {**proxy, "Upstreams": typed}


def _connect_for(kind: str, name: str, proxy: Mapping[str, Any] | None, connect: Mapping[str, Any] | None) -> str:
    if kind == rules.CONNECT_PROXY:
        return str((proxy or {}).get("DestinationServiceName", ""))
    return name if connect and connect["Native"] else ""


def _demand(before: str, rule: Any, *values: Any) -> None:  # noqa: ANN401 - each rule has its own
    try:
        rule(*values)
    except rules.RuleBroken as broken:
        raise Refused(400, before + str(broken)) from None
