"""From the text of a filter to its tree, or to what Consul's parser says is wrong with it; it knows no fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from arpeggio import EndOfFile, NoMatch, StrMatch

from custom_registry.core.filters.errors import FilterError, place
from custom_registry.core.filters.expressions import Both, Comparison, Either, Expression, Not, Operator
from custom_registry.core.filters.golang import quote, unquote
from custom_registry.core.filters.grammar import FilterParser

if TYPE_CHECKING:
    from arpeggio import NonTerminal, ParsingExpression

MAX_LENGTH: Final = 16 * 1024

_NO_CHARACTER: Final = re.compile("[\ud800-\udfff]")
_OPERATORS: Final = {
    "equal": Operator.EQUAL,
    "not_equal": Operator.NOT_EQUAL,
    "is_in": Operator.IN,
    "is_not_in": Operator.NOT_IN,
    "contains": Operator.IN,
    "not_contains": Operator.NOT_IN,
    "is_empty": Operator.IS_EMPTY,
    "is_not_empty": Operator.IS_NOT_EMPTY,
    "matches": Operator.MATCHES,
    "not_matches": Operator.NOT_MATCHES,
}


def parse(text: str) -> Expression:
    """Return the tree of a filter, in time linear in its length: about 10 ms for each 1,000 characters.

    Raises:
        FilterError: the text is no filter; the error is that of Consul's parser. Or it is longer than MAX_LENGTH
            characters or nests more than MAX_DEPTH levels deep. Consul has no such limits, but each level takes it
            four times as long (1.8.7: nine pairs of parentheses 6 s).
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"the filter has {len(text)} characters, more than {MAX_LENGTH}")
    if broken := _NO_CHARACTER.search(text):
        raise FilterError(f"{place(text, broken.start())}: invalid encoding")
    parser = FilterParser()
    try:
        parsed = parser.parse(text)
    except NoMatch as error:
        raise FilterError("\n".join(parser.faults) or _no_match(parser, error)) from None
    if parser.faults:
        raise FilterError("\n".join(parser.faults))
    return _tree(_child(parsed, "either"))


def _no_match(parser: FilterParser, error: NoMatch) -> str:
    expected = sorted({_shown(rule) for rule in error.rules if not isinstance(rule, EndOfFile)})
    if any(isinstance(rule, EndOfFile) for rule in error.rules):
        expected.append("EOF")
    *others, last = expected
    listed = f"{', '.join(others)} or {last}" if others else last
    return f"{place(parser.input, error.position)}: no match found, expected: {listed}"


def _shown(rule: ParsingExpression) -> str:
    return quote(rule.to_match) if isinstance(rule, StrMatch) else str(rule.to_match)


def _child(node: NonTerminal, *rules: str) -> NonTerminal:
    """Return the part of a node that is of one of these rules; there is one."""
    return next(part for part in node if part.rule_name in rules)


def _tree(node: NonTerminal) -> Expression:
    if node.rule_name == "comparison":
        return _comparison(node)
    if node.rule_name in {"group", "inside"}:
        return _tree(_child(node, "inside", "either", "comparison"))
    if node.rule_name == "negation":
        inner = _tree(_child(node, "negation", "group"))
        return Not(inner) if node[0].value == "not" else inner
    parts = tuple(_tree(part) for part in node if part.rule_name in {"both", "negation"})
    if len(parts) == 1:
        return parts[0]
    return Either(parts) if node.rule_name == "either" else Both(parts)


def _comparison(node: NonTerminal) -> Comparison:
    parts = {part.rule_name: part for part in node}
    (operator,) = (_OPERATORS[rule] for rule in parts if rule in _OPERATORS)
    return Comparison(_path(parts["selector"]), operator, _raw(parts["value"][0]) if "value" in parts else None)


def _path(node: NonTerminal) -> tuple[str, ...]:
    steps = (part for part in node if part.rule_name in {"identifier", "index"})
    return tuple(_raw(_child(step, "string") if step.rule_name == "index" else step) for step in steps)


def _raw(node: NonTerminal) -> str:
    """Return a value as text; a selector that stands for a value is its names, joined by dots."""
    if node.rule_name == "selector":
        return ".".join(_path(node))
    text = str(node.flat_str())
    return unquote(text) if node.rule_name == "string" else text
