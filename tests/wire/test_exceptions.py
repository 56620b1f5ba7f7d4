from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compare.difference import Difference, Kind
from compare.judgement import Judgement
from compare.wire.exceptions import EXCEPTIONS, BadExceptions, Exceptions, load_exceptions
from compare.wire.judge import judge
from compare.wire.transcript import load_all, versions
from tests.wire.fakes import exchange, transcript

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {
    "versions": '">=1.8,<1.9"',
    "scenario": '"example"',
    "step": "1",
    "request": '"GET /v2/x"',
    "paths": '["status"]',
    "observed": "501",
    "why": '"Outside /v1 our native API answers."',
    "source": '"transcripts agent_info"',
}
PLAYED = transcript(exchange("/v1/a"), exchange("/v2/x", status=404))


def load(folder: Path, *tables: dict[str, str], head: str = "exception") -> Exceptions:
    file = folder / "list.toml"
    lines = [f"[[{head}]]\n" + "".join(f"{key} = {value}\n" for key, value in table.items()) for table in tables]
    file.write_text("\n".join(lines), encoding="utf-8")
    return load_exceptions({"1.8.7": [PLAYED], "1.21.4": [PLAYED]}, file)


def test_our_own_list_is_right_and_names_what_is_not_played_yet() -> None:
    own = load_exceptions({version: load_all(version) for version in versions()}, EXCEPTIONS)
    assert own.why_left_out("kv")
    assert own.why_left_out("blocking") is None


def test_an_entry_speaks_of_its_versions_and_scenario(tmp_path: Path) -> None:
    exceptions = load(tmp_path, GOOD)
    assert len(exceptions.of("1.8.7", "example")) == 1
    assert exceptions.of("1.21.4", "example") == ()
    assert exceptions.of("1.8.7", "other") == ()


def test_what_all_paths_begin_with_need_not_stand_in_each(tmp_path: Path) -> None:
    (entry,) = load(tmp_path, GOOD | {"within": '"body.a"', "paths": '["b"]'}).entries
    assert entry.covers(Difference(Kind.CHANGED, "body.a.b", 1, 501))
    assert not entry.covers(Difference(Kind.CHANGED, "b", 1, 501))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"paths": '["body.*"]'}, "wildcard"),
        ({"within": '"body.*"'}, "wildcard"),
        ({"paths": "[]"}, "paths"),
        ({"paths": '["status", "status"]'}, "twice"),
        ({"paths": '["status", "body"]'}, "several"),
        ({"why": '"so"'}, "why"),
        ({"source": '""'}, "source"),
        ({"versions": '"1.8"'}, "range of versions"),
        ({"versions": '">=2"'}, "no transcript"),
        ({"scenario": '"nosuch"'}, "no transcript"),
        ({"step": "7"}, "there is none"),
        ({"step": "0"}, "that is 'GET /v1/a'"),
        ({"request": '"GET /v2/y"'}, "is not 'GET /v2/y'"),
        ({"surprise": "1"}, "surprise"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path: Path, change: dict[str, str], message: str) -> None:
    with pytest.raises(BadExceptions, match=message):
        load(tmp_path, GOOD | change)


def test_two_entries_about_one_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadExceptions, match="second entry"):
        load(tmp_path, GOOD, GOOD)


@pytest.mark.parametrize("text", ["[[surprise]]\na = 1\n", "a = \n", 'exception = "x"\n'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "list.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadExceptions):
        load_exceptions({}, file)


@pytest.mark.parametrize(
    ("status", "judgement", "stale"),
    [(501, Judgement.KNOWN, 0), (404, Judgement.SAME, 1), (500, Judgement.UNEXPECTED, 1)],
)
def test_an_exception_covers_exactly_what_it_says_and_is_stale_where_it_does_not_show(
    tmp_path: Path, status: int, judgement: Judgement, stale: int
) -> None:
    observed = transcript(exchange("/v1/a"), exchange("/v2/x", status=status))
    verdict = judge(PLAYED, observed, load(tmp_path, GOOD).of("1.8.7", "example"))
    assert verdict.steps[1].judgement is judgement
    assert len(verdict.stale) == stale
    if judgement is Judgement.KNOWN:
        assert verdict.steps[1].findings[0].why == "Outside /v1 our native API answers."


def test_nothing_is_stale_in_what_was_not_played_to_its_end(tmp_path: Path) -> None:
    verdict = judge(PLAYED, transcript(exchange("/v1/a")), load(tmp_path, GOOD).of("1.8.7", "example"))
    assert verdict.stale == ()
