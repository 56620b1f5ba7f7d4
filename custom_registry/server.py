"""Starts the registry behind uvicorn, says that it is ready, and stops it gracefully; it knows no request."""

from __future__ import annotations

import contextlib
import signal
import socket
from typing import TYPE_CHECKING

import uvicorn

from custom_registry import basic, logs
from custom_registry.api import create_app
from custom_registry.config import LogLevel, Profile
from custom_registry.core.intervals import Intervals
from custom_registry.front import Front
from custom_registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custom_registry.config import Settings

_BACKLOG = 4096  # connections that may wait to be accepted: a burst; the system's own limit (somaxconn) still applies
_KEEP_ALIVE = 75  # seconds; well above the usual time between two heartbeats, so that these reuse their connection
_GRACE = 1  # seconds for what runs when the stop comes


class StartError(Exception):
    """The server cannot start; the message says why, in one line."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        StartError: it cannot listen where it should.
    """
    logs.configure(settings)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listen(settings.host, settings.port))
        if settings.profile is Profile.BASIC:
            front = Front(basic.create_app())
        else:
            registry = stack.enter_context(
                Registry(
                    heartbeat_timeout=settings.heartbeat_timeout,
                    intervals=Intervals(cleanup=settings.cleanup_interval),
                )
            )
            front = Front(create_app(registry), registry)
        config = uvicorn.Config(
            front,
            http="httptools",
            ws="none",
            lifespan="off",
            backlog=_BACKLOG,
            log_config=None,
            access_log=settings.log_level is LogLevel.DEBUG,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_GRACE,
        )
        _Server(config, front, _ready_line(settings, listener)).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Uvicorn's server, which prints our ready line, lets go of the waiting when it stops, and then exits with 0."""

    def __init__(self, config: uvicorn.Config, front: Front, ready_line: str) -> None:
        super().__init__(config)
        self._front = front
        self._ready_line = ready_line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._ready_line, flush=True)  # noqa: T201 - what standard output is for

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Between the two nothing else runs: who is answered now finds its connection closed, and cannot ask again.
        self._front.stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals as uvicorn does, but do not raise them again at the end: being stopped is no failure."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    """Open the listening socket, so that a port in use is known before anything else is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason, _, _ = (error.strerror or str(error)).partition(" (while attempting")  # to bind; the address once more
        raise StartError(f"cannot listen on {_authority(host, port)}: {reason}") from error


def _ready_line(settings: Settings, listener: socket.socket) -> str:
    url = f"http://{_authority(settings.host, listener.getsockname()[1])}"
    if settings.profile is Profile.BASIC:
        return f"Registry ready at {url} (basic profile: no heartbeat, no cleanup)"
    return (
        f"Registry ready at {url} (heartbeat timeout {settings.heartbeat_timeout:g} s, "
        f"cleanup every {settings.cleanup_interval:g} s)"
    )


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
