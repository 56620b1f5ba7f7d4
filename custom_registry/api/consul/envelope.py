"""Answers made into replies of HTTP as Consul's server makes them; it knows no endpoint and no framework.

JSON that is pretty is indented by four spaces and ends with a line break, all other has no blanks and no end; a dev
agent's is always so, another's where ``pretty`` asks for it (``curl`` on 1.8.7). Every answer of an endpoint varies by
encoding, and is sent by gzip to those who take it; what no endpoint answers has neither.
"""

from __future__ import annotations

import gzip
import html
import io
import posixpath
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from custom_registry.api.consul.answers import JSON, NULL, TEXT, Answer, Items, Members
from custom_registry.api.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from custom_registry.api.consul.dialects import Dialect
    from custom_registry.api.exchange import Headers

_INDENT: Final = 4
_ESCAPED = {character.encode(): f"\\u{ord(character):04x}".encode() for character in "<>&\u2028\u2029"}
_PORTION: Final = 100  # members of an object that are there at once
_HTML = "text/html; charset=utf-8"


def respond(answer: Answer, dialect: Dialect, asked: Headers, *, pretty: bool = False) -> Reply:
    """Return the reply of an endpoint.

    Args:
        answer: what it answers.
        dialect: whose headers and habits.
        asked: the request's headers.
        pretty: whether JSON is indented.
    """
    body = _encode(answer, pretty=pretty)
    first: list[tuple[str, str]] = []
    last: list[tuple[str, str]] = []
    if answer.content_type is not None:
        first.append(("Content-Type", answer.content_type))
        if len(body) >= dialect.compresses_from and _takes_gzip(asked.get("Accept-Encoding", "")):
            body = gzip.compress(body, mtime=0)
            last.append(("Content-Encoding", "gzip"))
    elif dialect.empty_answer_type and answer.status < 300:  # noqa: PLR2004 - a success
        last.append(("Content-Type", dialect.empty_answer_type))
    headers = (
        *first,
        ("Content-Length", str(len(body))),
        ("Vary", "Accept-Encoding"),
        *dialect.headers.items(),
        *answer.headers.items(),
        *last,
    )
    return Reply(answer.status, headers, body, answer.lasting)


def refuse_method(method: str, allowed: Sequence[str]) -> Answer:
    """Return the answer to a method that an endpoint does not take, and to ``OPTIONS``."""
    headers = {"Allow": ",".join(("OPTIONS", *allowed))}
    if method == "OPTIONS":
        return Answer(headers=headers, content_type=None)
    return Answer(f"method {method} not allowed", 405, headers, TEXT)


def unknown_path(path: str, dialect: Dialect) -> Reply:
    """Return the answer to a path under ``/v1`` that is no endpoint's."""
    if not dialect.unknown_path_type:
        return _bare(404)
    reason = "not a recognized HTTP API endpoint"
    if "/v1/" not in path:
        reason = "if attempting to use the HTTP API, ensure the path starts with '/v1/'"
    return _bare(404, f"Invalid URL path: {reason}\n", dialect.unknown_path_type)


def unprintable_path() -> Reply:
    """Return the answer to a path with a character that cannot be printed."""
    return _bare(400)


def broken_query(dialect: Dialect) -> Reply:
    """Return the answer to a query string that cannot be parsed."""
    return respond(Answer(status=500, content_type=None), dialect, {})


def redirect(location: str, method: str, dialect: Dialect) -> Reply:
    """Return the way to another path; only who reads is told it in HTML."""
    body = ""
    if method == "GET":
        body = f'<a href="{html.escape(location)}">{dialect.redirect_reason}</a>.\n\n'
    content_type = _HTML if method in {"GET", "HEAD"} else ""
    return _bare(dialect.redirect_status, body, content_type, ("Location", location))


def clean_path(path: str) -> str:
    """Return a path without doubled slashes and dots, as Go's ``ServeMux`` wants it; a slash at its end stays."""
    if path.startswith("/") and "//" not in path and "/." not in path:
        return path  # as most are
    cleaned = posixpath.normpath("/" + path.lstrip("/"))
    return cleaned + "/" if path.endswith("/") and cleaned != "/" else cleaned


def to_json(value: object) -> bytes:
    """Return a value in JSON that is not pretty, with ``<``, ``>`` and ``&`` escaped as Go escapes them."""
    text = msgspec.json.encode(value)
    for character, escape in _ESCAPED.items():
        if character in text:
            text = text.replace(character, escape)
    return text


def _encode(answer: Answer, *, pretty: bool) -> bytes:
    if answer.value is None:
        return b""
    if answer.content_type != JSON:
        return str(answer.value).encode()
    text = _value_to_json(answer.value)
    return msgspec.json.format(text, indent=_INDENT) + b"\n" if pretty else text


def _value_to_json(value: object) -> bytes:
    if isinstance(value, Items):
        return b"[" + b",".join(value.texts) + b"]"
    if isinstance(value, Members):
        return _members_to_json(value)
    return to_json(None if value is NULL else value)


def _members_to_json(members: Members) -> bytes:
    """Return an object in that JSON, of whose values but a portion is taken at a time."""
    shown, text = iter(members.shown), io.BytesIO()
    while portion := {one[members.key]: one for one in islice(shown, _PORTION)}:
        text.write(b"," if text.tell() else b"{")
        text.write(to_json(portion)[1:-1])
    text.write(b"}" if text.tell() else b"{}")
    return text.getvalue()  # without a copy


def _bare(status: int, text: str = "", content_type: str = "", *further: tuple[str, str]) -> Reply:
    body = text.encode()
    typed = (("Content-Type", content_type),) if content_type else ()
    return Reply(status, (*typed, ("Content-Length", str(len(body))), *further), body)


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip().lower() == "gzip":
            weight = parameters.replace(" ", "").partition("q=")[2] or "1"
            return weight.strip("0.") != ""
    return False
