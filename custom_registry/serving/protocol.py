"""One connection: requests that are understood are answered here and now, all others by uvicorn's own way.

Only while nothing else is going on, and only for a whole and ordinary request, is anything done here that uvicorn would
not do: no task, no thread, one write. A request that comes while another is being answered, one that is not HTTP/1.1,
or that has a header that asks for more (``Expect``, ``Transfer-Encoding``, ``Upgrade``) is uvicorn's from its headers
on; so is the order of answers, since one who waits here stands in uvicorn's place of the request being answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from custom_registry.api.body import LARGEST_BODY
from custom_registry.api.waiting import Parking
from custom_registry.joined import JoinedHttpProtocol
from custom_registry.serving.idle import Idle
from custom_registry.serving.kept import VARYING
from custom_registry.serving.known import Known
from custom_registry.serving.parking import Lot
from custom_registry.serving.wire import Sendable, Writing

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from custom_registry.registry import Registry
    from custom_registry.serving.dispatch import Dispatcher, Prepared
    from custom_registry.serving.parking import Group

_UNUSUAL: Final = frozenset({b"expect", b"transfer-encoding", b"upgrade"})
_NOT_DONE: Final = Sendable(503, b"content-length: 0\r\n", b"")


class Serving:
    """What all connections share. To be used in the event loop's thread only.

    Args:
        dispatcher: who answers.
        registry: where requests wait.
    """

    def __init__(self, dispatcher: Dispatcher, registry: Registry) -> None:
        """Serve nothing yet."""
        self.dispatcher = dispatcher
        self.known = Known()
        self.writing = Writing()
        self.stopping = False
        self._registry = registry
        self._lot: Lot | None = None
        self._idle: Idle | None = None

    def lot(self, loop: asyncio.AbstractEventLoop) -> Lot:
        """Return where the requests of an event loop wait."""
        if self._lot is None:
            self._lot = Lot(self._registry, loop)
        return self._lot

    def idle(self, loop: asyncio.AbstractEventLoop, most: float) -> Idle:
        """Return where the connections of an event loop are when nothing is going on, for so many seconds at most."""
        if self._idle is None:
            self._idle = Idle(loop, most)
        return self._idle

    def stop(self) -> None:
        """Have every waiting request answered now, and let none wait any more."""
        self.stopping = True
        if self._lot is not None:
            self._lot.wake_all()


class Waiting(Struct, eq=False):
    """A request that waits, in the place of uvicorn's ``RequestResponseCycle``."""

    prepared: Prepared
    body: bytes
    keep_alive: bool
    response_complete: Final = False  # to uvicorn


class FastProtocol(JoinedHttpProtocol):
    """A connection.

    Args:
        config: uvicorn's.
        server_state: likewise.
        app_state: likewise.
        _loop: likewise.
        serving: what all connections share.
    """

    # Python keeps the names of up to 30 attributes once for all of a class, and uvicorn's are 28: with ours beside them
    # each connection had a table of its own, 2 kB that are in no cache when one of thousands is answered.
    __slots__ = (
        "_between",
        "_body",
        "_completed",
        "_idle",
        "_ours",
        "_prepared",
        "_serving",
        "_transport",
        "_waiting",
        "active_at",
        "group",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        serving: Serving,
    ) -> None:
        """Await the first request."""
        super().__init__(config, server_state, app_state, _loop)
        self._serving = serving
        self._ours = False  # whether the request that is coming in is for here
        self._prepared: Prepared | None = None  # what it asks; None of one that nobody would be answered
        self._body = b""
        self._between = True  # whether no request is coming in
        self._completed: list[tuple[Prepared, bytes] | None] = []  # the requests that the last bytes held
        self._waiting: Waiting | None = None
        self.group: Group | None = None  # the lot's
        self.active_at: float | None = None  # idle's
        self._idle = serving.idle(self.loop, self.timeout_keep_alive)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Serve a new connection."""
        super().connection_made(transport)
        self._transport = transport

    # What comes in.

    def data_received(self, data: bytes) -> None:
        """Answer at once what is known without being parsed; anything else is parsed."""
        between = self._between
        if between and self._is_free():
            known = self._serving.known.find(data)
            if known is not None:
                self._answer(*known, keep_alive=True)
                return
        self._completed.clear()
        super().data_received(data)
        if between and self._between and len(self._completed) == 1 and self._completed[0] is not None:
            words = self.parser.get_method(), self.url
            self._serving.known.learn(data, words, *self._completed[0])

    def on_message_begin(self) -> None:
        """Begin to receive a request; what uvicorn makes for it is made once it is uvicorn's."""
        self._between = False
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """Decide which way a request takes; what comes after the last that is answered takes none."""
        self._prepared = self._prepare() if self._is_free() else None
        self._body = b""
        self._ours = self._prepared is not None or self._transport.is_closing()
        if not self._ours:
            received = self.url, self.headers, self.expect_100_continue
            super().on_message_begin()
            self.url, self.headers, self.expect_100_continue = received
            self.scope["headers"] = self.headers
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        if self._ours:
            self._body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Answer a request that takes the fast way."""
        self._between = True
        prepared, self._prepared = self._prepared, None
        if prepared is None:
            self._completed.append(None)
            if not self._ours:
                super().on_message_complete()
            return
        keep_alive = self.parser.should_keep_alive()
        self._completed.append((prepared, self._body) if keep_alive else None)
        self._answer(prepared, self._body, keep_alive=keep_alive)

    def _is_free(self) -> bool:
        """Return whether an answer could be sent now."""
        cycle: Any = self.cycle
        return (cycle is None or cycle.response_complete) and not (
            self.flow.write_paused or self.pipeline or self._transport.is_closing()
        )

    def _prepare(self) -> Prepared | None:
        if self.parser.get_http_version() != "1.1":
            return None
        varying: dict[bytes, bytes] = {}
        for name, value in self.headers:
            if name in VARYING:
                varying[name] = varying[name] + b"," + value if name in varying else value  # as WSGI has it
            elif name in _UNUSUAL or b"_" in name or (name == b"content-length" and int(value) > LARGEST_BODY):
                return None  # to WSGI an underscore is a hyphen
        return self._serving.dispatcher.prepare(self.parser.get_method(), self.url, varying)

    # What goes out.

    def _answer(self, prepared: Prepared, body: bytes, *, keep_alive: bool) -> None:
        self.joined.flush()  # the end of what uvicorn answered before
        parking = Parking(None, self._serving.stopping, woken=True)
        answer = self._serving.dispatcher.answer(prepared, body, parking)
        if parking.wait is not None:
            if self._serving.lot(self.loop).park(self, parking.wait):
                self._waiting = self.cycle = Waiting(prepared, body, keep_alive)  # type: ignore[assignment]
                self._idle.active(self)  # so that there is less to do when thousands are woken
                return
            answer = self._serving.dispatcher.answer(prepared, body, Parking(over=True, woken=True))
        self._send(answer, keep_alive=keep_alive)

    def wake(self, over: Parking) -> None:
        """Answer the request that has waited, and go on with those that came after it."""
        waiting = self._forget()
        if waiting is None:
            return
        answer = self._serving.dispatcher.answer_woken(waiting.prepared, waiting.body, over)
        self._send(answer, keep_alive=waiting.keep_alive and not self._serving.stopping)
        if self.pipeline:
            self.on_response_complete()

    def _send(self, answer: Sendable, *, keep_alive: bool) -> None:
        own = self.server_state.default_headers
        self._transport.writelines(self._serving.writing.pieces(answer, own, keep_alive=keep_alive))
        if keep_alive:
            self._idle.active(self)
        else:
            self._transport.close()

    # How it ends.

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget who waits."""
        self._serving.lot(self.loop).leave(self)
        self._forget()
        self._prepared = None
        self._idle.forget(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Refuse what has not been asked to its end, as the front does; who waits has been answered."""
        if self._prepared is not None:
            self._prepared = None
            self.joined.flush()
            self._send(_NOT_DONE, keep_alive=False)
        super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if nothing has been answered here either since uvicorn answered."""
        self.timeout_keep_alive_task = None
        if self.active_at is None:
            self.close_if_idle()

    def close_if_idle(self) -> None:
        """Close the connection, unless something is going on or uvicorn has answered since."""
        if self.timeout_keep_alive_task is None and self._between and self._is_free():
            self._transport.close()

    def _forget(self) -> Waiting | None:
        """Return the request that waited until now, whose place is another's if one has come after it."""
        waiting, self._waiting = self._waiting, None
        cycle: Any = self.cycle
        if cycle is waiting:
            self.cycle = None  # type: ignore[assignment]
        return waiting
