"""Commands that register an instance, with as little said as a test needs to say."""

from __future__ import annotations

from typing import Any

from custom_registry.core.commands import Register
from custom_registry.core.model import ADDRESS_KEY, ServiceDefinition, Weights
from discovery.address import parse_address


def registration(instance_id: str = "web-1", service: str = "web", **other: Any) -> Register:
    """Return a native registration; what is not said is plain."""
    address = other.get("address", f"{instance_id}.test:80")
    endpoint = parse_address(address)
    definition = ServiceDefinition(
        id=instance_id,
        service=service,
        tags=other.get("tags", ()),
        address=other.get("host", endpoint.host),
        port=other.get("port", endpoint.port) or 0,
        meta={**other.get("metadata", {}), ADDRESS_KEY: address},
        weights=Weights(other.get("weight", 1)),
    )
    return Register(definition, other.get("ttl", 30.0))
