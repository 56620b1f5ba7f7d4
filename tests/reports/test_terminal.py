from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compare.reports import terminal
from tests.support.runs import SOURCE, TARGETS, WHY, hostile, sample

if TYPE_CHECKING:
    from compare.run import Run

ESCAPE = "\x1b"


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def printed(run: Run, stream: io.StringIO | None = None, width: int | None = None) -> str:
    stream = stream or io.StringIO()
    terminal.show(run, stream, width=width)
    return stream.getvalue()


def unwrapped(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [None, 80])
@pytest.mark.parametrize("run", [sample(), hostile()], ids=["sample", "hostile"])
def test_no_line_is_wider_than_eighty_characters(run: Run, width: int | None) -> None:
    assert max(map(len, printed(run, width=width).splitlines())) <= 80


def test_the_matrix_has_a_row_a_scenario_and_a_column_a_target() -> None:
    lines = printed(sample()).splitlines()
    (heading,) = (line for line in lines if line.startswith("scenario"))
    (row,) = (line for line in lines if line.startswith("  register") and "/" not in line)
    assert heading.split() == ["scenario", "basic", "custom", "consul", "(reference)"]
    assert row.split() == ["register", "?", "unknown", "!", "unexpected", "·", "answered"]


def test_four_targets_still_fit() -> None:
    four = (*TARGETS[:2], replace(TARGETS[1], name="facade"), TARGETS[2])
    lines = printed(sample(targets=four)).splitlines()
    (row,) = (line for line in lines if line.startswith("  lapse") and "/" not in line)
    assert "not offered" in row
    assert "not run" in row
    assert len(row) <= 80


def test_every_difference_is_a_sentence_with_its_why_and_source() -> None:
    text = unwrapped(printed(sample()))
    assert "lapse / after: Consul finds first, critical; custom does not find it." in text
    assert f"Why: {WHY} [{SOURCE}]" in text
    assert "register / found: Consul shows first with port 8001; custom shows it with port 8002." in text
    assert "on basic: lapse / beat, picture, after Why: basic: the basic registry has no heartbeat" in text
    assert "on basic: register / found Why: basic: connection refused" in text
    assert "order / look on custom, value.order: known.toml says" in text


def test_the_first_line_says_what_was_not_live_and_the_last_what_it_comes_to() -> None:
    recorded = replace(TARGETS[2], live=False, recorded="2026-05-01")
    text = printed(sample(targets=(*TARGETS[:2], recorded)))
    assert text.startswith("Not live: consul is played back from a recording of 2026-05-01 (Consul 1.8.7)")
    assert "Summary: " in text.splitlines()[-3] + text.splitlines()[-2] + text.splitlines()[-1]
    assert text.endswith("no longer seen.\n")


def test_nothing_but_text_goes_into_a_pipe() -> None:
    assert ESCAPE not in printed(sample())
    assert ESCAPE not in printed(hostile())


def test_a_terminal_has_colours_unless_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    red = f"{ESCAPE}[1;31m"
    assert red in printed(sample(), Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert red not in printed(sample(), Terminal())
    assert f"{ESCAPE}[1m" in printed(sample(), Terminal()), "bold is no colour"


def test_a_backend_cannot_send_escapes_to_a_terminal() -> None:
    text = printed(hostile(), Terminal(), 80)
    assert r"\x1b[31m" in text
    assert not {"\x00", "\u202e", "\ud800"} & set(text)
    assert f"{ESCAPE}[31m" not in text


def test_a_stream_without_the_characters_gets_others() -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="ascii")
    terminal.show(sample(), stream)
    stream.flush()
    assert b"answered" in buffer.getvalue()
