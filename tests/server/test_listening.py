"""Where a server listens: several addresses at once, Unix sockets, and what is left behind there."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.listening import StartError, authority, listening
from tests.support.servers import running_registry

if TYPE_CHECKING:
    from pathlib import Path


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(connection: http.client.HTTPConnection, path: str) -> Any:
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def test_one_registry_is_served_at_every_place(tmp_path: Path) -> None:
    path = tmp_path / "registry.sock"
    with running_registry("--host", f"127.0.0.1 127.0.0.2 unix://{path}") as registry:
        other = f"http://127.0.0.2:{registry.port}"
        assert registry.ready_line.startswith(f"Registry ready at {registry.http} and {other} and unix://{path} (")
        tcp = [http.client.HTTPConnection(host, registry.port, timeout=10) for host in ("127.0.0.1", "127.0.0.2")]
        answers = [ask(connection, "/v1/catalog/nodes") for connection in (*tcp, UnixConnection(path))]
        assert answers[0] == answers[1] == answers[2]
        assert ask(UnixConnection(path), "/health")["status"] == "healthy"
    assert not path.exists()


def test_a_socket_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "registry.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
        left.listen()
    assert path.exists()
    with listening([f"unix://{path}"], 0) as [listener]:
        assert listener.url == f"unix://{path}"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    assert not path.exists()


def test_a_socket_in_use_and_a_file_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "registry.sock"
    refused = f"cannot listen on unix://{path}: Address already in use"
    with (
        listening([f"unix://{path}"], 0),
        pytest.raises(StartError, match=refused),
        listening([f"unix://{path}"], 0),
    ):
        pass
    path.write_text("mine")
    with pytest.raises(StartError, match=refused), listening([f"unix://{path}"], 0):
        pass
    assert path.read_text() == "mine"


def test_a_path_that_cannot_be_is_told(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "no" / "a.sock", "No such file or directory"),
        (tmp_path / ("a" * 200), "too long"),
    ):
        with pytest.raises(StartError, match=reason), listening([f"unix://{path}"], 0):
            pass


def test_all_or_none_is_listened_on() -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match="Address already in use"), listening(["127.0.0.1", "127.0.0.2"], port):
            pass
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_a_free_port_is_the_same_everywhere() -> None:
    with listening(["127.0.0.1", "127.0.0.2"], 0) as listeners:
        ports = {listener.socket.getsockname()[1] for listener in listeners}
        assert len(ports) == 1
        assert [listener.url for listener in listeners] == [f"http://127.0.0.{n}:{min(ports)}" for n in (1, 2)]


@pytest.mark.parametrize(("host", "text"), [("::1", "[::1]:80"), ("localhost", "localhost:80")])
def test_an_authority_has_the_brackets_that_it_needs(host: str, text: str) -> None:
    assert authority(host, 80) == text
