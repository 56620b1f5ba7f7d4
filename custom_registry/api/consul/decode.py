"""Bodies decoded as Go decodes JSON into a struct, with its errors; it does not know which structs Consul has.

A shape says which keys there are. Keys are compared without regard to case, the last of several counts, ``null`` leaves
a value as it was, and a key that is unknown is refused where Consul refuses it. Of several faults Go tells the first;
but one inside of a struct that decodes itself (``UnmarshalJSON``) ends everything and is told instead.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from msgspec import DecodeError, Struct, defstruct, field, to_builtins
from msgspec.json import Decoder

from custom_registry.api.consul.dialects import DIALECTS
from custom_registry.api.consul.durations import InvalidDuration, parse_duration
from custom_registry.api.consul.gojson import Number, Pairs, SyntaxProblem, read_json
from custom_registry.api.consul.gotext import quote
from custom_registry.api.consul.kinds import DURATION, DecodeProblem, Kind, Misfit, Place, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from custom_registry.api.consul.dialects import Dialect

Decoded = dict[str, Any]
NotExact: Final = (DecodeError, UnicodeDecodeError, InvalidDuration)
_LARGEST = 2**63  # Go's time.Duration has 64 bits


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
            return self.decode_exact(body)
        except NotExact:
            return self.decode_any(body, dialect)

    def decode_exact(self, body: bytes) -> Decoded:
        """Decode a body in which every key is spelled as the field and every value is of its own type, as in most.

        Raises:
            NotExact: it is another, or wrong; only ``decode_any`` knows what Go would say.
        """
        return self._complete(to_builtins(self._exact_decoder.decode(body)))

    def decode_any(self, body: bytes, dialect: Dialect) -> Decoded:
        """Decode a body however it is spelled. See ``decode``."""
        try:
            value = read_json(body)
        except SyntaxProblem as problem:
            raise DecodeProblem(str(problem)) from None
        if value is None:
            return self.empty()
        scope = Scope(dialect, strict=True)
        decoded = self._read(value, Place(scope))
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
        return Kind(self.go, self.empty(), self._read, self._exact, self._complete)

    @cached_property
    def optional(self) -> Kind:
        """The struct as a value of another that can be missing."""
        return Kind(self.go, None, self._read, self._exact, self._complete)

    @cached_property
    def _exact(self) -> type[Struct]:
        """The fields that every dialect knows and whose types msgspec can tell."""
        lacked = frozenset[str]().union(*(dialect.lacking(self.name) for dialect in DIALECTS))
        fields = [
            (name, one.kind.exact, None) for name, one in self.fields.items() if one.kind.exact and name not in lacked
        ]
        return defstruct(self.name, fields, forbid_unknown_fields=True, omit_defaults=True)

    @cached_property
    def _exact_decoder(self) -> Decoder[Struct]:
        return Decoder(self._exact)

    @cached_property
    def _completions(self) -> Sequence[tuple[str, Callable[[Any], object]]]:
        return [(name, one.kind.complete) for name, one in self.fields.items() if one.kind.complete]

    def _complete(self, given: Decoded) -> Decoded:
        """Return what is given exactly with all that is not."""
        decoded = self._empty | given
        for name, complete in self._completions:
            if name in given:
                decoded[name] = complete(given[name])
        return decoded

    def _read(self, value: object, place: Place) -> Decoded:
        if not self.itself:
            return self._fill(value, place, self.name)
        inner = Scope(place.scope.dialect, self.strict)
        decoded = self._fill(value, Place(inner), "")
        if isinstance(inner.fault, Misfit) and place.path:
            raise inner.fault.within(place)
        if inner.fault:
            raise inner.fault
        for name in self.durations:
            given = decoded[name]
            if given != 0:
                decoded[name] = _nanoseconds(given)
        return decoded

    def _fill(self, value: object, place: Place, struct: str) -> Decoded:
        decoded = self.empty()
        if not isinstance(value, Pairs):
            place.misfit(value, self.go)
            return decoded
        lacked = place.scope.dialect.lacks.get(self.name, frozenset())
        further: dict[str, object] = {}
        for key, one in value:
            name = self._names.get(key) or self._folded.get(key.lower())
            if name is None or name in lacked:
                if place.scope.strict:
                    place.scope.note(DecodeProblem(f"json: unknown field {quote(key)}"))
            elif one is not None:
                kind, path = self._route(name, place)
                target = decoded if name in decoded else further
                target[name] = kind.read(one, Place(place.scope, struct, path))
        if further:
            for name, field_ in self.fields.items():
                for key in field_.also:
                    decoded[name] = _given(field_.kind, decoded[name], further.get(key))
        return decoded

    def _route(self, name: str, place: Place) -> tuple[Kind, tuple[str, ...]]:
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


def later(shape: Callable[[], Shape], name: str) -> Kind:
    """Return the kind of a struct that is still to be defined, since it holds itself; it can be missing."""
    return Kind(f"structs.{name}", None, lambda value, place: shape()._read(value, place))  # noqa: SLF001 - a shape's own
