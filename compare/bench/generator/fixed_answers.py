"""A server that knows its answer beforehand: how fast it is asked shows how fast the generator is, no server's work."""

from __future__ import annotations

import asyncio
import re
from functools import cache
from typing import TYPE_CHECKING, cast

from compare.bench.jobs import Listening

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from compare.bench.jobs import FixedAnswers

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"[A-Z]+ /(\d+)/")
_LARGEST = 100_000_000
_BACKLOG = 1024


async def run(job: FixedAnswers, say: Callable[[msgspec.Struct], None]) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", job.port, backlog=_BACKLOG)
    say(Listening(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


class _Answering(asyncio.Protocol):
    """A connection; it reads no more of a request than where it ends."""

    def __init__(self) -> None:
        self._rest = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not one by inheritance

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while True:
            head = self._rest.find(_END)
            if head < 0:
                return
            length = _LENGTH.search(self._rest, 0, head)
            end = head + len(_END) + (int(length[1]) if length else 0)
            if len(self._rest) < end:
                return
            size = _SIZE.match(self._rest)
            self._rest = self._rest[end:]
            self._transport.write(_answer(min(_LARGEST, int(size[1])) if size else 0))


@cache
def _answer(size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size + b" " * size
