"""An HTTP server that answers what a test tells it to, as a Consul that misbehaves would."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Answer:
    """One answer.

    Args:
        status: of HTTP; 0 closes the connection without a word.
        body: as it is sent.
        headers: beside Content-Length.
        delay: seconds until it is sent.
        length: the Content-Length to pretend; the true one without.
    """

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    length: int | None = None


@dataclass
class FakeConsul:
    """What is asked, and what is answered to all of it."""

    port: int
    answer: Answer = Answer()
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)


@contextlib.contextmanager
def fake_consul() -> Iterator[FakeConsul]:
    """Serve on a free port until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fake.asked.append((self.command, self.path, dict(self.headers)))
            answer = fake.answer
            time.sleep(answer.delay)
            self.close_connection = True
            if not answer.status:
                return
            body = answer.body.encode()
            with contextlib.suppress(ConnectionError):  # the client may have given up
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Connection", "close")
                self.send_header("Content-Length", str(len(body) if answer.length is None else answer.length))
                self.end_headers()
                self.wfile.write(body)

        do_PUT = do_GET  # noqa: N815 - its name there

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake = FakeConsul(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
