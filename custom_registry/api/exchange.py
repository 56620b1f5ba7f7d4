"""A request of HTTP as the APIs see it and what they reply; of the framework that serves them they know nothing."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from custom_registry.api.waiting import Parking
    from custom_registry.core.topics import Topic


class Headers(Protocol):
    """The headers of a request, by names without regard to case."""

    def get(self, name: str, default: str, /) -> str:
        """Return the value of a header."""


class Asked(Struct, frozen=True):
    """A request.

    Args:
        method: of HTTP.
        path: with its escapes resolved.
        query: as it came, without its question mark.
        headers: by names without regard to case.
        body: as it came; None where it is larger than any may be.
        parking: where the request is parked if it has to wait; None where its thread waits.
    """

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes | None = b""
    parking: Parking | None = None


class Lasting(Struct, frozen=True):
    """How long a reply stays what it is: until a topic has another version, at most so many seconds.

    Args:
        topic: what was read.
        version: ``State.version`` of it, as it was when it was read or a moment before.
        seconds: after which it is to be read again all the same.
    """

    topic: Topic
    version: object
    seconds: float = math.inf


class Reply(Struct, frozen=True):
    """What is replied, ready to be sent: the headers are all that go with it but for the server's own.

    Args:
        status: of HTTP.
        headers: in their order, with the length of the body.
        body: as it is sent.
        lasting: how long it may be kept for who asks the same; None where it may not.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    lasting: Lasting | None = None


def to_json(value: object, status: int = 200, *headers: tuple[str, str], lasting: Lasting | None = None) -> Reply:
    """Return a reply of JSON on one line, its keys in their order."""
    body = msgspec.json.encode(value) + b"\n"
    typed = _typed(len(body))
    return Reply(status, typed + headers if headers else typed, body, lasting)


@lru_cache(maxsize=256)
def _typed(length: int) -> tuple[tuple[str, str], ...]:
    return ("Content-Type", "application/json"), ("Content-Length", str(length))
