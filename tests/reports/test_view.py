from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compare.judgement import Judgement, Verdict
from compare.reports.marks import ANSWERED, NOT_RUN
from compare.reports.view import View
from tests.support.runs import LAPSE, REGISTER, TARGETS, WHY, sample

if TYPE_CHECKING:
    from compare.run import Run


def cells(run: Run, scenario: str) -> list[str]:
    (row,) = (row for row in View(run).rows if row.name == scenario)
    return [cell.mark.word for cell in row.cells]


def test_a_cell_says_the_gravest_judgement() -> None:
    assert cells(sample(), "register") == ["unknown", "unexpected", ANSWERED.word]
    assert cells(sample(), "lapse") == ["not offered", "known", ANSWERED.word]


def test_the_reference_shows_where_it_differs_from_itself() -> None:
    assert cells(sample(), "order") == ["noise", "same", "noise"]
    (noise,) = View(sample()).findings_of(TARGETS[2], sample().scenario("order"))
    assert noise.judgement is Judgement.NOISE
    assert noise.entries[0].sentence.startswith("Consul at first answers")


def test_what_was_never_judged_is_not_shown_as_the_same() -> None:
    assert cells(replace(sample(), verdicts=()), "register") == [NOT_RUN.word] * 3


def test_rows_stand_under_their_groups_even_if_these_are_mixed() -> None:
    groups = [(name, [row.name for row in rows]) for name, rows in View(sample()).groups]
    assert groups == [("Registration", ["register", "order"]), ("Health", ["lapse"])]


def test_what_one_reason_explains_stands_together() -> None:
    basic, custom = View(sample()).findings_on(LAPSE)
    assert [entry.step for entry in basic.entries] == ["beat", "picture", "after"]
    assert not basic.compared
    assert (custom.why, custom.judgement, custom.compared) == (WHY, Judgement.KNOWN, True)
    assert custom.entries[0].observed == "nothing"


def test_a_target_is_called_as_it_calls_itself_only_where_that_is_its_name() -> None:
    view = View(sample())
    assert [view.label(target.name) for target in TARGETS] == ["basic", "custom", "Consul"]


@pytest.mark.parametrize(
    ("run", "ending"),
    [
        (sample(unexpected=False, unknown=False, stale=False), "Exit code 0: nothing unexpected."),
        (
            sample(),
            "Exit code 1: 1 step with unexpected differences, 1 step unknown, 1 known difference no longer seen.",
        ),
        (sample(unexpected=False, unknown=False), "Exit code 1: 1 known difference no longer seen."),
        (replace(sample(), interrupted=True), "Exit code 130: interrupted."),
        (
            sample(targets=(*TARGETS[:2], replace(TARGETS[2], failure="no binary"))),
            "Exit code 3: a target could not be had.",
        ),
    ],
)
def test_the_summary_gives_the_exit_code_and_why(run: Run, ending: str) -> None:
    assert View(run).summary.endswith(ending)


def test_the_summary_counts_cells_without_the_reference() -> None:
    assert View(sample()).summary.startswith("1 unexpected, 1 unknown, 1 known, 1 noise, 1 not offered, 1 same.")


def test_the_opening_says_first_what_was_not_live() -> None:
    recorded = replace(TARGETS[2], live=False, recorded="2026-05-01")
    opening = View(replace(sample(targets=(*TARGETS[:2], recorded)), interrupted=True)).opening
    assert opening[0] == (
        "Not live: consul is played back from a recording of 2026-05-01 (Consul 1.8.7); no real one took part."
    )
    assert opening[1].startswith("Interrupted")


def test_the_opening_names_the_versions_where_all_were_live() -> None:
    view = View(sample())
    assert "consul (Consul 1.8.7)" in view.opening[0]
    assert view.all_live


def test_a_target_that_could_not_be_had_is_named_with_what_was_tried() -> None:
    view = View(sample(targets=(*TARGETS[:2], replace(TARGETS[2], version="", how="", failure="no binary on PATH"))))
    assert view.findings == (), "it is said once"
    assert view.opening == ("Not to be had: consul. no binary on PATH",)
    assert view.describe(view.run.target("consul")) == "never answered"
    assert not view.all_live


def test_a_known_difference_that_no_longer_shows_names_its_place() -> None:
    (line,) = View(sample()).stale
    assert line.startswith("order / look on custom, value.order: ")


def test_a_step_that_is_not_in_the_scenario_any_more_is_still_shown() -> None:
    run = replace(sample(), scenarios=(replace(REGISTER, steps=()), LAPSE))
    assert any(finding.scenario == "register" for finding in View(run).findings)


def test_what_is_missing_for_one_reason_is_said_once_over_all_scenarios() -> None:
    lost = [Verdict("basic", name, "x", Judgement.UNKNOWN, reason="basic: gone away") for name in ("register", "lapse")]
    (missing,) = View(replace(sample(), verdicts=tuple(lost))).missing
    assert missing == (Judgement.UNKNOWN, "basic", "basic: gone away", "register / x; lapse / x")
