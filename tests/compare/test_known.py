from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from compare.difference import Difference, Kind
from compare.known import KNOWN, BadKnown, KnownDifference, load_known
from compare.loading import SCENARIOS, load_scenarios
from compare.scenario import Scenario, Step

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = Scenario("lapse", "T", "Q?", "G", (Step("after", "timeline"),))
ENTRY = {
    "target": '"custom"',
    "scenario": '"lapse"',
    "step": '"after"',
    "path": '"value.state"',
    "reference": '"critical"',
    "observed": '"gone"',
    "why": '"Ours removes at once what has lapsed."',
    "source": '"transcript ttl_life"',
    "versions": '">=1.8,<2"',
}


def written(path: Path, *changes: dict[str, str | None]) -> Path:
    file = path / "known.toml"
    tables = [{key: value for key, value in (ENTRY | change).items() if value is not None} for change in changes]
    file.write_text("\n".join("[[difference]]\n" + "\n".join(f"{k} = {v}" for k, v in t.items()) for t in tables))
    return file


def entry(**changes: Any) -> KnownDifference:
    given = {
        "target": "custom",
        "scenario": "lapse",
        "step": "after",
        "path": "value.x",
        "why": "because it is so, by nature",
        "source": "here",
        "versions": ">=1.8",
    }
    return KnownDifference.model_validate(given | changes)


def test_an_entry_is_loaded(tmp_path: Path) -> None:
    known = load_known([SCENARIO], written(tmp_path, {}))
    assert [one.place for one in known.entries] == [("custom", "lapse", "after", "value.state")]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"scenario": '"*"'}, "has a wildcard"),
        ({"step": '"aft*"'}, "has a wildcard"),
        ({"path": '"value.*"'}, "has a wildcard"),
        ({"target": '"?"'}, "has a wildcard"),
        ({"why": '""'}, "why:"),
        ({"why": '"TO DO: say why"'}, "why:"),
        ({"why": None}, "why:"),
        ({"source": '""'}, "source:"),
        ({"versions": '""'}, "versions:"),
        ({"versions": '"1.8"'}, "is no range of versions"),
        ({"versions": None}, "versions:"),
        ({"scenario": '"laps"'}, "no scenario 'laps'"),
        ({"step": '"before"'}, "no step 'before' in lapse"),
        ({"observed": '"critical"'}, "are the same"),
        ({"reference": None, "observed": None}, "are the same"),
        ({"comment": '"x"'}, "comment"),
        ({"why": "1"}, "why:"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path: Path, change: dict[str, str | None], complaint: str) -> None:
    with pytest.raises(BadKnown, match=r"known\.toml: difference 1: ") as refusal:
        load_known([SCENARIO], written(tmp_path, change))
    assert complaint in str(refusal.value)


def test_a_second_entry_about_the_same_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadKnown, match="difference 2: a second entry about custom / lapse / after"):
        load_known([SCENARIO], written(tmp_path, {}, {"observed": '"passing"'}))


@pytest.mark.parametrize("text", ["[[difference", "other = 1", "difference = 1"])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known.toml"
    file.write_text(text)
    with pytest.raises(BadKnown):
        load_known([SCENARIO], file)


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("Consul 1.8.7", True),
        ("Consul 1.21.4", True),
        ("Consul 1.8.7+ent", True),
        ("Consul 1.22.0-rc1", True),
        ("Consul 1.7.1", False),
        ("Consul 2.0.0", False),
        ("custom_registry 1.9.0", False),
        ("Consul", False),
        ("", False),
    ],
)
def test_entries_speak_of_the_versions_that_they_name(tmp_path: Path, version: str, found: bool) -> None:  # noqa: FBT001
    known = load_known([SCENARIO], written(tmp_path, {}))
    assert bool(known.on(version)) is found


@pytest.mark.parametrize(
    ("reference", "observed", "found", "covered"),
    [
        (1, 2, (1, 2), True),
        (1, 2, (1, 3), False),
        (1, 2, (2, 2), False),
        (None, False, (None, False), True),
        (None, False, (None, True), False),
        (None, {"a": 1}, (None, {"a": 1, "b": None}), True),
        (None, {"a": 1}, (None, {"a": 1, "b": 2}), False),
        (["a"], ["b"], (["a"], ["b"]), True),
    ],
)
def test_both_values_must_be_as_the_entry_says(
    reference: Any,
    observed: Any,
    found: tuple[Any, Any],
    covered: bool,  # noqa: FBT001
) -> None:
    known = entry(reference=reference, observed=observed)
    assert known.covers(Difference(Kind.CHANGED, "value.x", *found)) is covered
    assert not known.covers(Difference(Kind.CHANGED, "value.y", *found))


def test_times_of_an_entry_have_their_tolerance() -> None:
    known = entry(path="value.detected_at", reference=1.0, observed=3.0)
    assert known.covers(Difference(Kind.TIME, "value.detected_at", 1.2, 3.3, 0.6))
    assert not known.covers(Difference(Kind.TIME, "value.detected_at", 1.2, 4.0, 0.6))


def test_an_entry_about_a_whole_transition_has_its_tolerance_too() -> None:
    known = entry(reference={"state": "gone", "at": 76.0})
    assert known.covers(Difference(Kind.MISSING, "value.x", {"state": "gone", "at": 89.9}, None))
    assert not known.covers(Difference(Kind.MISSING, "value.x", {"state": "gone", "at": 30.0}, None))
    assert not known.covers(Difference(Kind.MISSING, "value.x", {"state": "critical", "at": 76.0}, None))


def test_our_own_file_loads() -> None:
    known = load_known(load_scenarios(SCENARIOS), KNOWN)
    assert {one.target for one in known.entries} <= {"basic", "custom"}
