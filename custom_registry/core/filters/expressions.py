"""The tree of a parsed filter; it knows neither how one is written nor what it is asked of."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from msgspec import Struct


class Operator(Enum):
    """What a comparison does; the value is the name that Consul's errors give it."""

    EQUAL = "Equal"
    NOT_EQUAL = "Not Equal"
    IN = "In"
    NOT_IN = "Not In"
    IS_EMPTY = "Is Empty"
    IS_NOT_EMPTY = "Is Not Empty"
    MATCHES = "Matches"
    NOT_MATCHES = "Not Matches"


class Comparison(Struct, frozen=True):
    """One comparison: what is looked at, how, and with which value (None where the operator takes none)."""

    selector: tuple[str, ...]
    operator: Operator
    value: str | None


class Not(Struct, frozen=True):
    """True where its operand is not."""

    operand: Expression


class Both(Struct, frozen=True):
    """True where all its parts are, which are asked from left to right as far as needed."""

    parts: tuple[Expression, ...]


class Either(Struct, frozen=True):
    """True where one of its parts is, which are asked from left to right as far as needed."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Comparison | Not | Both | Either
