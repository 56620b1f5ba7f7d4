"""The grammar of Consul's filters, as the rules of a parser; it knows neither what a text means nor what it may ask.

It follows the parsing expression grammar of hashicorp/go-bexpr 0.1.2, which Consul 1.8.7 and 1.21.4 both use, rule by
rule, so that a text that is no filter gets the same error: what was expected at the farthest place that was reached.
Arpeggio, the parser library, reads such grammars in linear time and keeps just that. It is pure Python, needs nothing
else, and of arpeggio, parsy, lark and pyparsing it is the quickest to import.
"""
# ruff: noqa: D103 - the rules are named as Consul's grammar names them, and are read together

from __future__ import annotations

from typing import Final

from arpeggio import (
    EOF,
    And,
    NoMatch,
    Not,
    Optional,
    ParserPython,
    RegExMatch,
    Sequence,
    StrMatch,
    Terminal,
    ZeroOrMore,
)

from custom_registry.core.filters.errors import FilterError, place
from custom_registry.core.filters.golang import quote, unquote

MAX_DEPTH: Final = 24


class FilterParser(ParserPython):  # type: ignore[misc]  # the library has no types
    """A parser for one text.

    Attributes:
        faults: the errors that rules have found, in order and each once; with one the text is no filter, whether it
            could be parsed or not.
    """

    def __init__(self) -> None:
        """Make it; it takes about a millisecond."""
        super().__init__(expression, skipws=False, memoization=True)
        self.faults: dict[str, None] = {}
        self.depth = 0

    def blame(self, position: int, rule: str, what: str) -> None:
        """Keep an error that a rule has found."""
        self.faults[f'{place(self.input, position)}: rule "{rule}": {what}'] = None


class _Fault(StrMatch):  # type: ignore[misc]  # the library has no types
    """Matches nothing; that a parser comes here is an error of the rule."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__("")
        self.rule, self.what = rule, what

    def _parse(self, parser: FilterParser) -> None:
        parser.blame(parser.position, self.rule, self.what)
        raise NoMatch([self], parser.position, parser)


class _Quoted(RegExMatch):  # type: ignore[misc]  # the library has no types
    """A string in quotes, whose escapes may be wrong."""

    def _parse(self, parser: FilterParser) -> Terminal:
        found = super()._parse(parser)
        try:
            unquote(found.value)
        except ValueError as error:
            parser.blame(found.position, "string", str(error))
        return found


class _Nesting(Sequence):  # type: ignore[misc]  # the library has no types
    """What may hold itself, and that not without end."""

    def _parse(self, parser: FilterParser) -> object:
        parser.depth += 1
        if parser.depth > MAX_DEPTH:
            raise FilterError(f"{place(parser.input, parser.position)}: nests more than {MAX_DEPTH} levels deep")
        try:
            return super()._parse(parser)
        finally:
            parser.depth -= 1


# Consul's parser reads a character at a time, and says with which ones a word could have gone on. Here one regular
# expression reads the whole word, and an attempt to read one more character follows it, which only ever says that.


def expression() -> object:
    return Optional(space), either, Optional(space), EOF


def either() -> object:
    return both, ZeroOrMore(space, "or", space, both)


def both() -> object:
    return negation, ZeroOrMore(space, "and", space, negation)


def negation() -> object:
    return [("not", space, _Nesting(negation)), group]


def group() -> object:
    return [(inside, ")"), comparison, (inside, _Fault("grouping", "Unmatched parentheses"))]


def inside() -> object:
    return "(", Optional(space), _Nesting(either), Optional(space)


def comparison() -> object:
    return [
        (selector, [equal, not_equal, contains, not_contains, matches, not_matches], value),
        (selector, [is_empty, is_not_empty]),
        (value, [is_in, is_not_in], selector),
        (value, [is_in, is_not_in], _Fault("match", "Invalid selector")),
    ]


def equal() -> object:
    return Optional(space), "==", Optional(space)


def not_equal() -> object:
    return Optional(space), "!=", Optional(space)


def contains() -> object:
    return space, "contains", space


def not_contains() -> object:
    return space, "not", space, "contains", space


def matches() -> object:
    return space, "matches", space


def not_matches() -> object:
    return space, "not", space, "matches", space


def is_empty() -> object:
    return space, "is", space, "empty"


def is_not_empty() -> object:
    return space, "is", space, "not", space, "empty"


def is_in() -> object:
    return space, "in", space


def is_not_in() -> object:
    return space, "not", space, "in", space


def selector() -> object:
    return identifier, ZeroOrMore([(".", identifier), index])


def identifier() -> object:
    return RegExMatch(r"[a-zA-Z][a-zA-Z0-9_]*", str_repr="[a-zA-Z]"), Optional(RegExMatch("[a-zA-Z0-9_]"))


def index() -> object:
    return [
        ("[", Optional(space), string, Optional(space), "]"),
        ("[", Optional(space), Not(string), _Fault("index", "Invalid index")),
        ("[", Optional(space), string, Optional(space), _Fault("index", "Unclosed index expression")),
    ]


def value() -> object:
    return [selector, number, string]


def number() -> object:
    return [
        (digits, And([space, EOF, ")"])),
        (digits, _Fault("number", "Invalid number literal")),
    ]


def digits() -> object:
    more = Optional(RegExMatch("[0-9]"))
    whole = ["0", (RegExMatch("[1-9][0-9]*", str_repr="[1-9]"), more)]
    return Optional("-"), whole, Optional(".", RegExMatch("[0-9]+", str_repr="[0-9]"), more)


def string() -> object:
    return [
        _Quoted("`[^`]*`", str_repr=quote("`")),
        _Quoted('"[^"]*"', str_repr=quote('"')),
        (["`", '"'], RegExMatch("(?s:.*)"), _Fault("string", "Unterminated string literal")),
    ]


def space() -> object:
    return RegExMatch(r"[ \t\r\n]+", str_repr=r"[ \t\r\n]"), Optional(RegExMatch(r"[ \t\r\n]"))
