"""One interface for registering and finding services, whatever registry stands behind it."""

from discovery.backends import open_discovery
from discovery.balance import Picker, RandomChoice, RoundRobin, WeightedChoice
from discovery.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    ConfigurationError,
    DiscoveryError,
    InvalidRegistration,
    InvalidRequest,
    NoInstance,
    NotOffered,
    PermissionDenied,
    RequestRefused,
    UnknownBackend,
    UnknownInstance,
)
from discovery.interface import Discovery, Watchable
from discovery.model import Health, Instance, Registration, ServiceSummary, Snapshot
from discovery.registrar import Registrar
from discovery.signals import leave_on_signals

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
    "NoInstance",
    "NotOffered",
    "PermissionDenied",
    "Picker",
    "RandomChoice",
    "Registrar",
    "Registration",
    "RequestRefused",
    "RoundRobin",
    "ServiceSummary",
    "Snapshot",
    "UnknownBackend",
    "UnknownInstance",
    "Watchable",
    "WeightedChoice",
    "leave_on_signals",
    "open_discovery",
]
