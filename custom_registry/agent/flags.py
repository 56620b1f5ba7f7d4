"""Flags as Go's package ``flag`` takes them, ``-name value``, ``-name=value``, ``--name``; it knows none by name.

Errors have Go's words, which are what Consul prints (seen on 1.8.7).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}

Value = bool | int | float | str


class FlagError(Exception):
    """The flags cannot be taken; the message says which one, and why."""


class HelpWanted(Exception):
    """One of the flags asks for help."""


class Kind(enum.Enum):
    """What a flag's value must be."""

    BOOLEAN = enum.auto()  # given without a value it is true
    INTEGER = enum.auto()
    NUMBER = enum.auto()
    TEXT = enum.auto()


class Flag(Struct, frozen=True):
    """A flag.

    Args:
        kind: what its value must be.
        value: how help names the value; empty for none.
        help: what it does; empty for one that is not told of.
    """

    kind: Kind
    value: str = ""
    help: str = ""


class Given(Struct, frozen=True):
    """What was given: the flags in their order, and what stands behind them."""

    flags: tuple[tuple[str, Value], ...]
    rest: tuple[str, ...]


def parse(arguments: Sequence[str], known: Mapping[str, Flag]) -> Given:
    """Take arguments apart.

    Args:
        arguments: without the program's name.
        known: flags by name, without dashes.

    Raises:
        FlagError: a flag is unknown, or its value is none of its kind.
        HelpWanted: ``-h`` or ``-help`` is there, and no flag of this name.
    """
    flags: list[tuple[str, Value]] = []
    left = list(arguments)
    while left and left[0].startswith("-") and left[0] != "-":
        argument = left.pop(0)
        if argument == "--":
            break
        name, assigned, text = argument.removeprefix("-").removeprefix("-").partition("=")
        if not name or name.startswith("-"):
            raise FlagError(f"bad flag syntax: {argument}")
        flag = known.get(name)
        if flag is None:
            if name in ("h", "help"):
                raise HelpWanted
            raise FlagError(f"flag provided but not defined: -{name}")
        if flag.kind is Kind.BOOLEAN:
            text = text if assigned else "true"
        elif not assigned:
            if not left:
                raise FlagError(f"flag needs an argument: -{name}")
            text = left.pop(0)
        flags.append((name, _value(name, flag.kind, text)))
    return Given(tuple(flags), tuple(left))


def _value(name: str, kind: Kind, text: str) -> Value:
    if kind is Kind.TEXT:
        return text
    if kind is Kind.BOOLEAN:
        if text not in BOOLEANS:
            reason = f'strconv.ParseBool: parsing "{text}": invalid syntax'
            raise FlagError(f'invalid boolean value "{text}" for -{name}: {reason}')
        return BOOLEANS[text]
    convert, function = (int, "Atoi") if kind is Kind.INTEGER else (float, "ParseFloat")
    try:
        return convert(text)
    except ValueError:
        raise FlagError(
            f'invalid value "{text}" for flag -{name}: strconv.{function}: parsing "{text}": invalid syntax'
        ) from None
