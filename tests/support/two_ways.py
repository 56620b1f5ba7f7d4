"""The same requests to the fast way and to the full one, byte by byte, each over a registry of its own on one clock."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from uvicorn.server import ServerState

from custom_registry.api import create_app
from custom_registry.api.consul.asking import Consul
from custom_registry.api.consul.call import Facade
from custom_registry.api.consul.dialects import DEFAULT, Dialect
from custom_registry.api.consul.identity import Identity
from custom_registry.api.native import Native
from custom_registry.front import Front
from custom_registry.joined import JoinedHttpProtocol
from custom_registry.registry import Registry
from custom_registry.serving.dispatch import Dispatcher
from custom_registry.serving.kept import Kept
from custom_registry.serving.protocol import FastProtocol, Serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PATIENCE = 20.0  # seconds; an answer that takes as long does not come
_DATE = (b"date", b"Thu, 01 Jan 1970 00:00:00 GMT")


@dataclass
class Way:
    """A server on a loopback port, in this process and event loop.

    Args:
        port: where it listens.
        registry: what it serves.
        front: the full way.
        serving: the fast one; None where there is none.
        state: uvicorn's, with the connections.
        asked_in_full: the targets of the requests that took the full way.
    """

    port: int
    registry: Registry
    front: Front
    serving: Serving | None
    state: ServerState
    asked_in_full: list[str]

    def stop(self) -> None:
        """End as the server does: who waits is answered, then connections are closed."""
        if self.serving is not None:
            self.serving.stop()
        self.front.stop()
        for connection in tuple(self.state.connections):
            connection.shutdown()


@contextlib.asynccontextmanager
async def serve(
    *, fast: bool, clock: Callable[[], float], dialect: Dialect = DEFAULT, keep_alive: float = 75
) -> AsyncIterator[Way]:
    """Serve a new registry. Its sweeper does not run: what is due is done when somebody asks."""
    own = Identity(node_name="node-1", node_id="9a2e3d2a-0f0c-4f6f-9d0e-6a5d8e1c0b11")
    registry = Registry(clock=clock, node=own.node(dialect), server=own.service(dialect))
    facade = Facade(registry, own, dialect, leave=lambda: None, stagger=lambda _seconds: 0.0)
    front = Front(partial(create_app, registry, facade), registry)
    asked: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await front(scope, receive, send)

    config = uvicorn.Config(application, log_config=None, lifespan="off", ws="none", access_log=False)
    config.timeout_keep_alive = cast("int", keep_alive)  # it can be less than a second
    config.load()
    state = ServerState()
    state.default_headers = [_DATE]
    serving = None
    protocol: Callable[..., asyncio.Protocol] = JoinedHttpProtocol
    if fast:
        kept = Kept(registry, clock)
        serving = Serving(Dispatcher(Native(registry), Consul(facade), kept), registry)
        protocol = partial(FastProtocol, serving=serving)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(protocol, config, state, {}), "127.0.0.1", 0)
    way = Way(server.sockets[0].getsockname()[1], registry, front, serving, state, asked)
    try:
        yield way
    finally:
        way.stop()
        server.close()
        await loop.run_in_executor(None, front._bridge.executor.shutdown)  # its threads need this loop to end


@dataclass
class Client:
    """A connection, spoken to byte by byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def connect(cls, way: Way) -> Client:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", way.port))

    async def send(self, *parts: bytes) -> None:
        """Send in parts, each by itself."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0.002 if len(parts) > 1 else 0)

    async def answer(self, *, headless: bool = False) -> bytes:
        """Return one answer as it came; without a body where the request's method was HEAD."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        length = re.search(rb"content-length: (\d+)", head)
        if headless or length is None:
            return head
        return head + await asyncio.wait_for(self.reader.readexactly(int(length[1])), PATIENCE)

    async def rest(self) -> bytes:
        """Return all that comes until the server closes."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE)

    def close(self) -> None:
        """Vanish."""
        self.writer.close()


def request(method: str, target: str, body: bytes | None = None, **headers: str) -> bytes:
    """Return a request of HTTP/1.1; underscores in names of headers stand for hyphens."""
    lines = [f"{method} {target} HTTP/1.1", "Host: h"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")
