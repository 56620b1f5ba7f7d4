"""How Go reads and writes strings, numbers and regular expressions, for Consul's errors repeat Go's words.

Errors are ValueErrors whose text is what Go's would be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_QUOTED = {char: f"\\{name}" for name, char in _NAMED.items()}
_ESCAPE = re.compile(
    r"""\\(?: (?P<named>[abfnrtv\\"]) | x(?P<byte>[0-9a-fA-F]{2}) | (?P<octal>[0-3][0-7]{2})
            | u(?P<short>[0-9a-fA-F]{4}) | U(?P<long>[0-9a-fA-F]{8}) | (?P<bad>.?) )""",
    re.VERBOSE | re.DOTALL,
)
_SURROGATES = range(0xD800, 0xE000)
_MAX_RUNE, _MAX_SHORT = 0x10FFFF, 0xFFFF
_ASCII, _ESCAPED_BYTES = range(0x80), range(0xDC80, 0xDD00)  # the latter stand for bytes that are no UTF-8

# An underscore may stand between digits, and between a base's prefix and a digit.
_INTEGER = re.compile(
    r"""(?P<sign>[+-]?)(?: 0[xX](?P<hex>(?:_?[0-9a-fA-F])+) | 0[bB](?P<binary>(?:_?[01])+)
            | 0(?:[oO]_?|_?)(?P<octal>[0-7](?:_?[0-7])*) | (?P<decimal>0|[1-9](?:_?[0-9])*) )""",
    re.VERBOSE,
)
_BASES = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
_INT64 = range(-(2**63), 2**63)
_LONGEST_INT64 = 64  # digits, in the smallest base

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})

# RE2 and Go's regexp are one language; their errors differ in these words.
_PATTERN_ERRORS = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}


def quote(text: str) -> str:
    """Return the text as Go's %q shows it."""
    return '"' + "".join(map(_quoted, text)) + '"'


def _quoted(char: str) -> str:
    if char in _QUOTED:
        return _QUOTED[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code in _ASCII or code in _ESCAPED_BYTES:
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}" if code <= _MAX_SHORT else f"\\U{code:08x}"


def unquote(literal: str) -> str:
    """Return what a Go string literal, in double quotes or backticks, stands for.

    Bytes that are no UTF-8 come as Python's surrogate escapes.

    Raises:
        ValueError: it has a line's end between double quotes, or an escape that Go does not know.
    """
    body = literal[1:-1]
    if literal[0] == "`":
        return body.replace("\r", "")
    if "\n" in body:
        raise ValueError("invalid syntax")
    start, pieces = 0, []
    for escape in _ESCAPE.finditer(body):
        pieces += [body[start : escape.start()].encode(errors="surrogateescape"), _unescaped(escape)]
        start = escape.end()
    pieces.append(body[start:].encode(errors="surrogateescape"))
    return b"".join(pieces).decode(errors="surrogateescape")


def _unescaped(escape: re.Match[str]) -> bytes:
    kind, digits = escape.lastgroup, escape[escape.lastgroup or 0]
    if kind == "named":
        return _NAMED[digits].encode()
    if kind == "byte":
        return bytes([int(digits, 16)])
    if kind == "octal":
        return bytes([int(digits, 8)])
    if kind == "bad" or (code := int(digits, 16)) > _MAX_RUNE or code in _SURROGATES:
        raise ValueError("invalid syntax")
    return chr(code).encode()


def parse_int(text: str) -> int:
    """Return a 64 bit integer in any of Go's spellings: 80, 0x50, 0b1010000, 0o120, 0120, 1_000.

    Raises:
        ValueError: it is no integer, or does not fit.
    """
    found = _INTEGER.fullmatch(text)
    if found is None or found.lastgroup is None:
        raise ValueError(f"strconv.ParseInt: parsing {quote(text)}: invalid syntax")
    digits = found[found.lastgroup].replace("_", "").lstrip("0") or "0"
    # Python takes time in the square of the digits' number to read them; none that fits has so many.
    number = int(found["sign"] + digits, _BASES[found.lastgroup]) if len(digits) <= _LONGEST_INT64 else 2**64
    if number not in _INT64:
        raise ValueError(f"strconv.ParseInt: parsing {quote(text)}: value out of range")
    return number


def parse_bool(text: str) -> bool:
    """Return the truth value.

    Raises:
        ValueError: it is none of Go's spellings of one.
    """
    if text not in _TRUE | _FALSE:
        raise ValueError(f"strconv.ParseBool: parsing {quote(text)}: invalid syntax")
    return text in _TRUE


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a text has a match of the pattern anywhere, in time linear in the text.

    Raises:
        ValueError: RE2, which is Go's language of regular expressions, cannot read the pattern.
    """
    import re2  # noqa: PLC0415 - needed by few filters, and the start is to be quick

    options = re2.Options()
    options.log_errors = False
    try:
        found = re2.compile(pattern.encode(), options)
    except UnicodeEncodeError as error:
        shown = pattern.encode(errors="surrogateescape").decode(errors="replace")
        raise ValueError(f"error parsing regexp: invalid UTF-8: `{shown}`") from error
    except re2.error as error:
        what, _, where = error.args[0].decode(errors="replace").partition(": ")
        raise ValueError(f"error parsing regexp: {_PATTERN_ERRORS.get(what, what)}: `{where}`") from error
    return lambda text: found.search(text.encode(errors="replace")) is not None
