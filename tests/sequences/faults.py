"""Stands between a comparison and its target, and alters what is asked or answered: faults that must be found."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.wire.transport import Pending, Reply, Sent, Transport


@dataclass(frozen=True)
class Fault:
    """What goes wrong on the way.

    Args:
        name: what it is.
        shows_in: how many requests are enough to see it.
        asking: alters a request.
        answering: alters its answer.
    """

    name: str
    shows_in: int
    asking: Callable[[Sent], Sent] = lambda sent: sent
    answering: Callable[[Sent, Reply], Reply] = lambda _, reply: reply

    def through(self, transport: Transport) -> Transport:
        """Return the same way to the target, with this fault on it."""
        return _Faulty(transport, self)


@dataclass(frozen=True)
class _Faulty:
    transport: Transport
    fault: Fault

    def send(self, request: Sent) -> Pending:
        return _Altered(self.transport.send(self.fault.asking(request)), request, self.fault)

    def wait(self, seconds: float) -> None:
        self.transport.wait(seconds)

    def now(self) -> float:
        return self.transport.now()


@dataclass(frozen=True)
class _Altered:
    pending: Pending
    request: Sent
    fault: Fault

    def reply(self, at_most: float) -> Reply:
        return self.fault.answering(self.request, self.pending.reply(at_most))


def _without(pattern: str) -> Callable[[Sent], Sent]:
    return lambda sent: replace(sent, path=re.sub(pattern, "", sent.path))


def _saying(path: str, old: bytes, new: bytes) -> Callable[[Sent, Reply], Reply]:
    return lambda sent, reply: (
        replace(reply, body=reply.body.replace(old, new)) if sent.path.startswith(path) else reply
    )


def _first_index(path: str) -> Callable[[Sent, Reply], Reply]:
    """Answer with the index of the first time, always."""
    first: dict[str, str] = {}

    def answering(sent: Sent, reply: Reply) -> Reply:
        if not sent.path.startswith(path):
            return reply
        headers = [
            (name, first.setdefault(sent.path, value) if name == "X-Consul-Index" else value)
            for name, value in reply.headers
        ]
        return replace(reply, headers=tuple(headers))

    return answering


FAULTS = (
    Fault("a weight is forgotten", 2, answering=_saying("/v1/health/service", b'"Passing": 10', b'"Passing": 1')),
    Fault("an index does not move", 3, answering=_first_index("/v1/health/state/")),
    Fault("a waiting request is not parked", 3, asking=_without(r"[?&](index|hash)=.*")),
)
"""Each is to be found."""
