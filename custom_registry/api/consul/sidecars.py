"""The sidecar that a service brings along: a proxy registered with it and removed with it; it registers nothing.

What the definition leaves open is filled in as Consul's agent does (a running 1.8.7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from custom_registry.api.consul import service_rules as rules
from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.check_definitions import STATUSES, problem_of_check
from custom_registry.api.consul.durations import SECOND
from custom_registry.api.consul.service_definitions import Registration, checks_of, with_types
from custom_registry.api.consul.shapes import CHECK_TYPE, PROXY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from custom_registry.api.consul.dialects import Dialect
    from custom_registry.core.model import AgentService

PORTS: Final = range(21000, 21256)
_LOOPBACK = "127.0.0.1"
_CHECK_INTERVAL = 10 * SECOND
_MARK = "LocallyRegisteredAsSidecar"  # kept beside the proxy's configuration, and never shown


def sidecar_id(service_id: str) -> str:
    """Return the id of a service's sidecar."""
    return f"{service_id}-sidecar-proxy"


def is_sidecar(service: AgentService) -> bool:
    """Return whether a service came as the sidecar of another."""
    return bool((service.definition.proxy or {}).get(_MARK))


def read_sidecar(
    registration: Registration, others: Callable[[], Iterable[AgentService]], dialect: Dialect
) -> Registration | None:
    """Return the registration of the sidecar that a service brings along, if it does.

    Args:
        registration: of the service.
        others: returns the agent's services, whose ports are taken; not asked where there is no sidecar.
        dialect: whose rules.

    Raises:
        Refused: what is wrong with it.
    """
    service = registration.service
    given = (service["Connect"] or {}).get("SidecarService")
    if not given:
        return None
    _check_checks(given, dialect)
    try:
        rules.check_meta(given["Kind"], given["Meta"] or {})
    except rules.RuleBroken as broken:
        raise _refused(f"Invalid SidecarService: {broken}", dialect) from None
    port = given["Port"] if given["Port"] > 0 else _free_port(sidecar_id(service["ID"]), others())
    if port is None:
        left = f"none left in the configured range [{PORTS[0]}, {PORTS[-1]}]"
        raise _refused(f"Invalid SidecarService: no port provided for sidecar_service and {left}", dialect)
    sidecar = {
        **given,
        "ID": sidecar_id(service["ID"]),
        "Kind": given["Kind"] or rules.CONNECT_PROXY,
        "Name": given["Name"] or f"{service['Name']}-sidecar-proxy",
        "Address": given["Address"] or service["Address"],
        "Port": port,
        "Meta": given["Meta"] or service["Meta"],
        "Tags": given["Tags"] or service["Tags"],
        "Proxy": with_types(_proxy(service, given["Proxy"] or PROXY.empty())),
    }
    if dialect.wordings.invalid_sidecar is not None:
        try:
            rules.check_kind(sidecar, dialect)
        except rules.RuleBroken as broken:
            raise _refused(f"{dialect.wordings.invalid_sidecar}{broken}", dialect) from None
    return Registration(sidecar, checks_of(given) or _default_checks(sidecar, service["ID"], dialect))


def _refused(text: str, dialect: Dialect) -> Refused:
    return Refused(dialect.wordings.sidecar_refused, dialect.wordings.bad_request + text)


def _check_checks(given: Mapping[str, Any], dialect: Dialect) -> None:
    checks = checks_of(given)
    for check in checks:
        problem = problem_of_check(check, dialect)
        if problem:
            raise _refused(f"Invalid check in sidecar_service: {problem}", dialect)
    if any(check["Status"] and check["Status"] not in STATUSES for check in checks):
        raise _refused("Status for checks must 'passing', 'warning', 'critical'", dialect)


def _proxy(service: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    proxy = {
        **given,
        "DestinationServiceName": given["DestinationServiceName"] or service["Name"],
        "DestinationServiceID": given["DestinationServiceID"] or service["ID"],
        _MARK: True,
    }
    if given["LocalServiceSocketPath"]:
        return proxy
    if service["SocketPath"] and not (given["LocalServiceAddress"] and given["LocalServicePort"] > 0):
        return proxy | {"LocalServiceSocketPath": service["SocketPath"]}
    port = given["LocalServicePort"] if given["LocalServicePort"] > 0 else service["Port"]
    return proxy | {"LocalServiceAddress": given["LocalServiceAddress"] or _LOOPBACK, "LocalServicePort": port}


def _free_port(id_: str, others: Iterable[AgentService]) -> int | None:
    taken = {}
    for other in others:
        if other.definition.port in PORTS:
            if other.definition.id == id_:
                return other.definition.port
            taken[other.definition.port] = other
    return next((port for port in PORTS if port not in taken), None)


def _default_checks(sidecar: Mapping[str, Any], service_id: str, dialect: Dialect) -> list[dict[str, Any]]:
    local = sidecar["Proxy"]["LocalServiceAddress"]
    host = (sidecar["Address"] or local) if dialect.younger_mesh else local
    address = f"[{host}]:{sidecar['Port']}" if ":" in host else f"{host}:{sidecar['Port']}"
    return [
        CHECK_TYPE.empty() | {"Name": "Connect Sidecar Listening", "TCP": address, "Interval": _CHECK_INTERVAL},
        CHECK_TYPE.empty() | {"Name": f"Connect Sidecar Aliasing {service_id}", "AliasService": service_id},
    ]
