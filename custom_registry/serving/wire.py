"""Replies as the bytes that uvicorn would send of them, all but what changes with time or connection."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from custom_registry.api.exchange import Lasting, Reply

_END = b"\r\n"
_CLOSE = b"connection: close\r\n"


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


class Opening:
    """The beginnings of answers: the status, and the headers that are the server's own, the date for one."""

    def __init__(self) -> None:
        """Know none yet."""
        self._of: Sequence[tuple[bytes, bytes]] = ()
        self._made: dict[int, bytes] = {}

    def lines(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Return the first lines of an answer.

        Args:
            status: of HTTP.
            headers: the server's own; another list each time that one of them changes.
        """
        if headers is not self._of:
            self._of = headers
            self._made.clear()
        made = self._made.get(status)
        if made is None:
            made = STATUS_LINE[status] + b"".join(name + b": " + value + _END for name, value in headers)
            self._made[status] = made
        return made


def end_of_head(*, keep_alive: bool) -> bytes:
    """Return what ends the headers of an answer."""
    return _END if keep_alive else _CLOSE + _END
