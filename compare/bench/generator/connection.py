"""One connection of HTTP/1.1 that is kept alive: a request goes out, its answer comes back; it counts nothing."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple, cast

import httptools

if TYPE_CHECKING:
    from collections.abc import Callable

_BACKWARDS = {b"x-consul-index", b"x-registry-index"}


class Reply(NamedTuple):
    """An answer, its index, and when its last bytes were here (``time.perf_counter``)."""

    status: int
    body: bytes
    changed: str
    at: float

    @property
    def good(self) -> bool:
        """Whether its status says that all is well."""
        return 200 <= self.status < 300  # noqa: PLR2004 - of HTTP


class Lost(Exception):
    """The connection was closed without an answer."""


class Connection(asyncio.Protocol):
    """A connection with one request at a time.

    Args:
        answered: called with each answer.
        lost: called once, when the connection is closed and not by us.
    """

    def __init__(self, answered: Callable[[Connection, Reply], None], lost: Callable[[Connection], None]) -> None:
        """Wait for the connection to be made."""
        self.sent = 0.0
        self.heard = 0.0
        self.received = 0
        self._answered = answered
        self._lost = lost
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._index = ""
        self._closing = False
        self._transport: asyncio.Transport

    def send(self, request: bytes) -> None:
        """Send a request; the one before must be answered."""
        self.sent = time.perf_counter()
        self._transport.write(request)

    def close(self) -> None:
        """Close it."""
        self._closing = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not one by inheritance

    def connection_lost(self, _: Exception | None) -> None:
        """Tell, unless it was us."""
        if not self._closing:
            self._closing = True
            self._lost(self)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self.heard = time.perf_counter()
        self._read(data)

    def _read(self, data: bytes) -> None:
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep an index; the parser calls this."""
        if name.lower() in _BACKWARDS:
            self._index = value.decode()

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body; the parser calls this."""
        self._body.append(part)

    def on_message_complete(self) -> None:
        """Hand the answer over; the parser calls this."""
        body, self._body = self._body, []
        reply = Reply(self._parser.get_status_code(), b"".join(body), self._index, self.heard)
        self._answered(self, reply)


class ReadLater(Connection):
    """A connection that only keeps what it hears, and when: of many answers at once the last waits for no reading."""

    def __init__(self, answered: Callable[[Connection, Reply], None], lost: Callable[[Connection], None]) -> None:
        """Wait for the connection to be made."""
        super().__init__(answered, lost)
        self._unread: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Keep it."""
        self.heard = time.perf_counter()
        self._unread.append(data)

    def read(self) -> None:
        """Read what has been heard."""
        unread, self._unread = self._unread, []
        for data in unread:
            self._read(data)


class Exchange:
    """A connection for a coroutine: it asks, and has the answer."""

    def __init__(self, connection: Connection, replies: asyncio.Queue[Reply | None]) -> None:
        """Use ``open`` instead."""
        self._connection = connection
        self._replies = replies

    @classmethod
    async def open(cls, host: str, port: int) -> Exchange:
        """Connect.

        Raises:
            OSError: nobody is there.
        """
        replies: asyncio.Queue[Reply | None] = asyncio.Queue()

        def make() -> Connection:
            return Connection(lambda _, reply: replies.put_nowait(reply), lambda _: replies.put_nowait(None))

        _, connection = await asyncio.get_running_loop().create_connection(make, host, port)
        return cls(connection, replies)

    async def ask(self, request: str) -> Reply:
        """Send a request and return its answer.

        Raises:
            Lost: there is none.
        """
        self._connection.send(request.encode())
        reply = await self._replies.get()
        if reply is None:
            raise Lost("the connection was closed without an answer")
        return reply

    @property
    def sent(self) -> float:
        """Return when the last request was sent (``time.perf_counter``)."""
        return self._connection.sent

    def close(self) -> None:
        """Close it."""
        self._connection.close()
