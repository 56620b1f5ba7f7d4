"""JSON read as Go's ``json.Decoder`` reads it, with its errors; it does not know what the value is for.

The first value of the body counts, whatever stands behind it (transcript ``register_shapes``, "trail", 1.8.7 and
1.21.4). Python's own parser does the work; only where it gives up does the scanner below go through the text once more,
to say what Go would have said.
"""

from __future__ import annotations

import json
from typing import Final, NoReturn

from custom_registry.api.consul.gotext import quote_byte


class SyntaxProblem(ValueError):
    """A body is not JSON; the message is Go's own."""


class Number(str):
    """A number as it was written, so that an error can show it and nothing is lost of it."""

    __slots__ = ()


class Pairs(list[tuple[str, object]]):
    """An object: its keys and values in their order, repeated keys included."""

    __slots__ = ()


def read_json(body: bytes) -> object:
    """Return the first JSON value of a body: text, ``Number``, bool, None, list or ``Pairs``.

    Raises:
        SyntaxProblem: there is none.
    """
    text = body.decode("utf-8", "replace").lstrip(_SPACE)  # Go too puts U+FFFD for bytes that are no UTF-8
    if not text:
        raise SyntaxProblem("EOF")
    try:
        value, end = _PARSER.raw_decode(text)
    except RecursionError:
        raise SyntaxProblem("exceeded max depth") from None
    except (ValueError, _ForeignConstant):
        raise _explain(body) from None
    if isinstance(value, Number) and text[end:].lstrip(_SPACE):
        _Scanner(body).skip_value()  # "1.x" is a number with something behind it only to Python
    return _without_surrogates(value) if b"\\u" in body else value


def _explain(body: bytes) -> SyntaxProblem:
    scanner = _Scanner(body)
    try:
        scanner.skip_value()
    except SyntaxProblem as problem:
        return problem
    return SyntaxProblem("unexpected EOF")


class _ForeignConstant(Exception):
    """NaN or Infinity, which Python's parser takes."""


def _refuse_constant(constant: str) -> NoReturn:
    raise _ForeignConstant(constant)


_SPACE: Final = " \t\r\n"
_PARSER = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_float=Number, parse_int=Number, parse_constant=_refuse_constant, strict=True
)


def _without_surrogates(value: object) -> object:
    """Return a value with U+FFFD for halves of surrogate pairs, as Go reads them."""
    match value:
        case Number():
            return value
        case str():
            return (
                value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _has_surrogate(value) else value
            )
        case Pairs():
            return Pairs((str(_without_surrogates(key)), _without_surrogates(one)) for key, one in value)
        case list():
            return [_without_surrogates(one) for one in value]
        case _:
            return value


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


class _Scanner:
    """Goes through a text that is not JSON until it finds out where, as Go's ``scanner.go`` does, byte by byte."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def skip_value(self) -> None:
        """Skip one value and the space before it.

        Raises:
            SyntaxProblem: here it is.
        """
        byte = self._next_visible()
        match chr(byte):
            case "{":
                self._skip_object()
            case "[":
                self._skip_array()
            case '"':
                self._skip_string()
            case "t" | "f" | "n":
                self._skip_literal({"t": "true", "f": "false", "n": "null"}[chr(byte)])
            case "-" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9":
                self._skip_number(byte)
            case _:
                self._refuse(byte, "looking for beginning of value")

    def _skip_object(self) -> None:
        byte = self._next_visible()
        if byte == ord("}"):
            return
        while True:
            if byte != ord('"'):
                self._refuse(byte, "looking for beginning of object key string")
            self._skip_string()
            byte = self._next_visible()
            if byte != ord(":"):
                self._refuse(byte, "after object key")
            self.skip_value()
            byte = self._next_visible()
            if byte == ord("}"):
                return
            if byte != ord(","):
                self._refuse(byte, "after object key:value pair")
            byte = self._next_visible()

    def _skip_array(self) -> None:
        if self._next_visible() == ord("]"):
            return
        self._at -= 1
        while True:
            self.skip_value()
            byte = self._next_visible()
            if byte == ord("]"):
                return
            if byte != ord(","):
                self._refuse(byte, "after array element")

    def _skip_string(self) -> None:
        while (byte := self._next()) != ord('"'):
            if byte == ord("\\"):
                self._skip_escape()
            elif byte < ord(" "):
                self._refuse(byte, "in string literal")

    def _skip_escape(self) -> None:
        byte = self._next()
        if byte == ord("u"):
            for _ in range(4):
                byte = self._next()
                if chr(byte) not in "0123456789abcdefABCDEF":
                    self._refuse(byte, "in \\u hexadecimal character escape")
        elif chr(byte) not in 'bfnrt\\/"':
            self._refuse(byte, "in string escape code")

    def _skip_literal(self, literal: str) -> None:
        for expected in literal[1:]:
            byte = self._next()
            if byte != ord(expected):
                self._refuse(byte, f"in literal {literal} (expecting '{expected}')")

    def _skip_number(self, byte: int) -> None:
        if byte == ord("-"):
            byte = self._next()
            if not _is_digit(byte):
                self._refuse(byte, "in numeric literal")
        if byte != ord("0"):
            self._skip_digits()
        if self._peek() == ord("."):
            self._at += 1
            self._require_digit("after decimal point in numeric literal")
        if self._peek() in b"eE":
            self._at += 1
            if self._peek() in b"+-":
                self._at += 1
            self._require_digit("in exponent of numeric literal")

    def _require_digit(self, context: str) -> None:
        byte = self._next()
        if not _is_digit(byte):
            self._refuse(byte, context)
        self._skip_digits()

    def _skip_digits(self) -> None:
        while _is_digit(self._peek()):
            self._at += 1

    def _peek(self) -> int:
        """Return the next byte without taking it, 0 at the end."""
        return self._body[self._at] if self._at < len(self._body) else 0

    def _next(self) -> int:
        if self._at >= len(self._body):
            raise SyntaxProblem("unexpected EOF")
        byte = self._body[self._at]
        self._at += 1
        return byte

    def _next_visible(self) -> int:
        while (byte := self._next()) in b" \t\r\n":
            pass
        return byte

    def _refuse(self, byte: int, context: str) -> NoReturn:
        raise SyntaxProblem(f"invalid character {quote_byte(byte)} {context}")


def _is_digit(byte: int) -> bool:
    return ord("0") <= byte <= ord("9")
