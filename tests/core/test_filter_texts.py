"""Filters of any form: what they mean by the plainest evaluation that could be right, and that none does harm."""

from __future__ import annotations

import operator
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from custom_registry.core.filters import CONSUL_1_21, FilterError, compile_filter
from custom_registry.core.filters.expressions import Both, Comparison, Either, Expression, Not, Operator
from custom_registry.core.filters.grammar import MAX_DEPTH
from custom_registry.core.filters.parsing import MAX_LENGTH, parse
from tests.support.filter_texts import ENTRIES, broken, trees, written

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = CONSUL_1_21.service
NEGATED: dict[Operator, Operator] = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.IS_NOT_EMPTY: Operator.IS_EMPTY,
}
ASKED: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.IN: operator.contains,
    Operator.IS_EMPTY: lambda found, _: len(found) == 0,
}


def plainly(tree: Expression, entry: dict[str, Any]) -> bool:
    match tree:
        case Not(operand):
            return not plainly(operand, entry)
        case Both(parts):
            return all(plainly(part, entry) for part in parts)
        case Either(parts):
            return any(plainly(part, entry) for part in parts)
        case Comparison(selector, asked, value):
            found: Any = entry
            for name in selector:
                if name not in found:
                    return asked in NEGATED
                found = found[name]
            wanted = int(value) if isinstance(found, int) and value else value
            return ASKED[NEGATED.get(asked, asked)](found, wanted) != (asked in NEGATED)


@given(trees(), st.sampled_from(ENTRIES), st.data())
def test_a_filter_means_what_its_tree_says(tree: Expression, entry: dict[str, Any], data: st.DataObject) -> None:
    text = data.draw(written(tree))
    assert compile_filter(text, SCHEMA)(entry) == plainly(tree, entry)


@given(st.one_of(st.text(max_size=80), trees().flatmap(written).flatmap(broken)))
@example("\ud800")
@example("Service matches `\\pN`")
@example('Service matches "\\xff"')
@example('Service["\\xff"] == 1')
def test_any_text_is_a_filter_or_has_an_error_that_can_be_sent(text: str) -> None:
    said = b"nothing"
    try:
        keeps = compile_filter(text, SCHEMA)
        assert {keeps(entry) for entry in ENTRIES} <= {True, False}
    except FilterError as error:
        said = str(error).encode()
    assert said


def nested(levels: int) -> str:
    return "(" * levels + "ID == a" + ")" * levels


@pytest.mark.parametrize("text", [nested(MAX_DEPTH), "not " * MAX_DEPTH + "ID == a"])
def test_a_filter_may_nest_deeply_wherever_it_is_asked_for(text: str) -> None:
    def below(calls: int) -> Expression:
        return below(calls - 1) if calls else parse(text)

    assert below(sys.getrecursionlimit() // 3)


@pytest.mark.parametrize(
    "text", [nested(MAX_DEPTH + 1), nested(5000), "(" * MAX_LENGTH, "not " * MAX_DEPTH + "(ID == a)"]
)
def test_a_filter_cannot_nest_without_end(text: str) -> None:
    with pytest.raises(FilterError, match=rf"evaluator: 1:\d+ \(\d+\): nests more than {MAX_DEPTH} levels deep"):
        compile_filter(text, SCHEMA)


def test_a_filter_may_be_long() -> None:
    text = " or ".join(f"ID == id-{number}" for number in range(1000)).replace("id-", "id")
    keeps = compile_filter(text[:MAX_LENGTH].rpartition(" or ")[0], SCHEMA)
    assert keeps({"ID": "id500"})
    assert not keeps({"ID": "id5000"})


def test_a_filter_cannot_be_longer_than_that() -> None:
    with pytest.raises(FilterError, match=f"the filter has {MAX_LENGTH + 1} characters, more than {MAX_LENGTH}"):
        compile_filter("a" * (MAX_LENGTH + 1), SCHEMA)


def test_a_pattern_that_would_hang_python_answers_at_once() -> None:
    assert not compile_filter("Service matches `^(a+)+$`", SCHEMA)({"Service": "a" * 5000 + "b"})


def test_bytes_that_are_no_text_are_refused_with_their_place() -> None:
    with pytest.raises(FilterError, match=r"evaluator: 1:5 \(5\): invalid encoding"):
        compile_filter("ID=é\udcff", SCHEMA)
