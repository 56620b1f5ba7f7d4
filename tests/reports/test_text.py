from __future__ import annotations

import pytest

from compare.reports.text import clean, quantity, shown
from tests.support.runs import EVIL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, accents é and 日本", "plain text, accents é and 日本"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\x00b\x9bc", r"a\x00b\x9bc"),
        ("turned \u202e round", r"turned \u202e round"),
        ("a\ud800", r"a\ud800"),
        ("two\nlines\tand a tab", "two lines and a tab"),
    ],
)
def test_unprintable_characters_are_written_out(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert clean("x" * 500, 10) == "xxxxxxxxxx… (500 characters)"
    assert clean("x" * 10, 10) == "x" * 10


def test_a_value_is_shown_as_json_and_cannot_be_huge() -> None:
    assert shown({"a": [1, None, "é"]}) == '{"a": [1, null, "é"]}'
    assert len(shown({EVIL: EVIL})) < 200


def test_quantities_have_their_nouns() -> None:
    assert (quantity(1, "step"), quantity(0, "step"), quantity(2, "reply", "replies")) == (
        "1 step",
        "0 steps",
        "2 replies",
    )
