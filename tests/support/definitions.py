"""Definitions of instances with as little said as a test needs to say."""

from __future__ import annotations

from typing import Any

from custom_registry.core.model import Definition


def definition(instance_id: str = "web-1", service: str = "web", **other: Any) -> Definition:
    """Return a definition; what is not said is plain."""
    values: dict[str, Any] = {
        "address": f"{instance_id}.test:80",
        "host": f"{instance_id}.test",
        "port": 80,
        "tags": (),
        "metadata": {},
        "weight": 1,
        "ttl": 30.0,
    }
    return Definition(id=instance_id, service=service, **(values | other))
