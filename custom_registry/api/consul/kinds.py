"""What a value in a body can be, and how Go reads it from JSON, with its errors; it knows no struct."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Final

from msgspec import Meta, Struct

from custom_registry.api.consul.durations import parse_duration
from custom_registry.api.consul.gojson import Number, Pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from custom_registry.api.consul.dialects import Dialect

_LARGEST = 2**63  # Go's int has 64 bits
_LARGEST_UNSIGNED = 2**64
_LONG_FORM = 1e21  # below which Go writes a whole number without an exponent


class DecodeProblem(ValueError):
    """A body cannot be decoded; the message is Go's own."""


class Misfit(DecodeProblem):
    """A value is of another type than its field."""

    def __init__(self, value: str, kind: str, place: Place) -> None:
        """Say what was found, and where."""
        self._value, self._kind, self._place = value, kind, place
        where = f"struct field {place.struct}.{place.shown}" if place.path else "value"
        super().__init__(f"json: cannot unmarshal {value} into Go {where} of type {kind}")

    def within(self, outer: Place) -> Misfit:
        """Return the same as it is told by the decoder around a struct that decodes itself."""
        path = outer.path + (self._place.path if outer.scope.dialect.full_field_paths else ())
        return Misfit(self._value, self._kind, Place(outer.scope, outer.struct, path))


class Scope(Struct):
    """One run of a decoder: what it allows, and the first fault it met."""

    dialect: Dialect
    strict: bool
    fault: DecodeProblem | None = None

    def note(self, fault: DecodeProblem) -> None:
        """Keep a fault, if it is the first."""
        self.fault = self.fault or fault


class Place(Struct, frozen=True):
    """Where in a body a value stands, in the names that Go tells."""

    scope: Scope
    struct: str = ""
    path: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The names in one."""
        return ".".join(self.path)

    def misfit(self, value: object, kind: str, *, literal: bool = False) -> None:
        """Note that a value is of another type than this place takes."""
        told = _KINDS[type(value)]
        self.scope.note(Misfit(f"{told} {value}" if literal else told, kind, self))


_KINDS: Final[Mapping[type, str]] = {str: "string", Number: "number", bool: "bool", list: "array", Pairs: "object"}


class Kind(Struct, frozen=True, dict=True):
    """What a value can be.

    Args:
        go: the type's name in errors.
        zero: the value where none is given.
        read: takes a JSON value other than null, and where it stands; what it returns does not matter after a misfit.
        exact: the type, to msgspec, of what most bodies have there; None where it takes ``read`` to tell.
        complete: returns what ``read`` would of a value of that type; None where it is the value itself.
    """

    go: str
    zero: object
    read: Callable[[object, Place], object]
    exact: Any = None
    complete: Callable[[Any], object] | None = None


def _read_text(value: object, place: Place) -> str:
    if type(value) is str:
        return value
    place.misfit(value, "string")
    return ""


def _read_bool(value: object, place: Place) -> bool:
    if isinstance(value, bool):
        return value
    place.misfit(value, "bool")
    return False


def _integer(go: str, least: int, beyond: int) -> Kind:
    def read(value: object, place: Place) -> int:
        if not isinstance(value, Number):
            place.misfit(value, go)
            return 0
        if value.lstrip("-").isdigit() and len(value) <= len(str(beyond)) and least <= int(value) < beyond:
            return int(value)
        place.misfit(value, go, literal=True)
        return 0

    return Kind(go, 0, read, Annotated[int, Meta(ge=least, le=min(beyond, _LARGEST) - 1)])


def _read_anything(value: object, _place: Place) -> object:
    match value:
        case Pairs():
            return {key: _read_anything(one, _place) for key, one in value}
        case list():
            return [_read_anything(one, _place) for one in value]
        case Number():
            number = float(value)
            return int(number) if number.is_integer() and abs(number) < _LONG_FORM else number
        case _:
            return value


def _read_raw(value: object, _place: Place) -> object:
    return value


TEXT = Kind("string", "", _read_text, str)
BOOL = Kind("bool", False, _read_bool, bool)  # noqa: FBT003 - Go's zero value
INT = _integer("int", -_LARGEST, _LARGEST)
UINT = _integer("uint", 0, _LARGEST_UNSIGNED)
UINT64 = _integer("uint64", 0, _LARGEST_UNSIGNED)
ANYTHING = Kind("interface {}", None, _read_anything)
DURATION = Kind("interface {}", None, _read_raw, str, parse_duration)  # to be named in ``Shape.durations`` too


def list_of(kind: Kind, go: str | None = None) -> Kind:
    """Return the kind of a list; ``null`` in it is an empty value, as in Go."""
    name = go or f"[]{kind.go}"

    def read(value: object, place: Place) -> list[object]:
        if not isinstance(value, list) or isinstance(value, Pairs):
            place.misfit(value, name)
            return []
        return [kind.zero if one is None else kind.read(one, place) for one in value]

    complete = kind.complete
    return Kind(
        name,
        None,
        read,
        kind.exact and GenericAlias(list, (kind.exact,)),
        complete and (lambda values: [complete(one) for one in values]),
    )


def map_of(kind: Kind) -> Kind:
    """Return the kind of an object with any keys."""
    name = f"map[string]{kind.go}"

    def read(value: object, place: Place) -> dict[str, object]:
        if not isinstance(value, Pairs):
            place.misfit(value, name)
            return {}
        return {key: kind.zero if one is None else kind.read(one, place) for key, one in value}

    complete = kind.complete
    return Kind(
        name,
        None,
        read,
        kind.exact and GenericAlias(dict, (str, kind.exact)),
        complete and (lambda values: {key: complete(one) for key, one in values.items()}),
    )
