"""Reads what the native API answers into the contract's values; whatever is not as promised is a ``BackendError``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from discovery.address import Endpoint, parse_address
from discovery.errors import BackendError
from discovery.identity import derive_id
from discovery.model import Health, Instance, ServiceSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

_Value = TypeVar("_Value")


def read_text(answer: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Return a text.

    Raises:
        BackendError: it is not there, and has no default, or is no text.
    """
    return _read(answer, name, str, default)


def read_instances(answer: Mapping[str, Any], service: str) -> list[Instance]:
    """Return the instances of ``GET /discover/<service>``; the basic profile's have nothing but their address.

    Raises:
        BackendError: something is missing or of another type.
    """
    return [_instance(entry, service) for entry in _read(answer, "instances", list)]


def read_summaries(answer: Mapping[str, Any]) -> dict[str, ServiceSummary]:
    """Return the services of ``GET /services``.

    Raises:
        BackendError: something is missing or of another type.
    """
    services: dict[str, Any] = _read(answer, "services", dict)
    return {
        name: ServiceSummary(name, _read(counts, "total_instances", int), _read(counts, "active_instances", int))
        for name, counts in services.items()
    }


def _instance(entry: Any, service: str) -> Instance:  # noqa: ANN401 - whatever JSON holds
    address = _read(entry, "address", str)
    endpoint = _endpoint(address)
    tags: list[Any] = _read(entry, "tags", list, [])
    metadata: dict[str, Any] = _read(entry, "metadata", dict, {})
    for name, texts in (("tags", tags), ("metadata", metadata.values())):
        if not all(isinstance(text, str) for text in texts):
            raise BackendError(f"the answer's {name} of the instance at {address[:80]!r} are not all texts")
    return Instance(
        service=service,
        id=_read(entry, "id", str, derive_id(service, address)),
        address=address,
        host=_read(entry, "host", str, endpoint.host),
        port=_optional(entry, "port", int, endpoint.port),
        health=_health(_read(entry, "status", str, Health.PASSING.value)),
        tags=tuple(tags),
        metadata=metadata,
        weight=_read(entry, "weight", int, 1),
        ttl=_optional(entry, "ttl_seconds", (int, float), None),
        uptime=_optional(entry, "uptime_seconds", (int, float), None),
        heartbeat_age=_optional(entry, "last_heartbeat_seconds_ago", (int, float), None),
    )


def _endpoint(address: str) -> Endpoint:
    """Take an address apart; the basic profile holds what is none, too."""
    try:
        return parse_address(address)
    except ValueError:
        return Endpoint(address, None)


def _health(text: str) -> Health:
    try:
        return Health(text)
    except ValueError:
        raise BackendError(f"the answer's status is none of {', '.join(Health)}: {text[:80]!r}") from None


def _read(entry: Any, name: str, kind: type[_Value], default: _Value | None = None) -> _Value:  # noqa: ANN401 - JSON
    value = _optional(entry, name, kind, default)
    if value is None:
        raise BackendError(f"the answer has no {name}")
    return value


def _optional(
    entry: Any,  # noqa: ANN401 - whatever JSON holds
    name: str,
    kind: type[_Value] | tuple[type[_Value], ...],
    default: _Value | None,
) -> _Value | None:
    """Return a value, or the default where it is missing or null."""
    if not isinstance(entry, dict):
        raise BackendError(f"the answer has {str(entry)[:80]!r} where an object with {name} was expected")
    value = entry.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BackendError(f"the answer's {name} is of another type than expected: {str(value)[:80]!r}")
    return value
