"""The generated tables are those of today; a stale one fails here, and ``make docs`` renews it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from compare.history import Outcome
from compare.wire.exceptions import load_exceptions
from compare.wire.transcript import load_all
from custom_registry.api.consul.endpoints import ENDPOINTS, Served
from docs import kept as kept_runs
from docs import tables
from docs.features import FEATURES
from docs.kept import Kept, StaleRun, load

if TYPE_CHECKING:
    from pathlib import Path

    from compare.wire.exceptions import Exceptions
    from compare.wire.transcript import Transcript


@pytest.fixture(scope="module")
def kept() -> Kept:
    return load()


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: page.name)
def test_a_page_is_up_to_date(page: Path, kept: Kept) -> None:
    text = page.read_text(encoding="utf-8")
    assert tables.filled(text, kept) == text, f"{page.name} is stale: make docs"


def test_the_kept_run_is_whole_live_and_as_expected(kept: Kept) -> None:
    assert all(target.live for target in kept.run.targets)
    assert not kept.run.stale
    assert kept.run.exit_code == 0


def test_the_kept_runs_of_the_wire_are_as_expected(kept: Kept) -> None:
    assert [run.consul for run in kept.wire] == ["1.21.4", "1.8.7"]
    for run in kept.wire:
        assert run.exit_code == 0
        assert run.total.share >= 0.97


def test_every_block_stands_in_a_page() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in tables.PAGES)
    assert {name for name in tables.TABLES if f"<!-- generated: {name} -->" in text} == set(tables.TABLES)
    assert text.count("<!-- generated: ") == text.count("<!-- end of generated -->") == len(tables.TABLES)


def test_a_changed_scenario_makes_the_run_stale(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = kept.run.scenarios
    monkeypatch.setattr(kept_runs, "load_scenarios", lambda _: (replace(first, question="Another?"), *others))
    with pytest.raises(StaleRun, match=f"run.json is older than .*: {first.name}; renew it with: make sample"):
        load()


def test_a_transcript_that_has_grown_makes_its_run_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    def grown(version: str) -> tuple[Transcript, ...]:
        first, *others = load_all(version)
        return (first.model_copy(update={"steps": (*first.steps, first.steps[0])}), *others)

    monkeypatch.setattr(kept_runs, "load_all", grown)
    with pytest.raises(StaleRun, match=r"wire-1\.21\.json is older than these scenarios: agent_health; "):
        load()


def test_an_exception_less_makes_the_run_of_the_wire_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    def shrunk(*arguments: Any) -> Exceptions:
        exceptions = load_exceptions(*arguments)
        return replace(exceptions, entries=exceptions.entries[1:])

    monkeypatch.setattr(kept_runs, "load_exceptions", shrunk)
    with pytest.raises(StaleRun, match=r"wire-1\.21\.json is older than these scenarios: "):
        load()


def test_the_table_of_endpoints_has_each_and_says_how_much_is_served(kept: Kept) -> None:
    _, _, *rows = tables.endpoints(kept).splitlines()
    assert len(rows) == len(ENDPOINTS)
    for row, endpoint in zip(rows, ENDPOINTS, strict=True):
        assert f"| `{endpoint.path}" in row
        assert f"| {endpoint.served.value}" in row
        assert (endpoint.served is Served.WHOLLY) == row.endswith("| yes |")


def test_every_known_difference_stands_in_its_table(kept: Kept) -> None:
    for target in ("custom", "basic"):
        table = tables.differences_of(target)(kept)
        entries = [entry for entry in kept.known.entries if entry.target == target]
        assert table.count(" / ") >= len(entries) > 0
        assert all(f"`{entry.scenario} / {entry.step}`" in table for entry in entries)


def test_a_feature_that_was_not_seen_is_unknown(kept: Kept) -> None:
    blind = replace(kept.run, histories=())
    seen = {feature.name: feature.seen(blind, "custom") for feature in FEATURES}
    assert seen.pop("Health endpoint") == "yes"  # that the target answered stands outside the histories
    assert set(seen.values()) == {"unknown"}


@pytest.mark.parametrize("name", ["Registration", "Heartbeats", "Deregistration", "Thread safety", "Uptime tracking"])
def test_a_feature_that_is_refused_is_none(kept: Kept, name: str) -> None:
    run = kept.run
    refusing = tuple(
        replace(history, observations=tuple(replace(seen, outcome=Outcome.REFUSED) for seen in history.observations))
        for history in run.histories
    )
    feature = next(feature for feature in FEATURES if feature.name == name)
    assert feature.seen(run, "custom").startswith("yes")
    assert feature.seen(replace(run, histories=refusing), "custom") == "refused"
