"""Our registry in this very process as a target of the wire, on a clock that is moved instead of waited for."""

from __future__ import annotations

import io
import math
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from compare.wire.player import NODE, Place
from compare.wire.sources import Serving
from compare.wire.transport import LATE, Reply
from custom_registry.api import create_app
from custom_registry.api.consul.call import Facade
from custom_registry.api.consul.dialects import Dialect
from custom_registry.api.consul.identity import Identity
from custom_registry.api.waiting import PARKING, Parking
from custom_registry.registry import Registry
from tests.support.clock import ManualClock

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from flask import Flask

    from compare.wire.transport import Sent


def an_agent(consul: str, clock: Callable[[], float] = time.monotonic) -> tuple[Flask, Registry]:
    """Return the application of an agent as those of the transcripts were, and its registry, which is not started.

    Args:
        consul: the version whose dialect is spoken.
        clock: the registry's.
    """
    dialect = Dialect.named(".".join(consul.split(".")[:2]))
    own = Identity(node_name=NODE, node_id=str(uuid.uuid4()), started_at=time.time())
    registry = Registry(clock=clock, node=own.node(dialect), server=own.service(dialect))
    return create_app(registry, Facade(registry, own, dialect, leave=lambda: None)), registry


@dataclass(frozen=True, slots=True)
class InProcessAgents:
    """A ``compare.wire.sources.WireSource``: each scenario gets an application of its own, over a registry of its own.

    It is asked as plain WSGI, without the server; checks that are probes do not run.

    Args:
        consul: the version whose dialect is spoken.
    """

    consul: str
    name: str = "facade"
    how: str = "our registry in this process"
    fresh: bool = True

    def version(self, _stop: threading.Event) -> str:
        return self.consul

    def start(self, _stop: threading.Event) -> Serving:
        clock = ManualClock()
        app, registry = an_agent(self.consul, clock)
        return Serving(InProcess(app, registry, clock), Place())


class InProcess:
    """A ``compare.wire.transport.Transport``: it asks a WSGI application over a registry, and parks who waits.

    Whatever is to happen while time passes (a lapse, the end of a wait, a removal) happens at its own moment, in its
    order, though nothing waits.

    Args:
        app: the application; it must park waiting requests, see ``custom_registry.api.waiting``.
        registry: over which it is, made with this clock and not started: the sweeper is played here.
        clock: the registry's.
    """

    def __init__(self, app: Callable[..., Any], registry: Registry, clock: ManualClock) -> None:
        self._app = app
        self._registry = registry
        self._clock = clock
        self._parked: set[_Asked] = set()

    def send(self, request: Sent) -> _Asked:
        """Ask; a request that has to wait is parked."""
        asked = _Asked(self, request, self.now())
        self.ask(asked, Parking())
        return asked

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass, with all that is due in them."""
        self.pass_until(self.now() + seconds, lambda: False)

    def now(self) -> float:
        return self._clock()

    def ask(self, asked: _Asked, parking: Parking) -> None:
        """Have the application answer, or park the request until what it waits for has changed or its time is up."""
        answer = _call(self._app, asked.request, parking)
        self._parked.discard(asked)
        if parking.wait is None:
            status, headers, body = answer
            asked.answer = Reply(status, headers, body, self.now() - asked.began)
            return
        asked.deadline = self.now() + parking.wait.seconds
        self._parked.add(asked)
        changed = self._registry.subscribe(
            parking.wait.topic, parking.wait.index, lambda: self._over(asked, woken=True)
        )
        if changed is None:
            self._over(asked, woken=True)

    def pass_until(self, end: float, enough: Callable[[], bool]) -> None:
        """Move the clock from one event to the next, to an end or until it is enough."""
        while not enough():
            due = self._registry.read(lambda state: state.next_deadline)
            after = min([end, *(asked.deadline for asked in self._parked), due if due > self.now() else math.inf])
            self._clock.advance(max(0.0, after - self.now()))
            self._registry.advance()
            for asked in [asked for asked in self._parked if asked.deadline <= self.now()]:
                self._over(asked, woken=False)
            if after >= end:
                return

    def _over(self, asked: _Asked, *, woken: bool) -> None:
        if asked in self._parked:
            self.ask(asked, Parking(over=True, woken=woken))


@dataclass(eq=False)
class _Asked:
    """A ``compare.wire.transport.Pending``."""

    transport: InProcess
    request: Sent
    began: float
    deadline: float = math.inf
    answer: Reply | None = field(default=None)

    def reply(self, at_most: float) -> Reply:
        self.transport.pass_until(self.transport.now() + at_most, lambda: self.answer is not None)
        return self.answer or Reply(0, failure=LATE.format(seconds=at_most))


def _call(app: Callable[..., Any], request: Sent, parking: Parking) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    path, _, query = request.path.partition("?")
    body = request.body or b""
    environment: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": request.path,
        "RAW_URI": request.path,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "38611",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:38611",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        PARKING: parking,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environment[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    started: list[tuple[int, tuple[tuple[str, str], ...]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        started.append((int(status.partition(" ")[0]), tuple(headers)))

    chunks = app(environment, start_response)
    try:
        content = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return *started[-1], content
