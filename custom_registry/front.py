"""The ASGI application before Flask: bounds what is read of a request, and lets it wait without a thread.

It knows no route, and every answer is Flask's, the refusal of a body's size included; but who has not finished asking
when the server stops cannot be handed over, and is told so by a bare 503.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

from a2wsgi import WSGIMiddleware

from custom_registry.api.body import LARGEST_BODY
from custom_registry.api.waiting import PARKING, Parking, Wait

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from custom_registry.registry import Registry

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    WSGIApplication = Callable[[Any, Any], Iterable[bytes]]

# No thread ever waits, for a change or for a client, so that a few serve all; more would compete for the interpreter.
_THREADS = 8
_LENGTH_HEADERS = {b"content-length", b"transfer-encoding"}
# Of the whole process, and not of a front: Flask's rules are compiled by ast.parse, which in Python 3.11 counts its
# depth for all threads together, and so fails where the collector lets another thread parse meanwhile.
_MAKING = threading.Lock()


class _Stopping(Exception):
    """The server stops while a request is still being sent."""


class Front:
    """Serves a WSGI application to an ASGI server.

    A request that waits for a change costs two tasks and a subscription, but no thread; when its client goes away it is
    forgotten at once.

    Args:
        make_application: makes what answers; called once, in a thread, with the first request at the latest.
        registry: where parked requests wait; None for an application that parks none.
    """

    def __init__(self, make_application: Callable[[], WSGIApplication], registry: Registry | None = None) -> None:
        """Begin to serve."""
        self._make_application = make_application
        self._made: WSGIApplication | None = None
        self._registry = registry
        self._bridge: Any = WSGIMiddleware(self._call_application, workers=_THREADS)
        self._parked: set[asyncio.Future[None]] = set()
        self._reading: set[asyncio.Task[None]] = set()
        self._stopping = False

    def stop(self) -> None:
        """Have every waiting request answered now, and let none wait any more. In the event loop's thread only."""
        self._stopping = True
        for parked in self._parked:
            _resolve(parked)
        for reading in self._reading:
            reading.cancel()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; the server is set up to hand over nothing else."""
        try:
            body = await self._read_body(receive)
        except _Stopping:
            await send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})
            return
        if body is None:
            return
        parking = Parking()
        await self._ask(scope, body, parking, send)
        if self._registry is None or parking.wait is None:
            return
        over = await self._wait(self._registry, parking.wait, receive)
        if over is not None:
            await self._ask(scope, body, over, send)

    async def _read_body(self, receive: Receive) -> bytes | None:
        """Read a body; None where the client left before its end.

        Raises:
            _Stopping: the server stops, and the end has not come yet.
        """
        task: Any = asyncio.current_task()
        self._reading.add(task)
        try:
            return await _read_body(receive)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            task.uncancel()
            raise _Stopping from None
        finally:
            self._reading.discard(task)

    async def _ask(self, scope: Message, body: bytes, parking: Parking, send: Send) -> None:
        """Have the application answer; an answer with which the request is parked goes nowhere."""
        # The body is whole now, however it came: a WSGI application learns its length from this header only.
        headers = [header for header in scope["headers"] if header[0] not in _LENGTH_HEADERS]
        headers.append((b"content-length", b"%d" % len(body)))

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        held: list[Message] = []

        async def deliver(message: Message) -> None:
            """Hold the head until there is a body to leave with it, within the same turn of the event loop."""
            if parking.wait is not None:
                return
            held.append(message)
            if message["type"] != "http.response.start":
                for part in held:
                    await send(part)
                held.clear()

        await self._bridge({**scope, "headers": headers, "state": {PARKING: parking}}, receive, deliver)

    def _call_application(self, environment: Any, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        environment["wsgi.errors"] = sys.stderr  # the bridge's own choice is standard output, the ready line's
        if self._registry is not None:
            environment[PARKING] = environment["asgi.scope"]["state"][PARKING]
        return self.application()(environment, start_response)

    def application(self) -> WSGIApplication:
        """Return what answers, which is made now if it has not been; from any thread."""
        with _MAKING:
            if self._made is None:
                self._made = self._make_application()
            return self._made

    async def _wait(self, registry: Registry, wait: Wait, receive: Receive) -> Parking | None:
        """Wait for the change, the time to be up, or the stop.

        Returns:
            With what to ask again; None where the client has left.
        """
        loop = asyncio.get_running_loop()
        parked: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            loop.call_soon_threadsafe(_resolve, parked)

        subscription = registry.subscribe(wait.topic, wait.index, wake)
        if subscription is None or self._stopping:
            parked.set_result(None)
        left = asyncio.create_task(_until_left(receive))
        self._parked.add(parked)
        try:
            await asyncio.wait({parked, left}, timeout=wait.seconds, return_when=asyncio.FIRST_COMPLETED)
            return None if left.done() else Parking(over=True, woken=parked.done())
        finally:
            self._parked.discard(parked)
            left.cancel()
            if subscription is not None:
                subscription.cancel()


async def _read_body(receive: Receive) -> bytes | None:
    """Read a body to its end or to one byte above what is allowed, which is enough to be refused for.

    Returns:
        The body; None where the client left before its end.
    """
    body = bytearray()
    while len(body) <= LARGEST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body[: LARGEST_BODY + 1])


async def _until_left(receive: Receive) -> None:
    """Return once the client is gone; whatever else it sends does not matter any more."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
