"""What a backend makes of a server's certificate, by the setting ``verify``; the server is a test's own."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from urllib3.exceptions import InsecureRequestWarning

from discovery import BackendError, Discovery, DiscoveryError, open_discovery
from discovery.backends import backends
from tests.support.raw_server import RawServer, http, raw_server

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

NOTHING_FOUND = {"registry": http(200, b'{"instances": []}'), "consul": http(200, b"[]", "X-Consul-Index: 1")}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusted(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the authority that signed."""
    file: Path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


@pytest.fixture(params=sorted(backends()))
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def port(authority: trustme.CA, scheme: str) -> Iterator[int]:
    """A server at 127.0.0.1 that calls itself so, and has found nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def serve(server: RawServer, connection: socket.socket, _number: int) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            while server.read_request(secured):
                secured.sendall(NOTHING_FOUND[scheme])

    with raw_server(serve) as server:
        yield server.port


def connect(scheme: str, host: str, port: int, verify: object) -> Discovery:
    return open_discovery(f"{scheme}://{host}:{port}?scheme=https&verify={verify}")


def test_a_server_of_a_trusted_authority_is_spoken_to(scheme: str, port: int, trusted: Path) -> None:
    with connect(scheme, "127.0.0.1", port, trusted) as backend:
        assert backend.discover("web") == []


def test_one_of_another_authority_is_not(scheme: str, port: int) -> None:
    with connect(scheme, "127.0.0.1", port, "true") as backend, pytest.raises(DiscoveryError) as raised:
        backend.discover("web")
    assert type(raised.value) is BackendError
    assert "certificate verify failed" in str(raised.value)


def test_nor_is_one_of_another_name(scheme: str, port: int, trusted: Path) -> None:
    with connect(scheme, "localhost", port, trusted) as backend, pytest.raises(DiscoveryError) as raised:
        backend.discover("web")
    assert type(raised.value) is BackendError
    assert "localhost" in str(raised.value)


def test_without_verifying_any_is_spoken_to_and_it_is_told(scheme: str, port: int) -> None:
    with connect(scheme, "127.0.0.1", port, "false") as backend, pytest.warns(InsecureRequestWarning):
        assert backend.discover("web") == []
