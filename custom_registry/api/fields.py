"""Reads single values out of a JSON object, by type and limit, and says what is wrong with one; it knows no command."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeVar

from custom_registry.api.body import json_type
from custom_registry.core.model import ADDRESS_KEY
from discovery.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_Default = TypeVar("_Default")

LONGEST_NAME = 128  # characters of a service's name or of a tag
LONGEST_ADDRESS = 512  # characters; as much as a value of Consul's metadata holds, where it is kept for Consul
LONGEST_ID = LONGEST_NAME + 1 + LONGEST_ADDRESS + len(":65535")  # whatever can be derived can be given
LONGEST_NOTE = 4096  # characters; where Consul cuts a check's output
LONGEST_TTL = 24 * 60 * 60.0  # seconds
HIGHEST_NUMBER = 65535  # of ports, and of weights as Consul has them (transcript register_shapes, 1.8.7 and 1.21.4)
MOST_TAGS = 64
# Consul's limits on metadata (transcript register_shapes, 1.8.7 and 1.21.4): what is accepted here can move there.
MOST_METADATA = 64
LONGEST_METADATA_KEY = 128
LONGEST_METADATA_VALUE = 512
_METADATA_KEY = re.compile(r"[A-Za-z0-9_-]+")


def refuse_unknown(given: Iterable[str], known: tuple[str, ...], what: str) -> None:
    """Refuse names that are not known.

    Args:
        given: the names that came.
        known: those there are.
        what: what a name is a name of, for the message.

    Raises:
        InvalidRequest: one is not known; the message lists those that are.
    """
    for name in given:
        if name not in known:
            there_are = f"known are {', '.join(known)}" if known else "none is taken here"
            raise InvalidRequest(f"unknown {what} {name[:64]!r}: {there_are}", field=name[:64])


def read_text(values: Mapping[str, object], name: str, longest: int) -> str:
    """Read a required text for one line: printable, not empty, no space at its ends."""
    if name not in values:
        raise InvalidRequest(f"{name} is missing: give it as a string", field=name)
    return _line(values[name], name, longest)


def read_service(values: Mapping[str, object]) -> str:
    """Read the required name of a service, which has to survive in the path of a URL."""
    name = read_text(values, "service", LONGEST_NAME)
    if any(part in {"", ".", ".."} for part in name.split("/")):
        raise InvalidRequest(
            "service must not have an empty part, '.' or '..' between slashes: it is part of a URL's path, "
            "as in GET /discover/user-service",
            field="service",
        )
    return name


def read_whole(values: Mapping[str, object], name: str, default: _Default) -> int | _Default:
    """Read a whole number between 1 and 65535."""
    if name not in values:
        return default
    value = values[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidRequest(f"{name} must be a whole number, not {_described(value)}", field=name)
    if not 1 <= value <= HIGHEST_NUMBER:
        raise InvalidRequest(f"{name} must lie between 1 and {HIGHEST_NUMBER}", field=name)
    return value


def read_ttl(values: Mapping[str, object], default: float) -> float:
    """Read a ttl in seconds."""
    value = values.get("ttl", default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidRequest(f"ttl must be a number of seconds, not {json_type(value)}", field="ttl")
    if not 0 < value <= LONGEST_TTL or not math.isfinite(value):
        raise InvalidRequest(f"ttl must be more than 0 and at most {LONGEST_TTL:.0f} seconds", field="ttl")
    return float(value)


def read_tags(values: Mapping[str, object]) -> tuple[str, ...]:
    """Read a list of tags; order and repetition are kept."""
    value = values.get("tags", [])
    if not isinstance(value, list):
        raise InvalidRequest(f"tags must be an array of strings, not {json_type(value)}", field="tags")
    if len(value) > MOST_TAGS:
        raise InvalidRequest(f"tags must be at most {MOST_TAGS}", field="tags")
    return tuple(_line(tag, "tags", LONGEST_NAME, "each of tags") for tag in value)


def read_metadata(values: Mapping[str, object]) -> dict[str, str]:
    """Read metadata: text by text, within Consul's limits."""
    value = values.get("metadata", {})
    if not isinstance(value, dict):
        raise InvalidRequest(f"metadata must be an object of strings, not {json_type(value)}", field="metadata")
    if len(value) > MOST_METADATA:
        raise InvalidRequest(f"metadata must have at most {MOST_METADATA} keys", field="metadata")
    for key, text in value.items():
        if len(key) > LONGEST_METADATA_KEY or not _METADATA_KEY.fullmatch(key):
            raise InvalidRequest(
                f"metadata's keys must be 1 to {LONGEST_METADATA_KEY} letters, digits, '-' and '_', not {key[:64]!r}",
                field="metadata",
            )
        if key == ADDRESS_KEY:
            raise InvalidRequest(f"metadata's key {key!r} is reserved: choose another name", field="metadata")
        _free_text(text, "metadata", LONGEST_METADATA_VALUE, f"metadata's value of {key!r}")
    return dict(value)


def read_note(values: Mapping[str, object]) -> str:
    """Read a note: any text, of several lines if need be, or none."""
    return _free_text(values.get("note", ""), "note", LONGEST_NOTE, "note")


def read_choice(values: Mapping[str, object], name: str, choices: tuple[str, ...], default: str) -> str:
    """Read one of a few words."""
    value = values.get(name, default)
    if not isinstance(value, str) or value not in choices:
        raise InvalidRequest(f"{name} must be one of {', '.join(choices)}", field=name)
    return value


def _line(value: object, name: str, longest: int, what: str | None = None) -> str:
    what = what or name
    text = _free_text(value, name, longest, what)
    if not text:
        raise InvalidRequest(f"{what} must not be empty", field=name)
    if not text.isprintable() or text != text.strip():
        raise InvalidRequest(f"{what} must be printable, without spaces at its ends", field=name)
    return text


def _free_text(value: object, name: str, longest: int, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"{what} must be a string, not {json_type(value)}", field=name)
    if len(value) > longest:
        raise InvalidRequest(f"{what} must be at most {longest} characters, not {len(value)}", field=name)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(f"{what} holds half of a surrogate pair, which is no character", field=name) from None
    return value


def _described(value: object) -> str:
    return "a fraction" if isinstance(value, float) else json_type(value)
