"""Hypothesis strategies for filters over an agent's services: their trees, ways to write them, ways to spoil them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from custom_registry.core.filters.expressions import Both, Comparison, Either, Expression, Not, Operator

ENTRIES: list[dict[str, Any]] = [
    {"ID": "a", "Service": "web", "Tags": ["v1", "eu"], "Meta": {"zone": "a", "web": "80"}, "Port": 80},
    {"ID": "b", "Service": "web", "Tags": [], "Meta": {}, "Port": 81},
    {"ID": "zone", "Service": "", "Tags": ["a"], "Meta": {"é \\": "v1"}, "Port": 0},
]

_TEXTS = ["web", "a", "v1", "zone", "", 'a"b', "é \\", "80", "a.b", "true"]
_NUMBERS = ["80", "81", "0", "-1"]
_OPERATORS = {
    Operator.EQUAL: ["=="],
    Operator.NOT_EQUAL: ["!="],
    Operator.IN: ["in", "contains"],
    Operator.NOT_IN: ["not in", "not contains"],
    Operator.IS_EMPTY: ["is empty"],
    Operator.IS_NOT_EMPTY: ["is not empty"],
}
_EQUALITY = [Operator.EQUAL, Operator.NOT_EQUAL]
_MEMBERSHIP = [Operator.IN, Operator.NOT_IN]
_EMPTINESS = [Operator.IS_EMPTY, Operator.IS_NOT_EMPTY]
_BITS = ["(", ")", "[", "]", ".", '"', "`", "-", "0", " ", "\n", ";", "=", "é", " and ", "not ", " in ", 'Meta["', "is"]


def _comparisons() -> st.SearchStrategy[Expression]:
    texts = st.sampled_from([("ID",), ("Service",), ("Meta", "zone"), ("Meta", "é \\"), ("Meta", "web")])
    lists = st.sampled_from([("Tags",), ("Meta",)])
    value = st.sampled_from(_TEXTS)
    return st.one_of(
        st.builds(Comparison, texts, st.sampled_from(_EQUALITY + _MEMBERSHIP), value),
        st.builds(Comparison, st.just(("Port",)), st.sampled_from(_EQUALITY), st.sampled_from(_NUMBERS)),
        st.builds(Comparison, lists, st.sampled_from(_MEMBERSHIP), value),
        st.builds(Comparison, lists, st.sampled_from(_EMPTINESS), st.none()),
    )


def trees() -> st.SearchStrategy[Expression]:
    """Filters' trees, small ones first."""

    def larger(smaller: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        parts = st.lists(smaller, min_size=2, max_size=3).map(tuple)
        return st.one_of(st.builds(Not, smaller), st.builds(Both, parts), st.builds(Either, parts))

    return st.recursive(_comparisons(), larger, max_leaves=5)


@st.composite
def written(draw: st.DrawFn, tree: Expression) -> str:
    """Write a tree in any of the ways that mean it."""

    def space(least: int = 1) -> str:
        return draw(st.sampled_from([" ", " ", "\t", "\r\n ", *([""] if least == 0 else [])]))

    def group(part: Expression) -> str:
        return f"({space(0)}{draw(written(part))}{space(0)})"

    match tree:
        case Comparison():
            return draw(_written_comparison(tree))
        case Not(Comparison() as part):
            return f"not{space()}{draw(written(part))}"
        case Not(part):
            return f"not{space()}{group(part)}"
        case Both(parts):
            sides = [draw(written(part)) if isinstance(part, Comparison | Not) else group(part) for part in parts]
            return f"{space()}and{space()}".join(sides)
        case Either(parts):
            sides = [draw(written(part)) if not isinstance(part, Either) else group(part) for part in parts]
            return f"{space()}or{space()}".join(sides)


@st.composite
def _written_comparison(draw: st.DrawFn, comparison: Comparison) -> str:
    selector = comparison.selector[0] + "".join(draw(_written_step(name)) for name in comparison.selector[1:])
    spelling = draw(st.sampled_from(_OPERATORS[comparison.operator]))
    if comparison.value is None:
        return f"{selector} {spelling}"
    value = draw(_written_value(comparison.value))
    return f"{value} {spelling} {selector}" if spelling.endswith("in") else f"{selector} {spelling} {value}"


def _written_step(name: str) -> st.SearchStrategy[str]:
    indexed = _quoted(name).map(lambda text: f"[{text}]")
    return st.one_of(st.just(f".{name}"), indexed) if name.isidentifier() and name.isascii() else indexed


def _written_value(value: str) -> st.SearchStrategy[str]:
    bare = all(part.isidentifier() and part.isascii() for part in value.split("."))
    number = value.lstrip("-").isdigit()
    return st.one_of(st.just(value), _quoted(value)) if bare or number else _quoted(value)


def _quoted(text: str) -> st.SearchStrategy[str]:
    escaped = "".join(char if char not in '"\\' else f"\\x{ord(char):02x}" for char in text)
    return st.sampled_from([f'"{escaped}"', f"`{text}`"])


@st.composite
def broken(draw: st.DrawFn, text: str) -> str:
    """Take a little out of a filter or put a little into it, which may leave it one."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 4))
        text = text[:place] + draw(st.sampled_from(["", *_BITS])) + text[place + gone :]
    return text
