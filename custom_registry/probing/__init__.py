"""Runs the probes of checks on real sockets and reports what came of them; it knows no registry."""

from custom_registry.probing.actions import run
from custom_registry.probing.grpc import GrpcUnavailable, require_grpc
from custom_registry.probing.prober import SHORTEST_INTERVAL, Prober, Schedule, Source

__all__ = ["SHORTEST_INTERVAL", "GrpcUnavailable", "Prober", "Schedule", "Source", "require_grpc", "run"]
