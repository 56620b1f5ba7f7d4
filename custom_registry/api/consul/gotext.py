"""How Go shows things in texts that Consul hands on; it knows nothing of what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_FIRST_BEYOND_ASCII = 0x80
_FIRST_BEYOND_PLANE = 0x10000


def quote(text: str) -> str:
    """Return a text in double quotes as ``%q`` shows it: printable characters as they are, the others escaped."""
    return '"' + "".join(_escape(character) for character in text) + '"'


def quote_byte(byte: int) -> str:
    """Return a byte in single quotes, as Go's JSON decoder shows the character at which it gave up."""
    character = chr(byte)
    if character == "'":
        return "'\\''"
    return "'\"'" if character == '"' else f"'{_escape(character)}'"


def join_errors(errors: Sequence[str]) -> str:
    """Return several errors as one text, as ``go-multierror`` does: a count, a line each, and an empty line."""
    count = "1 error occurred" if len(errors) == 1 else f"{len(errors)} errors occurred"
    lines = "\n\t".join(f"* {error}" for error in errors)
    return f"{count}:\n\t{lines}\n\n"


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < _FIRST_BEYOND_ASCII:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _FIRST_BEYOND_PLANE else f"\\U{code:08x}"
