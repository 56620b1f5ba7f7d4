"""How the two APIs ask for the same and what their answers say, as far as the bench needs it; it sends nothing."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = Path(__file__).with_name("requests.toml")
_NUMBER = "\0"
DIGITS = 7
"""Of a running number, always as many, so that a request's length does not change with it."""


class WrongAnswer(Exception):
    """An answer is not what it should be; the message says in what."""


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request as an API writes it."""

    method: str
    path: str
    body: str = ""


class API(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One API.

    Args:
        index_header: of what a watch is told to wait for.
        requests: by what they do.
        name: ``consul`` or ``native``.
    """

    index_header: str
    requests: dict[str, Written]
    name: str = ""

    def text(self, do: str, host: str, **values: str) -> str:
        """Return a request as it goes over the wire."""
        return "".join(self.pieces(do, host, **values))

    def pieces(self, do: str, host: str, **values: str) -> tuple[str, ...]:
        """Return the pieces of a request between which a running number goes, wherever a value ends in ``{number}``.

        Args:
            do: one of ``requests``.
            host: ``host:port``, for its header.
            values: what is filled in; a request that needs others has its own.
        """
        written = self.requests[do]
        filled = {"ttl": "3600"} | {name: value.replace("{number}", _NUMBER) for name, value in values.items()}
        body = Template(written.body).substitute(filled)
        lines = [f"{written.method} {Template(written.path).substitute(filled)} HTTP/1.1", f"Host: {host}"]
        if written.method != "GET":
            lines.append(f"Content-Length: {len(body) + body.count(_NUMBER) * (DIGITS - 1)}")
        if body:
            lines.append("Content-Type: application/json")
        return tuple("\r\n".join([*lines, "", body]).split(_NUMBER))

    def read(self, what: str, body: bytes) -> Any:  # noqa: ANN401 - each of them reads something else
        """Read an answer.

        Args:
            what: ``ids`` of the instances discovered, ``names`` of the services listed, or ``total`` of all instances.
            body: the answer's.

        Raises:
            WrongAnswer: it says nothing of the kind.
        """
        try:
            return _READERS[self.name, what](json.loads(body))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise WrongAnswer(f"{body[:80]!r} has no {what} ({error!r})") from error


_READERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("consul", "ids"): lambda answer: [entry["Service"]["ID"] for entry in answer],
    ("consul", "names"): list,
    ("consul", "total"): len,
    ("native", "ids"): lambda answer: [instance["id"] for instance in answer["instances"]],
    ("native", "names"): lambda answer: list(answer["services"]),
    ("native", "total"): lambda answer: answer["total_instances"],
}


@cache
def apis() -> dict[str, API]:
    """Return all APIs by name, as ``requests.toml`` has them."""
    read = msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), dict[str, API])
    return {name: msgspec.structs.replace(api, name=name) for name, api in read.items()}
