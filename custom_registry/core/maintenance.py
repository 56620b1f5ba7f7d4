"""Maintenance mode: a critical check that says so (transcript ``maintenance``, 1.8.7 and 1.21.4)."""

from __future__ import annotations

from custom_registry.core.model import CheckDefinition
from discovery.model import Health

NODE_CHECK_ID = "_node_maintenance"


def service_check_id(service_id: str) -> str:
    """Return the id of the check that puts a service into maintenance."""
    return f"_service_maintenance:{service_id}"


def service_check(service_id: str, reason: str) -> CheckDefinition:
    """Return the check that puts a service into maintenance."""
    return _check(service_check_id(service_id), "Service", service_id, reason)


def node_check(reason: str) -> CheckDefinition:
    """Return the check that puts the node into maintenance."""
    return _check(NODE_CHECK_ID, "Node", "", reason)


def _check(check_id: str, what: str, service_id: str, reason: str) -> CheckDefinition:
    no_reason = (
        f"Maintenance mode is enabled for this {what.lower()}, but no reason was provided. This is a default message."
    )
    return CheckDefinition(
        id=check_id,
        name=f"{what} Maintenance Mode",
        status=Health.CRITICAL,
        notes=reason or no_reason,
        service_id=service_id,
        type="maintenance",
    )
