"""One interface for registering and finding services, whatever registry stands behind it."""

from discovery.backends import open_discovery
from discovery.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    ConfigurationError,
    DiscoveryError,
    InvalidRegistration,
    InvalidRequest,
    NotOffered,
    PermissionDenied,
    RequestRefused,
    UnknownBackend,
    UnknownInstance,
)
from discovery.interface import Discovery, Watchable
from discovery.model import Health, Instance, Registration, ServiceSummary, Snapshot

__all__ = [
    "BackendError",
    "BackendTimeout",
    "BackendUnavailable",
    "ConfigurationError",
    "Discovery",
    "DiscoveryError",
    "Health",
    "Instance",
    "InvalidRegistration",
    "InvalidRequest",
    "NotOffered",
    "PermissionDenied",
    "Registration",
    "RequestRefused",
    "ServiceSummary",
    "Snapshot",
    "UnknownBackend",
    "UnknownInstance",
    "Watchable",
    "open_discovery",
]
