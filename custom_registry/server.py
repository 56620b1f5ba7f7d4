"""Starts the registry behind uvicorn, says that it is ready, and stops it gracefully; it knows no request."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import gc
import signal
import socket
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, cast

import uvicorn
from msgspec import Struct

from custom_registry import logs
from custom_registry.api import create_app
from custom_registry.api.consul.asking import Consul
from custom_registry.api.consul.call import Facade
from custom_registry.api.consul.dialects import Dialect
from custom_registry.api.consul.identity import Identity
from custom_registry.api.native import Native
from custom_registry.config import LogLevel, Profile
from custom_registry.core.intervals import Intervals
from custom_registry.front import Front
from custom_registry.joined import JoinedHttpProtocol
from custom_registry.listening import BACKLOG, StartError, listening
from custom_registry.probing import Prober, RegisteredProbes
from custom_registry.registry import Registry
from custom_registry.serving.dispatch import Dispatcher
from custom_registry.serving.kept import Kept
from custom_registry.serving.protocol import FastProtocol, Serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from custom_registry.config import Settings

    Ready = Callable[[Settings, Identity, Sequence[str]], str]

__all__ = ["StartError", "Stopped", "serve"]

_KEEP_ALIVE = 75  # seconds; well above the usual time between two heartbeats, so that these reuse their connection
_COLLECTIONS = (10_000, 10, 1_000)  # the young ones take 2 ms, the next 15, and the oldest hardly ever come
_GRACE = 1  # seconds for what runs when the stop comes


class Stopped(enum.Enum):
    """Why a server stopped."""

    INTERRUPTED = signal.SIGINT
    TERMINATED = signal.SIGTERM
    LEFT = "leave"  # asked by ``PUT /v1/agent/leave``


def ready_line(settings: Settings, _own: Identity, urls: Sequence[str]) -> str:
    """Return the one line that ``custom-registry`` prints once it listens."""
    where = f"Registry ready at {' and '.join(urls)}"
    if settings.profile is Profile.BASIC:
        return f"{where} (basic profile: no heartbeat, no cleanup)"
    return (
        f"{where} (heartbeat timeout {settings.heartbeat_timeout:g} s, cleanup every {settings.cleanup_interval:g} s)"
    )


def serve(settings: Settings, ready: Ready = ready_line) -> Stopped:
    """Serve until SIGTERM, SIGINT, or a client's wish that the agent leave.

    Args:
        settings: what is served, and where.
        ready: given these, who the registry is to Consul's clients, and the URLs that are listened on: what to print on
            standard output.

    Raises:
        StartError: it cannot listen where it should.
    """
    logs.configure(settings)
    _allow_open_files()
    own = _identity(settings)
    ending = _Ending()
    with contextlib.ExitStack() as stack:
        listeners = stack.enter_context(listening(settings.hosts, settings.port))
        if settings.profile is Profile.BASIC:
            from custom_registry import basic  # noqa: PLC0415 - Flask's import takes a while

            served = _Served(Front(basic.create_app))
        else:
            served = _registry(settings, own, ending, stack)
        config = uvicorn.Config(
            served.front,
            http=served.protocol,
            ws="none",
            lifespan="off",
            backlog=BACKLOG,
            log_config=None,
            access_log=settings.log_level is LogLevel.DEBUG,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_GRACE,
        )
        server = _Server(config, served, ready(settings, own, [listener.url for listener in listeners]), ending)
        server.run(sockets=[listener.socket for listener in listeners])
    return ending.how or Stopped.TERMINATED


def _identity(settings: Settings) -> Identity:
    """Return who the registry is to Consul's clients: the machine's name and a random id where none is set."""
    return Identity(
        node_name=settings.node_name or socket.gethostname(),
        node_id=(settings.node_id or str(uuid.uuid4())).lower(),
        datacenter=settings.datacenter,
        address=settings.node_address,
        node_meta=settings.node_meta,
        server_port=settings.server_port,
        serf_lan_port=settings.serf_lan_port,
        serf_wan_port=settings.serf_wan_port,
        started_at=time.time(),
    )


class _Served(Struct, frozen=True):
    """What answers.

    Args:
        front: everything.
        serving: before it, what is quick; None where nothing is.
    """

    front: Front
    serving: Serving | None = None

    @property
    def protocol(self) -> type[asyncio.Protocol]:
        """What uvicorn makes of each connection."""
        if self.serving is None:
            return JoinedHttpProtocol
        return cast("type[asyncio.Protocol]", partial(FastProtocol, serving=self.serving))

    def stop(self) -> None:
        """Have every waiting request answered now, and let none wait any more. In the event loop's thread only."""
        if self.serving is not None:
            self.serving.stop()
        self.front.stop()


def _registry(settings: Settings, own: Identity, ending: _Ending, stack: contextlib.ExitStack) -> _Served:
    """Start the whole registry, to be stopped at the end of the stack."""
    dialect = Dialect.named(settings.consul_version)
    registry = stack.enter_context(
        Registry(
            heartbeat_timeout=settings.heartbeat_timeout,
            intervals=Intervals(
                cleanup=settings.cleanup_interval,
                reap=settings.reap_interval,
                least_deregister_after=settings.shortest_deregister_after,
            ),
            node=own.node(dialect),
            server=own.service(dialect),
            rewrites_checks=dialect.rewrites_checks,
        )
    )
    stack.enter_context(Prober(RegisteredProbes(registry), shortest_interval=settings.shortest_check_interval))
    facade = Facade(registry, own, dialect, settings.pretty, ending.leave)
    front = Front(partial(create_app, registry, facade), registry)
    if not settings.fast or settings.log_level is LogLevel.DEBUG:  # each request is logged by uvicorn's own way only
        return _Served(front)
    return _Served(front, Serving(Dispatcher(Native(registry), Consul(facade), Kept(registry)), registry))


class _Ending:
    """How the server is to end, once that is known."""

    how: Stopped | None = None

    def leave(self) -> None:
        """End soon, as a client wants it."""
        self.how = self.how or Stopped.LEFT


class _Server(uvicorn.Server):
    """Uvicorn's server, which prints our ready line and lets go of the waiting when it stops."""

    def __init__(self, config: uvicorn.Config, served: _Served, ready: str, ending: _Ending) -> None:
        super().__init__(config)
        self._served = served
        self._ready = ready
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _spare_collections()
        print(self._ready, flush=True)  # noqa: T201 - what standard output is for
        asyncio.get_running_loop().run_in_executor(None, self._served.front.application)

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._ending.how is not None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Between the two nothing else runs: who is answered now finds its connection closed, and cannot ask again.
        self._served.stop()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._ending.how = self._ending.how or Stopped(sig)
        super().handle_exit(sig, frame)

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


def _spare_collections() -> None:
    """Have the garbage collector look seldom at what lives long: what is registered is in no cycle, and much."""
    gc.freeze()
    gc.set_threshold(*_COLLECTIONS)


def _allow_open_files() -> None:
    """Take as many open files as the system lets a process have, as Go's programs do: each who waits holds one."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limit, macOS tells of too much
        import resource  # noqa: PLC0415

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
