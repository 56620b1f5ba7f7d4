"""Runs one action of a probe, whichever it is; it knows neither when nor for which check."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from custom_registry.core.probes import GrpcHealthCheck, HttpRequest, Result, TcpConnect
from custom_registry.probing import grpc
from custom_registry.probing.dialing import ProbeError, connect, split
from discovery.model import Health

if TYPE_CHECKING:
    from custom_registry.core.probes import Probe


async def run(probe: Probe) -> Result:
    """Run a probe once, within its time limit. What the other side does wrong is a result, never an error."""
    match probe.action:
        case HttpRequest() as action:
            # Only now: what most registries never do must not delay the start of all.
            from custom_registry.probing import http  # noqa: PLC0415

            return await http.request(action, probe.time_limit, probe.output_limit)
        case TcpConnect() as action:
            return await _connect(action, probe.time_limit)
        case GrpcHealthCheck() as action:
            return await grpc.check(action, probe.time_limit)
        case action:
            assert_never(action)


async def _connect(action: TcpConnect, time_limit: float) -> Result:
    try:
        host, port = split(action.address)
        stream = await connect(host, port, time_limit, action.tls)
    except ProbeError as error:
        return Result(Health.CRITICAL, str(error))
    stream.close()
    return Result(Health.PASSING, f"TCP connect {action.address}: Success")
