"""Runs a gRPC check once, where the extra ``grpc`` is installed; nothing else here needs to know of gRPC's packages."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from custom_registry.core.probes import GrpcHealthCheck, Result
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Mapping

_METHOD = "/grpc.health.v1.Health/Check"


class GrpcUnavailable(Exception):
    """A gRPC check cannot be run here; the message says why, and what would help."""


def require_grpc(action: GrpcHealthCheck) -> None:
    """See whether a check can be run here, so that it is refused before it is registered.

    The packages are looked for only: to import them takes so long that whoever registers would notice.

    Raises:
        GrpcUnavailable: it cannot.
    """
    if None in (find_spec("grpc"), find_spec("grpc_health")):
        raise GrpcUnavailable(
            "gRPC checks need Python's gRPC, which is not installed: pip install 'discovery-compare[grpc]'"
        )
    if action.tls is not None and action.tls.skip_verify:
        raise GrpcUnavailable(
            "gRPC checks cannot skip the verification of certificates: Python's gRPC has no such mode"
        )


def _packages() -> tuple[Any, Any]:
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it would write each failed handshake to standard error
    return import_module("grpc"), import_module("grpc_health.v1.health_pb2")


async def check(action: GrpcHealthCheck, time_limit: float) -> Result:
    """Ask the server how it, or its service, is. Output as Consul 1.8.7, but for what gRPC itself says of a failure.

    Args:
        action: whom to ask for what.
        time_limit: seconds for all of it.

    Raises:
        GrpcUnavailable: it cannot be run here.
    """
    require_grpc(action)
    grpc, messages = _packages()
    server, _, service = action.target.partition("/")
    async with _channel(grpc, action, server) as channel:
        ask = channel.unary_unary(
            _METHOD,
            request_serializer=messages.HealthCheckRequest.SerializeToString,
            response_deserializer=messages.HealthCheckResponse.FromString,
        )
        try:
            answer = await ask(messages.HealthCheckRequest(service=service), timeout=time_limit)
        except grpc.aio.AioRpcError as error:
            return Result(Health.CRITICAL, _failure(error))
    status = messages.HealthCheckResponse.ServingStatus.Name(answer.status)
    if status != "SERVING":
        return Result(Health.CRITICAL, f"gRPC {action.target} serving status: {status}")
    return Result(Health.PASSING, f"gRPC check {action.target}: success")


def _channel(grpc: Any, action: GrpcHealthCheck, server: str) -> Any:  # noqa: ANN401 - a package that may be missing
    # No proxy for what is near, and a connection of its own each time: a pooled one would hide that it cannot be made.
    options: Mapping[str, object] = {"grpc.enable_http_proxy": 0, "grpc.use_local_subchannel_pool": 1}
    server = f"dns:///{server}"
    if action.tls is None:
        return grpc.aio.insecure_channel(server, list(options.items()))
    if action.tls.server_name:
        options = {**options, "grpc.ssl_target_name_override": action.tls.server_name}
    return grpc.aio.secure_channel(server, grpc.ssl_channel_credentials(), list(options.items()))


def _failure(error: Any) -> str:  # noqa: ANN401 - likewise
    code = "".join(word.capitalize() for word in error.code().name.split("_"))
    details = "context deadline exceeded" if code == "DeadlineExceeded" else error.details()
    return f"rpc error: code = {code} desc = {details}"
