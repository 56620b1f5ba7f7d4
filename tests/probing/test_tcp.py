"""TCP checks on real sockets; the outputs are those of Consul 1.8.7, but for the resolver's name."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from custom_registry.core.probes import TcpConnect, Tls
from custom_registry.probing import dialing
from discovery.model import Health
from tests.support.loopback import HANG, reply
from tests.support.ports import closed_port

if TYPE_CHECKING:
    from tests.probing.conftest import Once, Serve


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", ""])
def test_who_listens_passes(serve: Serve, once: Once, host: str) -> None:
    address = f"{host}:{serve(reply()).port}"
    result = once(TcpConnect(address=address))
    assert (result.health, result.output) == (Health.PASSING, f"TCP connect {address}: Success")


def test_who_does_not_listen_is_critical(once: Once) -> None:
    with closed_port() as port:
        result = once(TcpConnect(address=f"127.0.0.1:{port}"))
    said = f"dial tcp 127.0.0.1:{port}: connect: connection refused"
    assert (result.health, result.output) == (Health.CRITICAL, said)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1", "dial tcp: address 127.0.0.1: missing port in address"),
        ("[::1]", "dial tcp: address [::1]: missing port in address"),
        ("::1:80", "dial tcp: address ::1:80: too many colons in address"),
        ("127.0.0.1:99999", "dial tcp: address 99999: invalid port"),
        ("127.0.0.1:nosuchport", "dial tcp: lookup tcp/nosuchport: unknown port"),
        (f"{'a' * 70}.example:80", f"dial tcp: lookup {'a' * 70}.example: no such host"),
    ],
)
def test_an_address_that_is_none_is_critical(once: Once, address: str, said: str) -> None:
    result = once(TcpConnect(address=address))
    assert (result.health, result.output) == (Health.CRITICAL, said)


def test_a_name_that_is_of_nobody_is_critical(monkeypatch: pytest.MonkeyPatch, once: Once) -> None:
    def unknown(*_arguments: object, **_named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    result = once(TcpConnect(address="nowhere.invalid:80"))
    assert (result.health, result.output) == (Health.CRITICAL, "dial tcp: lookup nowhere.invalid: no such host")


def test_the_next_address_is_tried_and_the_first_failure_told(
    monkeypatch: pytest.MonkeyPatch, serve: Serve, once: Once
) -> None:
    async def two(_host: str) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    monkeypatch.setattr(dialing, "_look_up", two)
    assert once(TcpConnect(address=f"two.example:{serve(reply()).port}")).health is Health.PASSING
    with closed_port() as port:
        output = once(TcpConnect(address=f"two.example:{port}")).output
    assert output == f"dial tcp 127.0.0.2:{port}: connect: connection refused"


def test_who_does_not_greet_by_tls_in_time_is_critical(serve: Serve, once: Once) -> None:
    server = serve(HANG, hold=True)
    result = once(TcpConnect(address=server.address, tls=Tls()), timeout=0.1)
    assert (result.health, result.output) == (Health.CRITICAL, f"dial tcp {server.address}: i/o timeout")
