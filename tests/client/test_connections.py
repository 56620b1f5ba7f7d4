"""How the client uses its connections: reused, replaced when they were closed, straight to the registry."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from discovery import BackendUnavailable, Registration, open_discovery
from tests.support.raw_server import RawServer, http, raw_server

if TYPE_CHECKING:
    import socket

HEALTH = http(200, b'{"name": "custom-registry", "version": "0.1.0"}')
REGISTERED = http(201, b'{"id": "w"}')


def serves(server: RawServer, connection: socket.socket, _number: int) -> None:
    while server.read_request(connection):
        connection.sendall(HEALTH)


def test_one_connection_serves_many_requests() -> None:
    with raw_server(serves) as server, open_discovery(f"registry://127.0.0.1:{server.port}") as backend:
        for _ in range(5):
            assert backend.ping() == "custom-registry 0.1.0"
        assert (server.connections, len(server.requests)) == (1, 5)


def test_as_many_connections_as_threads_at_once_are_kept() -> None:
    together = threading.Barrier(20)

    def wait_for_all(server: RawServer, connection: socket.socket, _number: int) -> None:
        while server.read_request(connection):
            together.wait(10)
            connection.sendall(HEALTH)

    with (
        raw_server(wait_for_all) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}") as backend,
        ThreadPoolExecutor(20) as pool,
    ):
        for _ in range(3):
            assert list(pool.map(lambda _: backend.ping(), range(20))) == ["custom-registry 0.1.0"] * 20
        assert server.connections == 20


def test_a_connection_closed_while_idle_is_replaced_without_a_word() -> None:
    closed = threading.Event()

    def close_when_idle(server: RawServer, connection: socket.socket, _number: int) -> None:
        server.read_request(connection)
        connection.sendall(HEALTH)
        connection.close()
        closed.set()

    with raw_server(close_when_idle) as server, open_discovery(f"registry://127.0.0.1:{server.port}") as backend:
        for _ in range(3):
            backend.ping()
            assert closed.wait(5)
            closed.clear()
        assert server.connections == 3


@pytest.mark.parametrize("answer_read", [True, False])
def test_a_connection_closed_just_as_a_request_is_sent_is_replaced_too(*, answer_read: bool) -> None:
    """The race: the client looks, the connection is open; it sends, and only now the server closes."""

    def close_at_second_request(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(HEALTH if number == 1 else REGISTERED)
        if number == 1:
            # Closing with the request unread answers it by a reset, after reading it by an orderly end.
            if answer_read:
                server.read_request(connection)
            else:
                connection.recv(1)
        else:
            server.over.wait()

    with raw_server(close_at_second_request) as server:
        backend = open_discovery(f"registry://127.0.0.1:{server.port}?timeout=5")
        backend.ping()
        assert backend.register(Registration("web", "h:1")) == "w"
        assert server.connections == 2
        backend.close()


def test_a_server_that_always_closes_is_asked_twice_and_no_more() -> None:
    def close_unanswered(server: RawServer, connection: socket.socket, _number: int) -> None:
        server.read_request(connection)

    with raw_server(close_unanswered) as server, open_discovery(f"registry://127.0.0.1:{server.port}") as backend:
        with pytest.raises(BackendUnavailable):
            backend.ping()
        assert server.connections == 2


def test_the_environments_proxies_are_left_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with raw_server(serves) as server, open_discovery(f"registry://127.0.0.1:{server.port}") as backend:
        assert backend.ping() == "custom-registry 0.1.0"


def test_after_a_close_no_connection_is_left() -> None:
    ended = threading.Event()

    def tell_the_end(server: RawServer, connection: socket.socket, number: int) -> None:
        serves(server, connection, number)
        ended.set()

    with raw_server(tell_the_end) as server:
        backend = open_discovery(f"registry://127.0.0.1:{server.port}")
        backend.ping()
        assert not ended.is_set()
        backend.close()
        assert ended.wait(5)
        backend.close()
