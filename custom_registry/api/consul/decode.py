"""Bodies decoded as Go decodes JSON into a struct, with its errors; it does not know which structs Consul has.

A shape says which keys there are. Keys are compared without regard to case, the last of several counts, ``null`` leaves
a value as it was, and a key that is unknown is refused where Consul refuses it. Of several faults Go tells the first;
but one inside of a struct that decodes itself (``UnmarshalJSON``) ends everything and is told instead.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from custom_registry.api.consul.durations import InvalidDuration, parse_duration
from custom_registry.api.consul.gojson import Number, Pairs, SyntaxProblem, read_json
from custom_registry.api.consul.gotext import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from custom_registry.api.consul.dialects import Dialect

Decoded = dict[str, Any]
_LARGEST = 2**63  # Go's int and time.Duration have 64 bits
_LARGEST_UNSIGNED = 2**64
_LONG_FORM = 1e21  # below which Go writes a whole number without an exponent


class DecodeProblem(ValueError):
    """A body cannot be decoded; the message is Go's own."""


class _Misfit(DecodeProblem):
    """A value is of another type than its field."""

    def __init__(self, value: str, kind: str, place: _Place) -> None:
        self._value, self._kind, self._place = value, kind, place
        where = f"struct field {place.struct}.{place.shown}" if place.path else "value"
        super().__init__(f"json: cannot unmarshal {value} into Go {where} of type {kind}")

    def within(self, outer: _Place) -> _Misfit:
        """Return the same as it is told by the decoder around a struct that decodes itself."""
        path = outer.path + (self._place.path if outer.scope.dialect.full_field_paths else ())
        return _Misfit(self._value, self._kind, _Place(outer.scope, outer.struct, path))


class _Scope(Struct):
    """One run of a decoder: what it allows, and the first fault it met."""

    dialect: Dialect
    strict: bool
    fault: DecodeProblem | None = None

    def note(self, fault: DecodeProblem) -> None:
        self.fault = self.fault or fault


class _Place(Struct, frozen=True):
    """Where in a body a value stands, in the names that Go tells."""

    scope: _Scope
    struct: str = ""
    path: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        return ".".join(self.path)

    def misfit(self, value: object, kind: str, *, literal: bool = False) -> None:
        told = _KINDS[type(value)]
        self.scope.note(_Misfit(f"{told} {value}" if literal else told, kind, self))


_KINDS: Final[Mapping[type, str]] = {str: "string", Number: "number", bool: "bool", list: "array", Pairs: "object"}


class Kind(Struct, frozen=True, dict=True):
    """What a value can be.

    Args:
        go: the type's name in errors.
        zero: the value where none is given.
        plain: the type of the JSON values that are taken as they are; None where there are none.
        read: takes a JSON value other than null, and where it stands; what it returns does not matter after a misfit.
    """

    go: str
    zero: object
    read: Callable[[object, _Place], object]
    plain: type | None = None


class Field(Struct, frozen=True, dict=True):
    """One value of a struct.

    Args:
        kind: what it is.
        also: further keys by which Consul takes it; the first that is given and not empty counts, this one before all.
        embedded: the embedded struct that it belongs to, which newer Go names in errors; None for the shape's own way.
    """

    kind: Kind
    also: tuple[str, ...] = ()
    embedded: str | None = None


class Shape(Struct, frozen=True, dict=True):
    """A struct of Go's.

    Args:
        name: by which the table of dialects knows it and errors name it.
        fields: by their names; what is decoded has them all, in this order.
        itself: it decodes itself, by way of an alias; then faults in it are told without its name.
        strict: for one that decodes itself, whether it refuses unknown keys.
        durations: fields that come as a text or a number of nanoseconds, and are whole nanoseconds when decoded.
        ignored: keys that are taken and thrown away.
        package: of Go, in which it is.
    """

    name: str
    fields: Mapping[str, Field]
    itself: bool = False
    strict: bool = True
    durations: tuple[str, ...] = ()
    ignored: Mapping[str, Kind] = field(default_factory=dict)
    package: str = "structs"

    def decode(self, body: bytes, dialect: Dialect) -> Decoded:
        """Decode a whole body; ``null`` gives a struct with nothing in it, as in Go.

        Raises:
            DecodeProblem: it cannot be.
        """
        try:
            value = read_json(body)
        except SyntaxProblem as problem:
            raise DecodeProblem(str(problem)) from None
        if value is None:
            return self.empty()
        scope = _Scope(dialect, strict=True)
        decoded = self._read(value, _Place(scope))
        if scope.fault:
            raise scope.fault
        return decoded

    def empty(self) -> Decoded:
        """Return the struct with nothing in it."""
        return self._empty.copy()

    @cached_property
    def _empty(self) -> Decoded:
        return {name: one.kind.zero for name, one in self.fields.items()} | dict.fromkeys(self.durations, 0)

    @property
    def go(self) -> str:
        """The name of the type in errors."""
        return f"{self.package}.{self.name}"

    @cached_property
    def kind(self) -> Kind:
        """The struct as a value of another: never missing, empty where it is not given."""
        return Kind(self.go, self.empty(), self._read)

    @cached_property
    def optional(self) -> Kind:
        """The struct as a value of another that can be missing."""
        return Kind(self.go, None, self._read)

    def _read(self, value: object, place: _Place) -> Decoded:
        if not self.itself:
            return self._fill(value, place, self.name)
        inner = _Scope(place.scope.dialect, self.strict)
        decoded = self._fill(value, _Place(inner), "")
        if isinstance(inner.fault, _Misfit) and place.path:
            raise inner.fault.within(place)
        if inner.fault:
            raise inner.fault
        for name in self.durations:
            given = decoded[name]
            if given != 0:
                decoded[name] = _nanoseconds(given)
        return decoded

    def _fill(self, value: object, place: _Place, struct: str) -> Decoded:
        decoded = self.empty()
        if not isinstance(value, Pairs):
            place.misfit(value, self.go)
            return decoded
        lacked = place.scope.dialect.lacks.get(self.name, frozenset())
        further: dict[str, object] = {}
        for key, one in value:
            known = self.fields.get(key)
            if known is not None and type(one) is known.kind.plain and key not in lacked:
                decoded[key] = one
                continue
            name = self._names.get(key) or self._folded.get(key.lower())
            if name is None or name in lacked:
                if place.scope.strict:
                    place.scope.note(DecodeProblem(f"json: unknown field {quote(key)}"))
            elif one is not None:
                kind, path = self._route(name, place)
                target = decoded if name in decoded else further
                target[name] = kind.read(one, _Place(place.scope, struct, path))
        if further:
            for name, field_ in self.fields.items():
                for key in field_.also:
                    decoded[name] = _given(field_.kind, decoded[name], further.get(key))
        return decoded

    def _route(self, name: str, place: _Place) -> tuple[Kind, tuple[str, ...]]:
        known = self.fields.get(name)
        if known is None:
            return self._others[name], (*place.path, name)
        embedded = ("Alias" if self.itself else "") if known.embedded is None else known.embedded
        full = place.scope.dialect.full_field_paths
        return known.kind, (*place.path, embedded, name) if embedded and full else (*place.path, name)

    @cached_property
    def _others(self) -> Mapping[str, Kind]:
        """The kinds of all keys that are no field's own name."""
        return dict(self.ignored) | {key: known.kind for known in self.fields.values() for key in known.also}

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {name: name for name in (*self.fields, *self._others)}

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {name.lower(): name for name in reversed((*self.fields, *self._others))}


def _given(kind: Kind, value: object, other: object) -> object:
    """Return a field's value, or what came by a further key where it has none; an empty text is a duration's value."""
    if kind is DURATION:
        return other if value == 0 and other is not None else value
    return value or other or value


def _nanoseconds(value: object) -> int:
    match value:
        case Number():
            number = float(value)
            return int(number) if abs(number) < _LARGEST else _LARGEST - 1
        case str():
            try:
                return parse_duration(value)
            except InvalidDuration as error:
                raise DecodeProblem(str(error)) from None
        case _:
            return 0


def _read_text(value: object, place: _Place) -> str:
    if type(value) is str:
        return value
    place.misfit(value, "string")
    return ""


def _read_bool(value: object, place: _Place) -> bool:
    if isinstance(value, bool):
        return value
    place.misfit(value, "bool")
    return False


def _integer(go: str, least: int, beyond: int) -> Kind:
    def read(value: object, place: _Place) -> int:
        if not isinstance(value, Number):
            place.misfit(value, go)
            return 0
        if value.lstrip("-").isdigit() and len(value) <= len(str(beyond)) and least <= int(value) < beyond:
            return int(value)
        place.misfit(value, go, literal=True)
        return 0

    return Kind(go, 0, read)


def _read_anything(value: object, _place: _Place) -> object:
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


def _read_raw(value: object, _place: _Place) -> object:
    return value


TEXT = Kind("string", "", _read_text, str)
BOOL = Kind("bool", False, _read_bool, bool)  # noqa: FBT003 - Go's zero value
INT = _integer("int", -_LARGEST, _LARGEST)
UINT = _integer("uint", 0, _LARGEST_UNSIGNED)
UINT64 = _integer("uint64", 0, _LARGEST_UNSIGNED)
ANYTHING = Kind("interface {}", None, _read_anything)
DURATION = Kind("interface {}", None, _read_raw, str)  # to be named in ``Shape.durations`` too


def list_of(kind: Kind, go: str | None = None) -> Kind:
    """Return the kind of a list; ``null`` in it is an empty value, as in Go."""
    name = go or f"[]{kind.go}"

    def read(value: object, place: _Place) -> list[object]:
        if not isinstance(value, list) or isinstance(value, Pairs):
            place.misfit(value, name)
            return []
        return [kind.zero if one is None else kind.read(one, place) for one in value]

    return Kind(name, None, read)


def map_of(kind: Kind) -> Kind:
    """Return the kind of an object with any keys."""
    name = f"map[string]{kind.go}"

    def read(value: object, place: _Place) -> dict[str, object]:
        if not isinstance(value, Pairs):
            place.misfit(value, name)
            return {}
        return {key: kind.zero if one is None else kind.read(one, place) for key, one in value}

    return Kind(name, None, read)


def later(shape: Callable[[], Shape], name: str) -> Kind:
    """Return the kind of a struct that is still to be defined, since it holds itself; it can be missing."""
    return Kind(f"structs.{name}", None, lambda value, place: shape()._read(value, place))  # noqa: SLF001 - a shape's own
