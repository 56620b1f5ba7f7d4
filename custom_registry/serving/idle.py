"""Connections on which nothing comes any more, and that are closed when it has lasted; it knows no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from custom_registry.serving.timers import Timers

if TYPE_CHECKING:
    import asyncio


class Closable(Protocol):
    """A connection."""

    answered_at: float | None
    """When it was last answered, by the loop's time; None where nobody need look at it. Kept here."""

    def close_if_idle(self) -> None:
        """Close, unless something is going on after all."""


class Idle:
    """All connections of one event loop that have been answered. An answer costs no more than to note its time.

    Args:
        loop: the event loop.
        most: seconds for which a connection may be idle.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, most: float) -> None:
        """Begin with none."""
        self._loop = loop
        self._most = most
        self._timers: Timers[Closable] = Timers(loop, self._look)

    def answered(self, connection: Closable) -> None:
        """Begin to count anew for a connection."""
        now = self._loop.time()
        if connection.answered_at is None:
            self._timers.set(connection, now + self._most)
        connection.answered_at = now

    def forget(self, connection: Closable) -> None:
        """Let go of a connection, if it is here."""
        self._timers.cancel(connection)
        connection.answered_at = None

    def _look(self, connection: Closable) -> None:
        until = (connection.answered_at or 0.0) + self._most
        if until > self._loop.time():
            self._timers.set(connection, until)
            return
        connection.answered_at = None
        connection.close_if_idle()
