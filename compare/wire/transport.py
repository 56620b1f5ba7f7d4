"""How requests reach a target and how time passes meanwhile; the player knows no other way to it.

Over HTTP time passes by itself. A transport that has the target in its own process can have a clock of its own, and
move it instead of waiting: what it must offer is ``Transport``, no more.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from compare.stage import RealClock

if TYPE_CHECKING:
    from collections.abc import Mapping

CLOSED = "the connection was closed without an answer"
LATE = "no answer within {seconds:g} s"

_POLL = 0.1  # seconds between two looks at whether the run is to stop
_EMPTY = {"PUT", "POST", "PATCH"}  # methods that say so when they have no body


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it goes out, with nothing left to fill in.

    Args:
        method: as it is.
        path: as it is, with its query; nothing in it is tidied up.
        headers: beside Host and Content-Length.
        body: ``None`` for none.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, as it came; or, in place of a status, why nothing did.

    Args:
        status: of HTTP, or 0.
        headers: each with its value.
        body: not decoded, not unpacked.
        seconds: from the sending to the end of the answer, by the transport's clock.
        failure: why there is no answer; empty where there is one.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0
    failure: str = ""


class Pending(Protocol):
    """A request that was sent."""

    def reply(self, at_most: float) -> Reply:
        """Return its answer, letting time pass until it is there, but no more than so many seconds.

        Raises:
            Interrupted: the run was stopped meanwhile.
        """
        ...


class Transport(Protocol):
    """Reaches one target. What it sends is sent at once and as it is: no redirect is followed, nothing is added."""

    def send(self, request: Sent) -> Pending:
        """Send a request and return without waiting for its answer."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass, in which the target and what was sent to it go on.

        Raises:
            Interrupted: the run was stopped meanwhile.
        """
        ...

    def now(self) -> float:
        """Return seconds since any fixed moment."""
        ...


class HTTP:
    """Reaches a target over HTTP, each request on a connection and a thread of its own."""

    def __init__(self, url: str, stop: threading.Event) -> None:
        """Keep where it is, and the event by which the run is stopped.

        Raises:
            ValueError: the URL is not of the form http://host:port.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url} is no URL of the form http://host:port")
        self._parts = parts
        self._stop = stop
        self.clock = RealClock(stop)

    def send(self, request: Sent) -> Pending:
        """Send a request; its thread ends with its answer."""
        return _Exchange(self._connection(), request, self.clock, self._stop)

    def wait(self, seconds: float) -> None:
        """Wait, by the machine's clock."""
        self.clock.wait(seconds)

    def now(self) -> float:
        """Return seconds since any fixed moment."""
        return self.clock.now()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port)


class _Exchange:
    """One request on its connection, which is cut when its answer is late or the run is stopped."""

    def __init__(
        self, connection: http.client.HTTPConnection, request: Sent, clock: RealClock, stop: threading.Event
    ) -> None:
        self._connection = connection
        self._request = request
        self._clock = clock
        self._stop = stop
        self._began = clock.now()
        self._reply = Reply(0, failure=CLOSED)
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"{request.method} {request.path}"[:80])
        self._thread.start()

    def reply(self, at_most: float) -> Reply:
        deadline = self._clock.now() + at_most
        while self._thread.is_alive() and self._clock.now() < deadline and not self._stop.is_set():
            self._thread.join(_POLL)
        late = self._thread.is_alive()
        if late:
            self._cut()
        self._clock.wait(0)
        return Reply(0, failure=LATE.format(seconds=at_most)) if late else self._reply

    def _run(self) -> None:
        try:
            answer = self._exchange()
            headers, body = tuple(answer.getheaders()), answer.read()
            self._reply = Reply(answer.status, headers, body, self._clock.now() - self._began)
        except (OSError, http.client.HTTPException) as error:
            seconds = self._clock.now() - self._began
            gone = isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError)
            self._reply = Reply(0, seconds=seconds, failure=CLOSED if gone else f"{type(error).__name__}: {error}")
        finally:
            self._connection.close()

    def _exchange(self) -> http.client.HTTPResponse:
        request, connection = self._request, self._connection
        connection.putrequest(request.method, request.path, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if request.body is not None or request.method in _EMPTY:
            connection.putheader("Content-Length", str(len(request.body or b"")))
        connection.endheaders(request.body)
        return connection.getresponse()

    def _cut(self) -> None:
        """End what the thread waits for; closing alone would not wake it."""
        while self._thread.is_alive():
            sock = self._connection.sock  # none yet, while it connects
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            self._thread.join(_POLL)
