"""What the native API sees of a service instance, whoever registered it and where; it knows no wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Mapping


ADDRESS_KEY = "address"  # the key of a service's meta under which a native registration keeps its address as it came


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance natively.

    Args:
        id: unique on its node.
        service: the name under which it is found.
        node: the name of its node.
        address: as it was registered natively; otherwise the host.
        host: the service's address, or else its node's.
        port: None for none.
        tags: in the order in which they came.
        metadata: text by text, without the address.
        weight: the share of calls it wants while it passes.
        health: the worst of its own and its node's checks.
        registered_at: when this id was first registered for this service and address.
        ttl: seconds; None where the instance waits for no heartbeat.
        heard_at: when it registered or last reported; None likewise.
        note: what came with the last heartbeat; empty likewise.
    """

    id: str
    service: str
    node: str
    address: str
    host: str
    port: int | None
    tags: tuple[str, ...]
    metadata: Mapping[str, str] = field(hash=False)
    weight: int
    health: Health
    registered_at: float
    ttl: float | None
    heard_at: float | None
    note: str

    @property
    def healthy(self) -> bool:
        """Whether every check is passing."""
        return self.health is Health.PASSING
