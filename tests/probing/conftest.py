"""What the tests of probes share: servers to be probed, and the running of one probe."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from custom_registry.core.probes import Probe, Result
from custom_registry.probing import run
from tests.support.loopback import Server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from custom_registry.core.probes import Action

Serve = Callable[..., Server]
Once = Callable[..., Result]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers, and close them after the test."""
    with contextlib.ExitStack() as stack:

        def started(*answers: bytes, tls: ssl.SSLContext | None = None, hold: bool = False) -> Server:
            server = Server(*answers, tls=tls, hold=hold)
            stack.callback(server.close)
            return server

        yield started


@pytest.fixture
def once() -> Once:
    """Run a probe once."""

    def ran(action: Action, *, timeout: float = 10.0, output_max_size: int = 0) -> Result:
        async def one() -> Result:
            return await run(Probe(action=action, interval=1.0, timeout=timeout, output_max_size=output_max_size))

        return asyncio.run(one())

    return ran
