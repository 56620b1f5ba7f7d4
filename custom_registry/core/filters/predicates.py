"""Filters as predicates: checks a filter against a schema, as Consul does, and evaluates it over the wire's dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

from custom_registry.core.filters.errors import FilterError
from custom_registry.core.filters.expressions import Both, Comparison, Either, Expression, Not, Operator
from custom_registry.core.filters.golang import compile_pattern, quote
from custom_registry.core.filters.schemas import Items, Leaf, Schema, Struct, Table, Type

Predicate: TypeAlias = Callable[[Mapping[str, Any]], bool]
_Test: TypeAlias = Callable[[Any], bool]

_NEGATIONS: Final = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.IS_NOT_EMPTY: Operator.IS_EMPTY,
    Operator.NOT_MATCHES: Operator.MATCHES,
}
# What holds for a name that a map has not: all else does, `matches` among it (`filters`, step 52).
_FALSE_WHERE_MISSING: Final = frozenset({Operator.EQUAL, Operator.IN, Operator.IS_NOT_EMPTY})
_UNUSABLE: Final = "Failed to create boolean expression evaluator: "


@lru_cache(maxsize=128)
def compile_filter(text: str, schema: Schema) -> Predicate:
    """Return what tells whether an entry is in a filter; the filters last used are remembered.

    An entry is a dict as the wire shows it; a field that is left out or null counts as Go's zero value. So does a
    block, such as Proxy of a service that is no proxy, where Consul ends the connection without an answer.
    The cost of a call is that of the comparisons it comes to, `matches` linear in the text it looks at.

    Args:
        text: the filter, not empty: without one nothing is filtered.
        schema: what its entries have.

    Raises:
        FilterError: the filter is none, or asks for what its entries do not have. With a `late` schema the latter is
            raised by the predicate, when it gets its first entry.
    """
    from custom_registry.core.filters.parsing import parse  # noqa: PLC0415 - few need it, and the start is to be quick

    try:
        tree = parse(text)
        if not schema.late:
            return _predicate(tree, schema.entry)
    except FilterError as error:
        raise FilterError(f"{_UNUSABLE}{error}") from None

    @cache
    def late() -> Predicate:
        return _predicate(tree, schema.entry)

    def predicate(entry: Mapping[str, Any]) -> bool:
        return late()(entry)

    return predicate


def _predicate(tree: Expression, entry: Struct) -> Predicate:
    match tree:
        case Not(operand):
            denied = _predicate(operand, entry)
            return lambda value: not denied(value)
        case Both(parts):
            every = [_predicate(part, entry) for part in parts]
            return lambda value: all(part(value) for part in every)
        case Either(parts):
            some = [_predicate(part, entry) for part in parts]
            return lambda value: any(part(value) for part in some)
        case Comparison():
            path = _path(tree, entry)
            return _reader(tree, path, _test(tree, path[-1]))


def _path(comparison: Comparison, entry: Struct) -> list[Type]:
    """Return the type of the entry and of what each step of the selector comes to."""
    path: list[Type] = [entry]
    for number, name in enumerate(comparison.selector, start=1):
        here = path[-1]
        if isinstance(here, Items):
            here = here.element
        found = here.value if isinstance(here, Table) else here.fields.get(name) if isinstance(here, Struct) else None
        if found is None:
            raise FilterError(f"Selector {quote('.'.join(comparison.selector[:number]))} is not valid")
        path.append(found)
    return path


def _test(comparison: Comparison, asked: Type) -> _Test:
    """Return what tells whether a value at the selector's end is as compared."""
    operator = comparison.operator
    if operator not in asked.operators:
        raise FilterError(f"Invalid match operator {quote(operator.value)} for selector {_shown(comparison)}")
    positive = _NEGATIONS.get(operator, operator)
    holds = _positive(positive, _wanted(comparison, asked), asked.zero if isinstance(asked, Leaf) else ())
    return holds if operator is positive else lambda value: not holds(value)


def _positive(operator: Operator, wanted: object, zero: Any) -> _Test:  # noqa: ANN401 - of any type, like the values it stands for
    match operator:
        case Operator.EQUAL:
            return lambda value: (value or zero) == wanted
        case Operator.IN:
            return lambda value: wanted in (value or zero)
        case Operator.IS_EMPTY:
            return lambda value: not value
        case _:
            found = _pattern(str(wanted))
            return lambda value: found(value or zero)


def _wanted(comparison: Comparison, asked: Type) -> object:
    """Return the comparison's value as one of the type it is compared with."""
    if comparison.value is None or not isinstance(asked, Leaf):
        return comparison.value
    try:
        return asked.coerce(comparison.value)
    except ValueError as error:
        value = quote(comparison.value)
        raise FilterError(f"Failed to coerce value {value} for selector {_shown(comparison)}: {error}") from None


def _pattern(pattern: str) -> Callable[[str], bool]:
    try:
        return compile_pattern(pattern)
    except ValueError as error:
        raise FilterError(f"Failed to compile regular expression {quote(pattern)}: {error}") from None


def _shown(comparison: Comparison) -> str:
    return quote(".".join(comparison.selector))


def _reader(comparison: Comparison, path: list[Type], test: _Test) -> _Test:
    """Return what asks the test of all that the selector leads to; of an entry's lists, one element is enough."""
    missing = comparison.operator not in _FALSE_WHERE_MISSING
    for name, here in zip(reversed(comparison.selector), reversed(path[:-1]), strict=True):
        if isinstance(here, Table):
            test = _at_key(name, test, missing=missing)
        elif isinstance(here, Items):
            test = _in_some(_at_field(name, test))
        else:
            test = _at_field(name, test)
    return test


def _at_field(name: str, test: _Test) -> _Test:
    return lambda value: test(value.get(name) if value else None)


def _in_some(test: _Test) -> _Test:
    return lambda values: any(test(value) for value in values or ())


def _at_key(name: str, test: _Test, *, missing: bool) -> _Test:
    return lambda table: test(table[name]) if table and name in table else missing
