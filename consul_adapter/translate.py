"""Values and errors between our contract and Consul, both ways: the one place for it; it sends nothing."""

from __future__ import annotations

from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import requests
from consul import base
from urllib3.exceptions import LocationParseError, ReadTimeoutError

from discovery import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    ConfigurationError,
    Health,
    Instance,
    InvalidRegistration,
    InvalidRequest,
    PermissionDenied,
    UnknownInstance,
)
from discovery.address import Endpoint, parse_address, resolve_endpoint
from discovery.identity import derive_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from consul_adapter.settings import Settings
    from discovery import Registration, RequestRefused

ADDRESS_KEY = "address"  # the metadata key under which the address stands as it was given
DEFAULT_TTL = 30.0  # seconds, as our registry's heartbeat timeout: Consul itself knows no default

_WORST_FIRST = (Health.CRITICAL, Health.WARNING, Health.PASSING)
# How a 500 begins that means: not now. All but the first are what an agent says that has lost its servers.
_NOT_NOW = ("No cluster leader", "No known Consul servers", "rpc error", "raft is not the leader", "leadership lost")


def check_id(instance_id: str) -> str:
    """Return the id that Consul gives to the only check of a service (1.8.7 and 1.21.4: ``register_shapes``)."""
    return f"service:{instance_id}"


def require_addressable(name: str, field: str, refusal: type[RequestRefused] = InvalidRequest) -> None:
    """Refuse a name that no request could mean.

    Names stand in the path of Consul's URLs. Consul (1.8.7) cleans paths: ``a//b`` and ``a/./b`` are redirected to
    ``a/b``, which is another name. And it refuses paths with unprintable characters, with 400 and not a word.

    Raises:
        RequestRefused: of the kind given.
    """
    segments = name.removesuffix("/").split("/") if name else []
    if any(segment in {"", ".", ".."} for segment in segments):
        raise refusal(f"{field} {name!r} cannot stand in a path of Consul's API: no '//', '/./', '/../'", field=field)
    if not name.isprintable():
        raise refusal(f"{field} {name!r} cannot stand in a path of Consul's API: printable text only", field=field)


def to_definition(registration: Registration, settings: Settings) -> dict[str, Any]:
    """Return what ``PUT /v1/agent/service/register`` takes for a registration.

    Raises:
        InvalidRegistration: Consul would take it, but could not give it back or be asked about it.
    """
    endpoint = _endpoint(registration)
    if ADDRESS_KEY in registration.metadata:
        raise InvalidRegistration(f"metadata key {ADDRESS_KEY!r} is reserved for the address", field="metadata")
    kept = {ADDRESS_KEY: registration.address} if registration.address != endpoint.host else {}
    instance_id = registration.id
    if instance_id is None:  # from the host instead of a URL, and no slash, since the id stands in Consul's paths
        instance_id = derive_id(registration.service, endpoint.host, endpoint.port).replace("/", "%2F")
    elif not instance_id:  # so does Consul (1.8.7, 1.21.4: transcript register_shapes)
        instance_id = registration.service
    require_addressable(registration.service, "service", InvalidRegistration)
    require_addressable(instance_id, "id", InvalidRegistration)
    check = {
        "TTL": f"{DEFAULT_TTL if registration.ttl is None else registration.ttl:f}s",
        "Status": str(settings.status),
    }
    if settings.deregister_after is not None:
        check["DeregisterCriticalServiceAfter"] = settings.deregister_after
    return {
        "ID": instance_id,
        "Name": registration.service,
        "Address": endpoint.host,
        "Port": endpoint.port or 0,
        "Tags": list(registration.tags),
        "Meta": {**registration.metadata, **kept},
        "Weights": {"Passing": registration.weight, "Warning": 1},  # 1 is Consul's default for Warning
        "Check": check,
    }


def essence(service: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what identifies a state of a service, in whichever of Consul's answers, or in a definition, it stands."""
    return (
        service.get("Service") or service["Name"],
        service["Address"],
        service.get("Port", 0),  # 1.21.4 leaves a port of 0 out of some of its answers (transcript catalog_reads)
        service["Tags"] or [],
        service["Meta"] or {},
        service["Weights"]["Passing"],
    )


def to_instance(entry: Mapping[str, Any]) -> Instance:
    """Return the instance of an entry of ``/v1/health/service/<service>``.

    Consul does not tell how long an instance has been there, nor when it was last heard of.
    """
    service = entry["Service"]
    metadata = dict(service["Meta"] or {})
    host = service["Address"] or entry["Node"]["Address"]
    port = service.get("Port") or None
    address = host
    if _agrees(metadata.get(ADDRESS_KEY), host, port):
        address = metadata.pop(ADDRESS_KEY)
    return Instance(
        service=service["Service"],
        id=service["ID"],
        address=address,
        host=host,
        port=port,
        health=worst(check["Status"] for check in entry["Checks"]),
        tags=tuple(service["Tags"] or ()),
        metadata=MappingProxyType(metadata),
        weight=service["Weights"]["Passing"],
    )


def worst(statuses: Iterable[str]) -> Health:
    """Return the worst of the states of checks; passing without any, as Consul has it."""
    seen = set(statuses)
    return next((health for health in _WORST_FIRST if health in seen), Health.PASSING)


@contextmanager
def consul_errors(refusal: type[RequestRefused] = InvalidRequest) -> Iterator[None]:
    """Translate whatever python-consul2, requests and a strange answer raise into an error of the contract.

    Args:
        refusal: what a request that Consul refuses as malformed becomes.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        raise refusal(f"{error.object[error.start : error.end]!r} is half a character, not text") from error
    except base.ConsulException as error:
        raise _from_consul(error, refusal) from error
    except requests.RequestException as error:
        raise _from_requests(error) from error
    except LocationParseError as error:  # requests lets it through
        raise ConfigurationError(f"the URL names no valid host: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackendError(f"the answer is not one of Consul's: {error!r}") from error


def _from_consul(error: base.ConsulException, refusal: type[RequestRefused]) -> Exception:
    """Translate an answer of Consul's that is no success; the wordings are those of 1.8.7 and 1.21.4."""
    status, _, said = str(error).partition(" ")
    if not status.isdigit():
        status, said = "", str(error)
    if isinstance(error, base.ACLPermissionDenied | base.ACLDisabled):
        return PermissionDenied(f"Consul: {error}")
    if isinstance(error, base.BadRequest) or "ServiceID missing" in said:  # 1.8.7 answers 500 to the latter
        return refusal(f"Consul: {said}")
    if "does not have associated TTL" in said or said.startswith(("Unknown check", "Unknown service")):  # 500 of 1.8.7
        return UnknownInstance(f"Consul: {said}")
    if "No path to datacenter" in said:
        return InvalidRequest(f"Consul: {said}", field="dc")
    if status in {"429", "502", "503", "504"} or said.startswith(_NOT_NOW):
        return BackendUnavailable(f"Consul cannot serve now: {error}")
    return BackendError(f"Consul: {error}")


def _from_requests(error: requests.RequestException) -> Exception:
    timed_out_in_the_body = any(isinstance(cause, ReadTimeoutError) for cause in error.args)
    if isinstance(error, requests.ReadTimeout) or timed_out_in_the_body:
        return BackendTimeout(f"no answer in time: {error}")
    if isinstance(error, requests.exceptions.InvalidURL):
        return ConfigurationError(f"the URL names no valid host: {error}")
    if isinstance(error, requests.exceptions.SSLError):  # of requests', this is a ConnectionError too
        return BackendError(f"no TLS connection to Consul: {_reason(error)}")
    if isinstance(error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError):
        return BackendUnavailable(f"Consul cannot be reached: {_reason(error)}")
    return BackendError(f"the answer is not one of Consul's: {error}")


def _reason(error: requests.RequestException) -> object:
    """Return what requests has wrapped, which is urllib3's."""
    return getattr(error.args[0], "reason", error) if error.args else error


def _endpoint(registration: Registration) -> Endpoint:
    """Take the address apart; one that is none of the known forms goes to Consul as it is, which takes any text.

    Raises:
        InvalidRegistration: the address says one port, and the registration another.
    """
    try:
        named = parse_address(registration.address)
    except ValueError:
        return Endpoint(registration.address, registration.port)
    if named.port is None:  # which numbers are ports is for Consul to say: it takes -1 and 65536 (seen on 1.8.7)
        return Endpoint(named.host, registration.port)
    try:
        return resolve_endpoint(registration.address, registration.port)
    except ValueError as error:
        raise InvalidRegistration(f"address {error}", field="port") from None


def _agrees(address: str | None, host: str, port: int | None) -> bool:
    """Return whether an address kept in the metadata still says what the entry says: others may change either."""
    if address is None:
        return False
    try:
        return resolve_endpoint(address, port) == Endpoint(host, port)
    except ValueError:
        return False
