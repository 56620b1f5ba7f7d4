"""Connections on which nothing goes on any more, and that are closed when it has lasted; it knows no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from custom_registry.serving.timers import Timers

if TYPE_CHECKING:
    import asyncio


class Closable(Protocol):
    """A connection."""

    active_at: float | None
    """When something last went on, by the loop's time; None where nobody need look at it. Kept here."""

    def close_if_idle(self) -> None:
        """Close, unless something is going on after all."""


class Idle:
    """All connections of one event loop that have been active. To be so again costs no more than to note the time.

    Args:
        loop: the event loop.
        most: seconds for which a connection may be idle.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, most: float) -> None:
        """Begin with none."""
        self._loop = loop
        self._most = most
        self._timers: Timers[Closable] = Timers(loop, self._look)

    def active(self, connection: Closable) -> None:
        """Begin to count anew for a connection."""
        now = self._loop.time()
        if connection.active_at is None:
            self._timers.set(connection, now + self._most)
        connection.active_at = now

    def forget(self, connection: Closable) -> None:
        """Let go of a connection, if it is here."""
        self._timers.cancel(connection)
        connection.active_at = None

    def _look(self, connection: Closable) -> None:
        until = (connection.active_at or 0.0) + self._most
        if until > self._loop.time():
            self._timers.set(connection, until)
            return
        connection.active_at = None
        connection.close_if_idle()
