"""Connections on which nothing comes any more, and that are closed when it has lasted; it knows no request."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio


class Closable(Protocol):
    """A connection."""

    def close_if_idle(self) -> None:
        """Close, unless something is going on after all."""


class Idle:
    """All connections of one event loop that have been answered, the one that has not been for longest first.

    One timer does for all of them, and an answer costs no more than a place at the end.

    Args:
        loop: the event loop.
        most: seconds for which a connection may be idle.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, most: float) -> None:
        """Begin with none."""
        self._loop = loop
        self._most = most
        self._since: OrderedDict[Closable, float] = OrderedDict()
        self._will_look = False

    def __contains__(self, connection: Closable) -> bool:
        """Return whether a connection will be closed if it is not answered again."""
        return connection in self._since

    def answered(self, connection: Closable) -> None:
        """Begin to count anew for a connection."""
        self._since[connection] = self._loop.time()
        self._since.move_to_end(connection)
        if not self._will_look:
            self._look_in(self._most)

    def forget(self, connection: Closable) -> None:
        """Let go of a connection, if it is here."""
        self._since.pop(connection, None)

    def _look_in(self, seconds: float) -> None:
        self._will_look = True
        self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._will_look = False
        while self._since:
            connection, since = next(iter(self._since.items()))
            left = since + self._most - self._loop.time()
            if left > 0:
                self._look_in(left)
                return
            del self._since[connection]
            connection.close_if_idle()
