"""What is wrong with a filter, in Consul's words, and where; which HTTP status that becomes is not known here."""

from __future__ import annotations


class FilterError(ValueError):
    """A filter that cannot be used; the text of the error is Consul's whole answer."""


def place(text: str, position: int) -> str:
    """Return line:column (offset) as Consul counts: lines and columns in characters from 1, the offset in bytes from 0.

    A line's end belongs to the line after it, as its column 0.
    """
    line = 1 + text.count("\n", 0, position + 1)
    column = position - text.rfind("\n", 0, position + 1)
    return f"{line}:{column} ({len(text[:position].encode())})"
