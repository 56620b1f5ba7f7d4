"""Durations as Go reads and writes them. Source: Go's ``time`` package, by way of a running Consul 1.8.7."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_registry.api.consul.durations import SECOND, InvalidDuration, format_duration, parse_duration

MINUTE = 60 * SECOND


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("10s", 10 * SECOND),
        ("+5s", 5 * SECOND),
        ("-1.5h", -90 * MINUTE),
        ("1h30m", 90 * MINUTE),
        (".5s", SECOND // 2),
        ("1.s", SECOND),
        ("1us", 1_000),
        ("1\N{MICRO SIGN}s", 1_000),
        ("1\N{GREEK SMALL LETTER MU}s", 1_000),
        ("3ms2ns", 3_000_002),
        ("1m1m", 2 * MINUTE),
        ("9223372036854775807ns", 2**63 - 1),
    ],
)
def test_a_duration_is_read(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", 'invalid duration ""'),
        ("abc", 'invalid duration "abc"'),
        (".s", 'invalid duration ".s"'),
        ("-", 'invalid duration "-"'),
        ("1 s", 'unknown unit " s" in duration "1 s"'),
        ("5", 'missing unit in duration "5"'),
        ("1h5", 'missing unit in duration "1h5"'),
        ("5x", 'unknown unit "x" in duration "5x"'),
        ("1d", 'unknown unit "d" in duration "1d"'),
        ("300000h1000000000s9999999h", 'invalid duration "300000h1000000000s9999999h"'),
        ("9223372036854775808ns", 'invalid duration "9223372036854775808ns"'),
        ("99999999999999999999s", 'invalid duration "99999999999999999999s"'),
    ],
)
def test_what_is_none_is_refused_in_gos_words(text: str, problem: str) -> None:
    with pytest.raises(InvalidDuration) as raised:
        parse_duration(text)
    assert str(raised.value) == f"time: {problem}"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1_500, "1.5\N{MICRO SIGN}s"),
        (100_000_000, "100ms"),
        (SECOND, "1s"),
        (1_500_000_000, "1.5s"),
        (-90 * SECOND, "-1m30s"),
        (MINUTE, "1m0s"),
        (90 * MINUTE, "1h30m0s"),
        (72 * 60 * MINUTE, "72h0m0s"),
    ],
)
def test_a_duration_is_written_in_gos_shortest_form(nanoseconds: int, text: str) -> None:
    assert format_duration(nanoseconds) == text


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_what_is_written_is_read_again(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds
