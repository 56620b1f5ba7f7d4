"""The generated tables are those of today; a stale one fails here, and ``make docs`` renews it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compare.history import Outcome
from docs import tables
from docs.features import FEATURES

if TYPE_CHECKING:
    from pathlib import Path

    from compare.known import Known
    from compare.run import Run


@pytest.fixture(scope="module")
def kept() -> tuple[Run, Known]:
    return tables.load()


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: page.name)
def test_a_page_is_up_to_date(page: Path, kept: tuple[Run, Known]) -> None:
    text = page.read_text(encoding="utf-8")
    assert tables.filled(text, *kept) == text, f"{page.name} is stale: make docs"


def test_the_kept_run_is_whole_live_and_as_expected(kept: tuple[Run, Known]) -> None:
    run, _ = kept
    assert all(target.live for target in run.targets)
    assert not run.stale
    assert run.exit_code == 0


def test_every_block_stands_in_a_page() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in tables.PAGES)
    assert {name for name in tables.TABLES if f"<!-- generated: {name} -->" in text} == set(tables.TABLES)
    assert text.count("<!-- generated: ") == text.count("<!-- end of generated -->") == len(tables.TABLES)


def test_a_changed_scenario_makes_the_run_stale(kept: tuple[Run, Known], monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = kept
    first, *others = run.scenarios
    monkeypatch.setattr(tables, "load_scenarios", lambda _: (replace(first, question="Another?"), *others))
    with pytest.raises(tables.StaleRun, match=f"{first.name}; renew it with: make sample"):
        tables.load()


def test_every_known_difference_stands_in_its_table(kept: tuple[Run, Known]) -> None:
    run, known = kept
    for target in ("custom", "basic"):
        table = tables.differences_of(target)(run, known)
        entries = [entry for entry in known.entries if entry.target == target]
        assert table.count(" / ") >= len(entries) > 0
        assert all(f"`{entry.scenario} / {entry.step}`" in table for entry in entries)


def test_a_feature_that_was_not_seen_is_unknown(kept: tuple[Run, Known]) -> None:
    run, _ = kept
    blind = replace(run, histories=())
    seen = {feature.name: feature.seen(blind, "custom") for feature in FEATURES}
    assert seen.pop("Health endpoint") == "yes"  # that the target answered stands outside the histories
    assert set(seen.values()) == {"unknown"}


@pytest.mark.parametrize("name", ["Registration", "Heartbeats", "Deregistration", "Thread safety", "Uptime tracking"])
def test_a_feature_that_is_refused_is_none(kept: tuple[Run, Known], name: str) -> None:
    run, _ = kept
    refusing = tuple(
        replace(history, observations=tuple(replace(seen, outcome=Outcome.REFUSED) for seen in history.observations))
        for history in run.histories
    )
    feature = next(feature for feature in FEATURES if feature.name == name)
    assert feature.seen(run, "custom").startswith("yes")
    assert feature.seen(replace(run, histories=refusing), "custom") == "refused"
