"""The values that cross the Discovery interface: frozen, checked for type only; they know no backend and no wire."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from discovery.errors import InvalidRegistration

_LIMIT = 2**63  # of whole numbers: beyond, no wire carries them, and with enough digits nothing even writes them


class Health(enum.StrEnum):
    """The state of an instance: the worst of all its checks, its node's included.

    Only ``PASSING`` is healthy; a warning is not, exactly as Consul's ``?passing`` has it
    (transcript ``ttl_life``, 1.8.7 and 1.21.4).
    """

    PASSING = "passing"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Registration:
    """What a service says of itself when it registers.

    Only types are checked here, and that a whole number fits 64 bits: whether a name, an address or a port is
    acceptable is for each backend to say, since that is one of the things in which backends differ.

    Args:
        service: the name under which the instance is found.
        address: a host (``"10.0.0.7"``), ``host:port``, or a URL (``"http://localhost:8001"``). Discovery gives it
            back as it came.
        port: the port, where ``address`` does not carry it.
        id: the instance's own name, unique in a registry. Without one the backend derives it from service and address.
        tags: labels by which ``discover`` can choose.
        metadata: text by text, given back by ``discover``.
        ttl: seconds within which a heartbeat must come, or the instance lapses. ``None`` leaves it to the backend.
        weight: the share of calls that the ``weighted`` picker gives to the instance, at least 1.

    Raises:
        InvalidRegistration: a value is of the wrong type, or too large for any wire; ``field`` names it.
    """

    service: str
    address: str
    port: int | None = None
    id: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    ttl: float | None = None
    weight: int = 1

    def __post_init__(self) -> None:
        """Check the types and freeze tags and metadata."""
        _require(self.service, "service", str, "a string")
        _require(self.address, "address", str, "a string")
        _require(self.port, "port", int | None, "a whole number or None")
        _require(self.id, "id", str | None, "a string or None")
        _require(self.ttl, "ttl", int | float | None, "a number of seconds or None")
        _require(self.weight, "weight", int, "a whole number")
        if (
            isinstance(self.tags, str)
            or not isinstance(self.tags, Sequence)
            or not all(isinstance(tag, str) for tag in self.tags)
        ):
            raise InvalidRegistration("tags must be a sequence of strings", field="tags")
        if not isinstance(self.metadata, Mapping) or not all(
            isinstance(part, str) for item in self.metadata.items() for part in item
        ):
            raise InvalidRegistration("metadata must map strings to strings", field="metadata")
        object.__setattr__(self, "tags", tuple(self.tags))
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance as ``discover`` returns it: what was registered, and how it is.

    Args:
        service: the name it was found under.
        id: its own name, unique in the registry; what ``heartbeat`` and ``deregister`` take.
        address: as it was registered. Where it was left empty, the address of the node that it runs on.
        host: the host part of ``address``.
        port: the port, from ``address`` or as registered; ``None`` where neither says.
        health: the worst of all checks.
        tags: in the order of their registration.
        metadata: text by text.
        weight: for the ``weighted`` picker.
        ttl: seconds within which a heartbeat must come; ``None`` where the backend does not tell. Consul does not
            (transcript ``health_reads``, 1.8.7 and 1.21.4: the ``Definition`` of a TTL check is empty).
        uptime: seconds since it was first registered; ``None`` where the backend does not know.
        heartbeat_age: seconds since the last heartbeat; ``None`` where the backend does not know.
    """

    service: str
    id: str
    address: str
    host: str
    port: int | None
    health: Health
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    weight: int = 1
    ttl: float | None = None
    uptime: float | None = None
    heartbeat_age: float | None = None

    @property
    def healthy(self) -> bool:
        """Whether every check is passing."""
        return self.health is Health.PASSING


@dataclass(frozen=True, slots=True)
class ServiceSummary:
    """One line of ``services()``: how many instances a service has, and how many of them are healthy."""

    service: str
    total_instances: int
    active_instances: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What ``watch`` returns: the instances, and the index from which to watch on.

    ``index`` is a number of the backend's own: it only ever serves as the argument of the next ``watch``.
    """

    index: int
    instances: tuple[Instance, ...]


def _require(value: object, name: str, kind: Any, wanted: str) -> None:  # noqa: ANN401 - isinstance takes unions and types
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InvalidRegistration(f"{name} must be {wanted}, not {type(value).__name__}", field=name)
    if isinstance(value, int) and not -_LIMIT <= value < _LIMIT:
        raise InvalidRegistration(f"{name} must be {wanted}, of at most 64 bits", field=name)
