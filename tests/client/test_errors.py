"""Whatever goes wrong on the way, what leaves the client is one of the contract's errors."""

from __future__ import annotations

import http.client
import inspect
import socket
import struct
from typing import TYPE_CHECKING

import pytest
import requests
import urllib3

from custom_registry.client.transport import translate
from discovery import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    ConfigurationError,
    Discovery,
    DiscoveryError,
    InvalidRegistration,
    InvalidRequest,
    NotOffered,
    PermissionDenied,
    Registration,
    RequestRefused,
    UnknownInstance,
    open_discovery,
)
from tests.support.ports import closed_port
from tests.support.raw_server import RawServer, raw_server
from tests.support.raw_server import http as answer
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATIONS: dict[str, Callable[[Discovery], object]] = {
    "register": lambda backend: backend.register(Registration("web", "localhost", 1)),
    "heartbeat": lambda backend: backend.heartbeat("web"),
    "deregister": lambda backend: backend.deregister("web"),
    "discover": lambda backend: backend.discover("web"),
    "services": lambda backend: backend.services(),
    "ping": lambda backend: backend.ping(),
    "watch": lambda backend: getattr(backend, "watch")("web", index=1, timeout=0.1),  # noqa: B009 - a capability
}
JSON_TOO_DEEP = b"[" * 200_000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LONGER = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id"'


def says(content: bytes) -> Callable[[RawServer, socket.socket, int], None]:
    """Answer one request with these bytes, and close."""

    def behave(server: RawServer, connection: socket.socket, _number: int) -> None:
        if server.read_request(connection):
            connection.sendall(content)

    return behave


def hangs_after(content: bytes) -> Callable[[RawServer, socket.socket, int], None]:
    """Send these bytes as an answer, and nothing more."""

    def behave(server: RawServer, connection: socket.socket, _number: int) -> None:
        server.read_request(connection)
        connection.sendall(content)
        server.over.wait()

    return behave


def resets_after(content: bytes) -> Callable[[RawServer, socket.socket, int], None]:
    """Send these bytes as an answer, and close by a reset."""

    def behave(server: RawServer, connection: socket.socket, _number: int) -> None:
        server.read_request(connection)
        connection.sendall(content)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


MISBEHAVIOURS = {
    "closes": (says(b""), BackendUnavailable),
    "resets": (resets_after(b""), BackendUnavailable),
    "resets in its body": (resets_after(LONGER), BackendUnavailable),
    "hangs": (hangs_after(b""), BackendTimeout),
    "hangs in its header": (hangs_after(b"HTTP/1.1 200 OK\r\nContent-"), BackendTimeout),
    "hangs in its body": (hangs_after(LONGER), BackendTimeout),
    "hangs in a chunk": (hangs_after(CHUNKED + b"9\r\nab"), BackendTimeout),
    # Python takes the end for the header's own, so that the answer is an empty one.
    "breaks off in its header": (says(b"HTTP/1.1 200 OK\r\nContent-"), BackendError),
    "breaks off in its body": (says(LONGER), BackendUnavailable),
    "breaks off in a chunk": (says(CHUNKED + b"9\r\nab"), BackendUnavailable),
    "breaks off between chunks": (says(CHUNKED + b"2\r\n{}\r\n"), BackendUnavailable),
    "is no HTTP": (says(b"220 smtp.example ESMTP\r\n"), BackendError),
    "is one long line": (says(b"x" * 60_000 + b"\r\n"), BackendError),
    "has a chunk without length": (says(CHUNKED + b"zz\r\nab\r\n"), BackendError),
    "has an endless header": (says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"), BackendError),
    "is no gzip": (says(answer(200, b"nonsense", "Content-Encoding: gzip")), BackendError),
    "is empty": (says(answer(200, b"")), BackendError),
    "is no JSON": (says(answer(200, b"<html>")), BackendError),
    "is no text": (says(answer(200, b"\xff\xfe\xfd")), BackendError),
    "is an array": (says(answer(200, b"[]")), BackendError),
    "is nested too deeply": (says(answer(200, JSON_TOO_DEEP)), BackendError),
    "has too long a number": (says(answer(200, b'{"id": ' + b"1" * 5000 + b"}")), BackendError),
    "is a redirect": (says(answer(302, b"", "Location: http://127.0.0.1:1/")), BackendError),
    "is a redirect to nowhere": (says(answer(301, b"", "Location: http://[")), BackendError),
    "is a redirect to no text": (says(answer(307, b"{}", "Location: /\xff")), BackendError),
    "is a redirect without a place": (says(answer(302, b"{}")), BackendError),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("misbehaviour", MISBEHAVIOURS)
def test_a_server_that_misbehaves(misbehaviour: str, operation: str) -> None:
    behave, expected = MISBEHAVIOURS[misbehaviour]
    timeout = 0.15 if expected is BackendTimeout else 10
    with (
        raw_server(behave) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}?timeout={timeout}") as backend,
        pytest.raises(expected) as raised,
    ):
        OPERATIONS[operation](backend)
    assert type(raised.value) is expected
    assert len(str(raised.value)) < 500


STATUSES: list[tuple[int, bytes, type[DiscoveryError]]] = [
    (400, b'{"error": "port is wrong", "field": "port"}', RequestRefused),
    (400, b"<html>", RequestRefused),
    (413, b'{"error": "too large"}', RequestRefused),
    (414, b"", RequestRefused),
    (431, b"", RequestRefused),
    (401, b"{}", PermissionDenied),
    (403, b"{}", PermissionDenied),
    (404, b"<html>", NotOffered),
    (404, b'{"error": "nothing there", "code": "unknown_path"}', NotOffered),
    (404, b'{"error": 5, "code": []}', NotOffered),
    (405, b"", NotOffered),
    (501, b"", NotOffered),
    (408, b"", BackendUnavailable),
    (429, b"", BackendUnavailable),
    (502, b"<html>", BackendUnavailable),
    (503, b"", BackendUnavailable),
    (504, b"", BackendUnavailable),
    (500, b'{"error": "internal"}', BackendError),
    (599, b"", BackendError),
    (304, b"", BackendError),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("status", "body", "expected"), STATUSES)
def test_a_status_that_is_no_success(status: int, body: bytes, expected: type[DiscoveryError], operation: str) -> None:
    with (
        raw_server(says(answer(status, body))) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}?timeout=5") as backend,
        pytest.raises(expected) as raised,
    ):
        OPERATIONS[operation](backend)
    if expected is RequestRefused:
        assert type(raised.value) is (InvalidRegistration if operation == "register" else InvalidRequest)
    else:
        assert type(raised.value) is expected


def test_a_refusal_keeps_the_registrys_own_words_and_the_field() -> None:
    refusal = answer(400, b'{"error": "port is wrong", "field": "port", "code": "invalid_request"}')
    with (
        raw_server(says(refusal)) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}") as backend,
        pytest.raises(InvalidRegistration, match=r"^port is wrong$") as raised,
    ):
        backend.register(Registration("web", "localhost", 1))
    assert raised.value.field == "port"


def test_an_unknown_instance_is_told_apart_from_an_unknown_path() -> None:
    unknown = answer(404, b'{"error": "web is not registered", "field": "id", "code": "unknown_instance"}')
    with raw_server(says(unknown)) as server, open_discovery(f"registry://127.0.0.1:{server.port}") as backend:
        with pytest.raises(UnknownInstance, match=r"^web is not registered$"):
            backend.heartbeat("web")
        assert backend.deregister("web") is False


def test_so_is_an_instance_whose_heartbeat_there_is_none_to_renew() -> None:
    """It can be registered anew, with a ttl, as one that is gone can."""
    refused = answer(409, b'{"error": "web has no TTL check", "field": "id", "code": "no_heartbeat"}')
    with (
        raw_server(says(refused)) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}") as backend,
        pytest.raises(UnknownInstance, match=r"^web has no TTL check$"),
    ):
        backend.heartbeat("web")


ODD_ANSWERS = [
    ("register", b'{"id": 5}'),
    ("discover", b"{}"),
    ("discover", b'{"instances": {}}'),
    ("discover", b'{"instances": [5]}'),
    ("discover", b'{"instances": [{}]}'),
    ("discover", b'{"instances": [{"address": 5}]}'),
    ("discover", b'{"instances": [{"address": "h:1", "status": "fine"}]}'),
    ("discover", b'{"instances": [{"address": "h:1", "port": "80"}]}'),
    ("discover", b'{"instances": [{"address": "h:1", "port": true}]}'),
    ("discover", b'{"instances": [{"address": "h:1", "tags": [5]}]}'),
    ("discover", b'{"instances": [{"address": "h:1", "metadata": {"a": 5}}]}'),
    ("discover", b'{"instances": [{"address": "h:1", "uptime_seconds": "5"}]}'),
    ("discover", b'{"instances": [{"address": "h:1", "ttl_seconds": true}]}'),
    ("services", b"{}"),
    ("services", b'{"services": []}'),
    ("services", b'{"services": {"web": 5}}'),
    ("services", b'{"services": {"web": {"total_instances": 1}}}'),
    ("ping", b'{"status": "healthy"}'),
]


@pytest.mark.parametrize(("operation", "body"), ODD_ANSWERS)
def test_json_that_is_not_as_promised(operation: str, body: bytes) -> None:
    with (
        raw_server(says(answer(200, body))) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}") as backend,
        pytest.raises(BackendError, match="the answer"),
    ):
        OPERATIONS[operation](backend)


def test_a_redirect_is_told_with_its_place() -> None:
    redirect = answer(308, b"", "Location: https://127.0.0.1/health")
    with (
        raw_server(says(redirect)) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}") as backend,
        pytest.raises(BackendError, match=r"/health: answered 308, a redirect to 'https://127.0.0.1/health'$"),
    ):
        backend.ping()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("X: 1", NotOffered),
        ("X-Registry-Index: -1", BackendError),
        ("X-Registry-Index: ", BackendError),
        pytest.param("X-Registry-Index: " + "9" * 5000, BackendError, id="too long"),
    ],
)
def test_a_watch_needs_an_index(header: str, expected: type[DiscoveryError]) -> None:
    with (
        raw_server(says(answer(200, b'{"instances": []}', header))) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}") as backend,
        pytest.raises(expected),
    ):
        OPERATIONS["watch"](backend)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_there(operation: str) -> None:
    with closed_port() as port, open_discovery(f"registry://127.0.0.1:{port}") as backend:
        with pytest.raises(BackendUnavailable, match=f"http://127.0.0.1:{port}/.*Connection refused") as raised:
            OPERATIONS[operation](backend)
        assert type(raised.value) is BackendUnavailable


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with open_discovery("registry://nowhere.invalid") as backend, pytest.raises(BackendUnavailable) as raised:
        backend.ping()
    assert "Name or service not known" in str(raised.value)


def test_a_host_that_requests_cannot_name() -> None:
    """An address with a zone."""
    with open_discovery("registry://[fe80::1%25lo]") as backend, pytest.raises(ConfigurationError, match="fe80::1%lo"):
        backend.ping()


def test_a_server_without_tls() -> None:
    with (
        raw_server(lambda _server, connection, _number: connection.sendall(answer(400, b"plain HTTP"))) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}?scheme=https&timeout=5") as backend,
        pytest.raises(DiscoveryError) as raised,
    ):
        backend.ping()
    assert type(raised.value) is BackendError


REQUESTS_ERRORS = {
    BackendTimeout: {"ConnectTimeout", "ReadTimeout", "Timeout"},
    BackendUnavailable: {"ConnectionError", "ProxyError", "ChunkedEncodingError"},
    ConfigurationError: {"InvalidURL", "InvalidProxyURL"},
    BackendError: {
        *("ContentDecodingError", "HTTPError", "InvalidHeader", "InvalidJSONError", "InvalidSchema"),
        *("JSONDecodeError", "MissingSchema", "RequestException", "RetryError", "SSLError"),
        *("StreamConsumedError", "TooManyRedirects", "UnrewindableBodyError", "URLRequired"),
    },
}


def test_every_error_of_requests_is_translated() -> None:
    translated: dict[type[DiscoveryError], set[str]] = {}
    for name, kind in vars(requests.exceptions).items():
        if inspect.isclass(kind) and issubclass(kind, requests.RequestException):
            error = kind("why", "", 0) if kind is requests.JSONDecodeError else kind("why")
            translated.setdefault(type(translate(error, "GET http://h/")), set()).add(name)
    assert translated == REQUESTS_ERRORS


def test_what_slips_through_requests_is_translated_too() -> None:
    reading = urllib3.exceptions.ReadTimeoutError(urllib3.HTTPConnectionPool("h"), "/", "Read timed out.")
    reset = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
    nonsense = urllib3.exceptions.ProtocolError("Connection aborted.", http.client.BadStatusLine("220"))
    expected: list[tuple[OSError | urllib3.exceptions.HTTPError, type[DiscoveryError]]] = [
        (requests.ConnectionError(reading), BackendTimeout),
        (requests.ConnectionError(reset), BackendUnavailable),
        (requests.ConnectionError(nonsense), BackendError),
        (urllib3.exceptions.LocationParseError("h"), ConfigurationError),
        (OSError("no such file of certificates"), BackendError),
    ]
    assert [type(translate(error, "GET http://h/")) for error, _ in expected] == [kind for _, kind in expected]


def test_no_timeout_is_doubled_by_asking_again() -> None:
    with (
        raw_server(hangs_after(b"")) as server,
        open_discovery(f"registry://127.0.0.1:{server.port}?timeout=0.3") as backend,
    ):
        with pytest.raises(BackendTimeout):
            backend.ping()
        eventually(lambda: server.connections > 0)
        assert server.connections == 1
