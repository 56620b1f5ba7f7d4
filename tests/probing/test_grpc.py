"""gRPC checks against a real server; the outputs are those of Consul 1.8.7, but for what gRPC says of a failure."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from custom_registry.core.probes import GrpcHealthCheck, Tls
from custom_registry.probing import GrpcUnavailable, require_grpc
from discovery.model import Health
from tests.support.loopback import HANG
from tests.support.ports import closed_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.probing.conftest import Once, Serve


@pytest.fixture
def address() -> Iterator[str]:
    """Start a server that is well but for its service ``ill``; return where."""
    servicer: Any = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    servicer.set("ill", health_pb2.HealthCheckResponse.NOT_SERVING)
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}"
        server.stop(None).wait()


def test_who_serves_passes(address: str, once: Once) -> None:
    result = once(GrpcHealthCheck(target=address))
    assert (result.health, result.output) == (Health.PASSING, f"gRPC check {address}: success")


def test_who_does_not_serve_is_critical(address: str, once: Once) -> None:
    result = once(GrpcHealthCheck(target=f"{address}/ill"))
    said = f"gRPC {address}/ill serving status: NOT_SERVING"
    assert (result.health, result.output) == (Health.CRITICAL, said)


def test_a_service_that_the_server_does_not_know_is_critical(address: str, once: Once) -> None:
    result = once(GrpcHealthCheck(target=f"{address}/nobody"))
    assert result.health is Health.CRITICAL
    assert result.output.startswith("rpc error: code = NotFound desc = ")


def test_who_is_not_there_is_critical(once: Once) -> None:
    with closed_port() as port:
        result = once(GrpcHealthCheck(target=f"127.0.0.1:{port}"))
    assert result.health is Health.CRITICAL
    assert result.output.startswith("rpc error: code = Unavailable desc = ")
    assert "Connection refused" in result.output


def test_who_does_not_answer_in_time_is_critical(serve: Serve, once: Once) -> None:
    result = once(GrpcHealthCheck(target=serve(HANG).address), timeout=0.1)
    said = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"
    assert (result.health, result.output) == (Health.CRITICAL, said)


def test_who_speaks_no_tls_is_critical(address: str, once: Once) -> None:
    result = once(GrpcHealthCheck(target=address, tls=Tls(server_name="example.test")))
    assert result.health is Health.CRITICAL
    assert result.output.startswith("rpc error: code = Unavailable desc = ")


def test_without_its_packages_it_is_refused_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    action = GrpcHealthCheck(target="127.0.0.1:1")
    require_grpc(action)
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(GrpcUnavailable, match=r"pip install 'discovery-compare\[grpc\]'"):
        require_grpc(action)


def test_not_to_look_at_certificates_is_refused() -> None:
    with pytest.raises(GrpcUnavailable, match="cannot skip the verification"):
        require_grpc(GrpcHealthCheck(target="127.0.0.1:1", tls=Tls(skip_verify=True)))
