"""Reads a request's body as one JSON object, strictly; it does not know what is in it."""

from __future__ import annotations

import json
from typing import Final, NoReturn

from discovery.errors import InvalidRequest

LARGEST_BODY = 512 * 1024  # bytes


def decode_object(body: bytes) -> dict[str, object]:
    """Return the JSON object that a body holds.

    Stricter than most readers, since what one reader takes and another does not is nobody's intention: no key twice, no
    NaN or Infinity, UTF-8 only, nothing behind the object.

    Raises:
        InvalidRequest: it is not such an object.
    """
    if not body.strip():
        raise InvalidRequest('the body is empty: send a JSON object, as in {"service": "user-service"}')
    try:
        value = _DECODER.decode(body.decode())
    except UnicodeDecodeError:
        raise InvalidRequest("the body is not UTF-8") from None
    except RecursionError:
        raise InvalidRequest("the body is nested too deeply") from None
    except ValueError as error:  # also a number of more digits than Python reads
        raise InvalidRequest(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidRequest(f"the body must be a JSON object, not {json_type(value)}")
    return value


def json_type(value: object) -> str:
    """Return what JSON calls the type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise InvalidRequest(f"the body gives {key[:64]!r} twice: give it once", field=key[:64])
        found[key] = value
    return found


def _refuse_constant(constant: str) -> NoReturn:
    raise InvalidRequest(f"the body holds {constant}, which JSON does not have")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_without_repetition, parse_constant=_refuse_constant)
