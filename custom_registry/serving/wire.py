"""Replies as the bytes that uvicorn would send of them, all but what changes with time or connection."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from custom_registry.api.exchange import Lasting, Reply

_END: Final = b"\r\n"
_CLOSE: Final = b"connection: close\r\n"
_COPIED: Final = 16 * 1024  # bytes; a larger body is not copied to be sent with its headers in one piece


class Sendable(Struct, frozen=True):
    """A reply, ready to be sent any number of times.

    Args:
        status: of HTTP.
        head: its headers, one a line.
        body: as it is sent.
        lasting: how long it may be kept; None where it may not.
    """

    status: int
    head: bytes
    body: bytes
    lasting: Lasting | None = None

    @classmethod
    def of(cls, reply: Reply) -> Sendable:
        """Return a reply so."""
        return cls(reply.status, _lines(reply.headers), reply.body, reply.lasting)


@lru_cache(maxsize=256)
def _lines(headers: tuple[tuple[str, str], ...]) -> bytes:
    """Return headers as they are sent; those of many replies are the same but for a length."""
    return "".join(f"{name.lower()}: {value}\r\n" for name, value in headers).encode("latin-1")


class Writing:
    """Replies as they are written: after the status line and the server's own headers, of which the date is one."""

    def __init__(self) -> None:
        """Know none yet."""
        self._headers: Sequence[tuple[bytes, bytes]] = ()
        self._openings: dict[int, bytes] = {}
        self._last: Sendable | None = None
        self._keep_alive = True
        self._pieces: tuple[bytes, ...] = ()

    def pieces(self, reply: Sendable, headers: Sequence[tuple[bytes, bytes]], *, keep_alive: bool) -> tuple[bytes, ...]:
        """Return what is written of a reply: one piece, or two where its body is large.

        The last is remembered: of the thousands who may wait for the same, each is told the same.

        Args:
            reply: what is replied.
            headers: the server's own; another list each time that one of them changes.
            keep_alive: whether the connection stays.
        """
        if headers is not self._headers:
            self._headers, self._last = headers, None
            self._openings.clear()
        if reply is not self._last or keep_alive is not self._keep_alive:
            self._last, self._keep_alive = reply, keep_alive
            head = self._opening(reply.status) + reply.head + (_END if keep_alive else _CLOSE + _END)
            self._pieces = (head + reply.body,) if len(reply.body) < _COPIED else (head, reply.body)
        return self._pieces

    def _opening(self, status: int) -> bytes:
        made = self._openings.get(status)
        if made is None:
            own = b"".join(name + b": " + value + _END for name, value in self._headers)
            made = self._openings[status] = STATUS_LINE[status] + own
        return made
