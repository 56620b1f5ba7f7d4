"""uvicorn's HTTP protocol, but an answer's head and body leave in one write; it knows no application.

Go's server, and so Consul, sends small answers whole. Clients have come to count on it: HashiCorp's helper for tests in
Go cancels a request once it has the head, and loses a body that comes in a packet of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio


class JoinedHttpProtocol(HttpToolsProtocol):
    """Joins what is written within one turn of the event loop."""

    __slots__ = ("joined",)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Serve a new connection."""
        self.joined = Joined(transport, self.loop)
        super().connection_made(cast("Any", self.joined))


class Joined:
    """A transport that writes at the end of the loop's turn; all else is the real one's."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Write nothing yet."""
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> None:
        """Write at the end of the turn."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(part)

    def close(self) -> None:
        """Write what is left, and close."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Write now what has been given until now."""
        if self._parts:
            parts, self._parts = self._parts, []
            self._transport.writelines(parts)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a transport has
        """Return what the real transport has."""
        return getattr(self._transport, name)
