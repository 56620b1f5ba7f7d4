"""Texts and query strings as Go has them. Source: Go's ``strconv`` and ``net/url``, and a running Consul 1.8.7."""

from __future__ import annotations

import pytest

from custom_registry.api.consul.arguments import Arguments, BrokenQuery, parse_bool
from custom_registry.api.consul.dialects import Dialect
from custom_registry.api.consul.gotext import join_errors, quote

NEW, OLD = Dialect.named("1.21"), Dialect.named("1.8")


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("web", '"web"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("a\tb\n", '"a\\tb\\n"'),
        ("\x00\x7f", '"\\x00\\x7f"'),
        ("\u200b", '"\\u200b"'),
        ("\U000e0001", '"\\U000e0001"'),
        ("é \N{GRINNING FACE}", '"é \N{GRINNING FACE}"'),
    ],
)
def test_a_text_is_quoted(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_errors_are_counted_and_joined() -> None:
    assert join_errors(["a"]) == "1 error occurred:\n\t* a\n\n"
    assert join_errors(["a", "b"]) == "2 errors occurred:\n\t* a\n\t* b\n\n"


class TestArguments:
    def test_they_keep_their_case_and_order_and_the_first_counts(self) -> None:
        arguments = Arguments.parse("tag=a&Tag=x&tag=b%20c+d&stale&&=e", NEW)
        assert (arguments.first("tag"), arguments.all("tag")) == ("a", ["a", "b c d"])
        assert ("stale" in arguments, arguments.first("stale"), "passing" in arguments) == (True, "", False)
        assert arguments.all("passing") == []

    @pytest.mark.parametrize("query", ["a=%zz", "%", "a=%2"])
    def test_an_escape_that_is_none_breaks_the_query(self, query: str) -> None:
        for dialect in (NEW, OLD):
            with pytest.raises(BrokenQuery):
                Arguments.parse(query, dialect)

    def test_a_semicolon_separates_in_the_old_dialect_and_is_an_error_in_the_new(self) -> None:
        assert Arguments.parse("a=1;b=2", OLD).first("b") == "2"
        with pytest.raises(BrokenQuery):
            Arguments.parse("a=1;b=2", NEW)

    def test_what_does_not_matter_can_be_left_out(self) -> None:
        assert Arguments.parse("b=2&index=5&a=1&b=1", NEW).without(frozenset({"index"})) == (
            ("a", ("1",)),
            ("b", ("2", "1")),
        )


@pytest.mark.parametrize(
    ("texts", "value"),
    [("1 t T TRUE true True", True), ("0 f F FALSE false False", False), ("yes tRUE on 2", None)],
)
def test_booleans_are_those_of_go(texts: str, value: object) -> None:
    assert {parse_bool(text) for text in texts.split()} == {value}
    assert parse_bool("") is None
