"""Speaks HTTP to a registry by hand, so that many requests need no threads, and looks at what its process holds."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.servers import STOP_TIMEOUT

if TYPE_CHECKING:
    from tests.support.servers import RegistryProcess


class Answered(NamedTuple):
    """An answer: its status, its headers by their names in small letters, and its body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def connect(registry: RegistryProcess, request: bytes) -> socket.socket:
    """Send a request on a connection of its own."""
    connection = socket.create_connection((registry.host, registry.port), timeout=STOP_TIMEOUT)
    connection.sendall(request)
    return connection


def answer_of(connection: socket.socket) -> Answered:
    """Read one answer and close the connection."""
    with connection, connection.makefile("rb") as stream:
        status = int(stream.readline().split()[1])
        headers: dict[str, str] = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            headers[name.lower().decode()] = value.strip().decode("latin-1")
        return Answered(status, headers, stream.read(int(headers.get("content-length", 0))))


def threads_of(registry: RegistryProcess) -> int:
    """Return how many threads its process has."""
    return sum(1 for _ in Path(f"/proc/{registry.process.pid}/task").iterdir())


def open_files_of(registry: RegistryProcess) -> int:
    """Return how many files, connections among them, its process holds."""
    return sum(1 for _ in Path(f"/proc/{registry.process.pid}/fd").iterdir())
