"""A query string as Go's ``url.ParseQuery`` reads it; it does not know which arguments there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_registry.api.consul.dialects import Dialect

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


class BrokenQuery(ValueError):
    """A query string that Go refuses to parse."""


class Arguments:
    """The arguments of a request. Their names are as they came, in this case and no other."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        """Keep the values of each name."""
        self._values = values

    @classmethod
    def parse(cls, query: str, dialect: Dialect) -> Self:
        """Read a query string.

        Raises:
            BrokenQuery: of an escape that is none, or a semicolon where these no longer separate.
        """
        if not query:
            return cls({})
        if _BROKEN_ESCAPE.search(query):
            raise BrokenQuery("invalid URL escape")
        if ";" in query and not dialect.semicolon_separates:
            raise BrokenQuery("invalid semicolon separator in query")
        values: dict[str, list[str]] = {}
        for part in re.split("[&;]", query):
            if part:
                name, _, value = part.partition("=")
                values.setdefault(_unescape(name), []).append(_unescape(value))
        return cls(values)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._values)

    def __contains__(self, name: object) -> bool:
        """Whether it is given, be it without a value."""
        return name in self._values

    def first(self, name: str) -> str:
        """Return the first value of a name; nothing where there is none."""
        return self._values[name][0] if name in self._values else ""

    def all(self, name: str) -> list[str]:
        """Return every value of a name in their order."""
        return self._values.get(name, [])

    def without(self, names: frozenset[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return all but these, in the order of their names: what makes two requests ask for the same."""
        return tuple(sorted((name, tuple(values)) for name, values in self._values.items() if name not in names))


def parse_bool(text: str) -> bool | None:
    """Return what Go's ``strconv.ParseBool`` makes of a text; None where it refuses it."""
    if text in _TRUE:
        return True
    return False if text in _FALSE else None


def _unescape(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "replace")
