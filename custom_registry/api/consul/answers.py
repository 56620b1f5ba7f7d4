"""What an endpoint answers, before it is HTTP: a value or a text, a status and headers; and refusals.

Of HTTP it knows these names only; ``envelope`` makes a reply of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from custom_registry.api.exchange import Lasting

TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"


class Items(Struct, frozen=True):
    """A list for JSON whose items are JSON already, made by ``envelope.to_json``."""

    texts: tuple[bytes, ...]


class Members(Struct, frozen=True):
    """An object for JSON whose values can be made one after the other, so that never all of them are there at once.

    Args:
        key: of each value, what it says there is its name.
        shown: the values.
    """

    key: str
    shown: Iterable[Mapping[str, object]]


class Answer(Struct, frozen=True):
    """What is answered.

    Args:
        value: what is sent as JSON, be it ``Items`` or ``Members``; a text where ``content_type`` is not JSON; None
            for no body.
        status: the status of HTTP.
        headers: beside those that every answer has.
        content_type: of the body; None for the one that goes with there being none.
        lasting: how long it may be kept; None where it may not.
    """

    value: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str | None = JSON
    lasting: Lasting | None = None


NOTHING: Final = Answer(content_type=None)
"""Success, and nothing to tell of it."""


class Refused(Exception):
    """A request that is not done; its text is the body of the answer.

    Args:
        status: the status of HTTP.
        text: what Consul says.
        headers: beside those that every answer has.
    """

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        """Keep what is to be answered."""
        super().__init__(text)
        self.answer = Answer(text, status, dict(headers or {}), TEXT)


class _Null:
    """JSON's null as the whole of a body."""


NULL: Final = _Null()
