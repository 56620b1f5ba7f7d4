"""A server that does to each connection what a test says, byte by byte; HTTP is the test's own business."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LONGEST = 10.0  # seconds that a connection may be silent before it is given up


@dataclass
class RawServer:
    """A server at work.

    Args:
        port: where it listens, on 127.0.0.1.
        over: set when the test is over: what hangs can wait for it.
        connections: how many there were.
        requests: the first line of each request that ``read_request`` read.
    """

    port: int
    over: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    requests: list[str] = field(default_factory=list)

    def read_request(self, connection: socket.socket) -> bool:
        """Read one request to its end; return whether one came."""
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = connection.recv(65536)
            if not chunk:
                return False
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [
            int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length:")
        ]
        while lengths and len(body) < lengths[0]:
            chunk = connection.recv(65536)
            if not chunk:
                return False
            body += chunk
        self.requests.append(head.splitlines()[0].decode())
        return True


@contextlib.contextmanager
def raw_server(behave: Callable[[RawServer, socket.socket, int], None]) -> Iterator[RawServer]:
    """Listen on a free port until the end of the block.

    Args:
        behave: called in a thread of its own for each connection, with the connection's number from 1; the connection
            is closed when it returns.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = RawServer(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):  # the client may have given up
            connection.settimeout(_LONGEST)
            behave(server, connection, number)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            if server.over.is_set():
                connection.close()
                return
            server.connections += 1
            threads.append(threading.Thread(target=serve, args=(connection, server.connections)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        server.over.set()
        socket.create_connection(("127.0.0.1", server.port)).close()  # wakes the one who accepts
        acceptor.join()
        listener.close()
        for thread in threads:
            thread.join()


def http(status: int, body: bytes, *headers: str) -> bytes:
    """Return an answer of HTTP, as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body
