"""Go's strings and numbers: the corners, as strconv's documentation and Consul 1.8.7's answers have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_registry.core.filters.golang import compile_pattern, parse_bool, parse_int, quote, unquote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ('a"b\\', r'"a\"b\\"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x01\x7f", r'"\x01\x7f"'),
        ("é ☃", '"é ☃"'),
        ("\u200b\xa0\U000e0001", r'"\u200b\u00a0\U000e0001"'),
        ("\udcff", r'"\xff"'),
    ],
)
def test_texts_are_shown_as_go_quotes_them(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("`a\\n\rb\n`", "a\\nb\n"),
        (r'"\a\b\f\n\r\t\v\\"', "\a\b\f\n\r\t\v\\"),
        (r'"\x41\101\u0041\U00000041"', "AAAA"),
        (r'"\xc3\xa9"', "é"),
        (r'"\xff"', "\udcff"),
        (r'"\U0001F600"', "😀"),
        ('"\'"', "'"),
    ],
)
def test_literals(literal: str, text: str) -> None:
    assert unquote(literal) == text


@pytest.mark.parametrize("body", ["\n", r"\q", "\\", r"\x4", r"\08", r"\400", r"\u12", r"\ud800", r"\U00110000", r"\'"])
def test_literals_with_a_line_end_or_an_escape_that_go_does_not_know(body: str) -> None:
    with pytest.raises(ValueError, match=r"^invalid syntax$"):
        unquote(f'"{body}"')


@given(st.text())
def test_what_is_quoted_can_be_read_again(text: str) -> None:
    assert unquote(quote(text)) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("80", 80),
        ("-1", -1),
        ("+7", 7),
        ("0", 0),
        ("00", 0),
        ("0x50", 80),
        ("0X_5_0", 80),
        ("0b101", 5),
        ("0o17", 15),
        ("017", 15),
        ("0_17", 15),
        ("1_000", 1000),
        ("-9223372036854775808", -(2**63)),
        ("0" * 9000 + "7", 7),
    ],
)
def test_integers(text: str, number: int) -> None:
    assert parse_int(text) == number


@pytest.mark.parametrize("text", ["", "-", "x", "1.0", "1e3", "08", "0x", "1__0", "_1", "1_", " 1", "\u0661", "0b2"])
def test_no_integers(text: str) -> None:
    with pytest.raises(ValueError, match=r'^strconv.ParseInt: parsing ".*": invalid syntax$'):
        parse_int(text)


@pytest.mark.parametrize("text", ["9223372036854775808", "-9223372036854775809", "9" * 9000, "0x" + "f" * 17])
def test_integers_that_do_not_fit(text: str) -> None:
    with pytest.raises(ValueError, match=rf'^strconv.ParseInt: parsing "{text}": value out of range$'):
        parse_int(text)


@pytest.mark.parametrize("text", ["1", "t", "T", "TRUE", "true", "True"])
def test_true(text: str) -> None:
    assert parse_bool(text) is True


@pytest.mark.parametrize("text", ["0", "f", "F", "FALSE", "false", "False"])
def test_false(text: str) -> None:
    assert parse_bool(text) is False


@pytest.mark.parametrize("text", ["", "yes", "tRUE", "10"])
def test_no_truth_value(text: str) -> None:
    with pytest.raises(ValueError, match=rf'^strconv.ParseBool: parsing "{text}": invalid syntax$'):
        parse_bool(text)


def test_a_pattern_is_found_anywhere_in_a_text_of_any_characters() -> None:
    found = compile_pattern("(?i)É.b")
    assert found("xé☃bx")
    assert not found("eb")
    assert not found("\ud800")
