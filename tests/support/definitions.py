"""Commands that register an instance, with as little said as a test needs to say."""

from __future__ import annotations

from typing import Any

from custom_registry.core.commands import Register
from custom_registry.core.model import ADDRESS_KEY, ServiceDefinition, Weights


def registration(instance_id: str = "web-1", service: str = "web", **other: Any) -> Register:
    """Return a native registration; what is not said is plain."""
    values: dict[str, Any] = {
        "address": f"{instance_id}.test:80",
        "host": f"{instance_id}.test",
        "port": 80,
        "tags": (),
        "metadata": {},
        "weight": 1,
        "ttl": 30.0,
    } | other
    definition = ServiceDefinition(
        id=instance_id,
        service=service,
        tags=values["tags"],
        address=values["host"],
        port=values["port"],
        meta={**values["metadata"], ADDRESS_KEY: values["address"]},
        weights=Weights(values["weight"]),
    )
    return Register(definition, values["ttl"])
