"""The one mapping of refusals to HTTP; it knows no route and no framework.

Every refusal is JSON: ``error`` says what is wrong and what would be right, ``field`` names the value that is wrong
(null where it is none of them), ``code`` is for programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from custom_registry.api.body import LARGEST_BODY
from custom_registry.api.exchange import to_json
from discovery.errors import InvalidRequest, RequestRefused, UnknownInstance

if TYPE_CHECKING:
    from custom_registry.api.exchange import Reply


class NoHeartbeat(RequestRefused):
    """An instance is there, but waits for no heartbeat: Consul's API registered it without a TTL check."""


class TooLarge(RequestRefused):
    """A body is larger than any may be."""

    def __init__(self) -> None:
        """Say how large one may be."""
        super().__init__(f"the body is too large: at most {LARGEST_BODY // 1024} KiB")


_REFUSALS: dict[type[RequestRefused], tuple[int, str]] = {
    InvalidRequest: (400, "invalid_request"),
    UnknownInstance: (404, "unknown_instance"),
    NoHeartbeat: (409, "no_heartbeat"),
    TooLarge: (413, "too_large"),
}


def refusal(error: RequestRefused) -> Reply:
    """Return how an error is told."""
    status, code = _REFUSALS[type(error)]
    return refuse(status, str(error), code, error.field)


def refuse(status: int, message: str, code: str, field: str | None = None, *headers: tuple[str, str]) -> Reply:
    """Return a refusal.

    Args:
        status: of HTTP.
        message: what is wrong, and what would be right.
        code: for programs.
        field: the value that is wrong.
        headers: beside those that every reply has.
    """
    return to_json({"error": message, "field": field, "code": code}, status, *headers)


FAULT: Final = refuse(500, "the registry failed to answer: its log says why", "internal_server_error")
"""What is told of a fault of our own: nothing of it."""
