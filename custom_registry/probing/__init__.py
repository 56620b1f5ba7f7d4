"""Runs the probes of checks on real sockets and reports what came of them.

Of a registry only ``registered`` knows, and only what a prober must be told.
"""

from custom_registry.probing.actions import run
from custom_registry.probing.grpc import GrpcUnavailable, require_grpc
from custom_registry.probing.prober import SHORTEST_INTERVAL, Prober, Schedule, Source
from custom_registry.probing.registered import RegisteredProbes

__all__ = [
    "SHORTEST_INTERVAL",
    "GrpcUnavailable",
    "Prober",
    "RegisteredProbes",
    "Schedule",
    "Source",
    "require_grpc",
    "run",
]
