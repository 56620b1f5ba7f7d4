"""Servers on loopback that answer as a test says, to be probed; they know nothing of probes."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

HANG = b""
"""An answer that never comes."""


_TLS_GREETING = b"\x16\x03"  # what a client of TLS sends to who does not speak it


class Server:
    """Accepts connections and gives each the next answer, the last one to all that follow.

    Args:
        answers: bytes to send before the connection is closed; after ``HANG``, or what ends in it, it is kept open.
        tls: to speak TLS.
        hold: keep connections open after their answer.
    """

    def __init__(self, *answers: bytes, tls: ssl.SSLContext | None = None, hold: bool = False) -> None:
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._tls = tls
        self._hold = hold
        self._open: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.address}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and close every connection."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        for connection in self._open:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.settimeout(10)
            with contextlib.suppress(OSError):  # a client may refuse our certificate, or leave before it is answered
                self._answer(self._tls.wrap_socket(connection, server_side=True) if self._tls else connection)
            connection.close()

    def _answer(self, connection: socket.socket) -> None:
        self.requests.append(_read_request(connection))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        connection.sendall(answer)
        if self._hold or answer == HANG:
            self._open.append(connection.dup() if not self._tls else connection)
        else:
            connection.close()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65_536)
        data += chunk
        if not chunk or data.startswith(_TLS_GREETING):
            return data
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < lengths[0]:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def reply(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """Return an HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
