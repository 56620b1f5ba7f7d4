from __future__ import annotations

import io
import json
import re
import tomllib
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from compare.judgement import Judgement
from compare.run import TargetInfo, UnreadableRun
from compare.wire.draft import draft_exceptions
from compare.wire.judge import judge, unplayed
from compare.wire.reports import FILE_REPORTS, terminal
from compare.wire.reports import json as json_report
from compare.wire.run import Finding, ScenarioVerdict, StaleException, WireRun
from tests.wire.fakes import UUIDS, exchange, transcript

EVIL = "<script>alert('x')</script>\x1b[31m"
NODES = exchange("/v1/catalog/nodes", [{"Node": "node-1", "ID": UUIDS[0]}])
RUN = WireRun(
    "2026-11-24T12:00:00+00:00",
    12.3,
    "1.8.7",
    TargetInfo("facade", "Consul 1.8.7", "our registry"),
    TargetInfo("recorded:consul-1.8.7", "Consul 1.8.7", "the transcripts", live=False),
    (
        judge(
            transcript(NODES, exchange("/v2/x", EVIL, status=404), exchange("/v1/agent/self", {"a": EVIL})),
            transcript(
                exchange("/v1/catalog/nodes", [{"Node": "node-1", "ID": UUIDS[1]}]),
                exchange("/v2/x", EVIL, status=200),
                exchange("/v1/agent/self", {}),
            ),
        ),
        ScenarioVerdict("kv", left_out="Keys belong to a later issue."),
    ),
)


def known(run: WireRun) -> WireRun:
    """The same run, all its differences being known."""
    scenario = run.scenarios[0]
    steps = tuple(
        replace(
            step,
            judgement=Judgement.KNOWN if step.findings else step.judgement,
            findings=tuple(
                Finding(f.difference, f.words, Judgement.KNOWN, "a good reason", "seen") for f in step.findings
            ),
        )
        for step in scenario.steps
    )
    return replace(run, scenarios=(replace(scenario, steps=steps), *run.scenarios[1:]))


STALE = replace(
    RUN,
    scenarios=(
        ScenarioVerdict(
            "example", known(RUN).scenarios[0].steps, (StaleException("example", 1, "GET /v2/x", "status", "because"),)
        ),
    ),
)
RUNS = {
    "unexpected": (RUN, 1),
    "known": (known(RUN), 0),
    "stale": (STALE, 1),
    "interrupted": (replace(RUN, interrupted=True, scenarios=(unplayed(transcript(NODES), "interrupted"),)), 130),
    "missing": (replace(RUN, target=replace(RUN.target, failure="nobody there")), 3),
}


def on_terminal(run: WireRun, *, every: bool = False) -> str:
    stream = io.StringIO()
    terminal.show(run, stream, every_endpoint=every, width=120)
    return stream.getvalue()


@pytest.mark.parametrize("name", RUNS)
def test_the_exit_code_is_told_by_every_report(name: str) -> None:
    run, code = RUNS[name]
    assert run.exit_code == code
    assert f"Exit code {code}" in on_terminal(run)
    assert f"Exit code {code}" in FILE_REPORTS["html"].render(run)
    assert f"Exit code {code}" in FILE_REPORTS["markdown"].render(run)
    assert json.loads(FILE_REPORTS["json"].render(run))["exit_code"] == code


def test_the_terminal_shows_scenarios_endpoints_steps_rules_and_what_was_not_played() -> None:
    said = on_terminal(RUN)
    assert re.search(r"^example +1 +3 +! 2 unexpected$", said, re.MULTILINE)
    assert re.search(r"^kv +0 +0 +- not played$", said, re.MULTILINE)
    assert re.search(r"^GET /v2/x +0 +1 +! 1 unexpected$", said, re.MULTILINE)
    assert "1 endpoint agrees throughout." in said
    assert "example / 1 GET /v2/x" in said
    assert "status: another value: 404 there, 200 here; it said" in said
    assert "body.a: missing" in said
    assert "identifiers (1 time): an agent draws UUIDs" in said
    assert "kv: Keys belong to a later issue." in said
    assert "1 of 3 steps agree exactly (33.3%), 2 unexpected." in said
    assert "\x1b" not in said


def test_every_endpoint_is_shown_to_who_asks() -> None:
    assert re.search(r"^GET /v1/catalog/nodes +1 +1 +=", on_terminal(RUN, every=True), re.MULTILINE)


def test_known_differences_come_with_their_reason_and_stale_exceptions_are_told() -> None:
    assert "Why: a good reason [seen]" in on_terminal(RUNS["known"][0])
    assert "example / 1 GET /v2/x, status: there is an exception for it" in on_terminal(STALE)


def test_the_page_escapes_all_and_asks_for_nothing() -> None:
    page = FILE_REPORTS["html"].render(RUN)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "default-src 'none'" in page
    assert "&lt;script&gt;" in page
    for text in ("Scenarios", "Endpoints", "Not played", "identifiers"):
        assert text in page


def test_json_has_the_figures_and_every_step() -> None:
    plain = json.loads(FILE_REPORTS["json"].render(RUN))
    assert (plain["steps"], plain["agreeing"], plain["schema"]) == (3, 1, 1)
    assert plain["endpoints"]["GET /v2/x"] == {"steps": 1, "agreeing": 0}
    assert plain["scenarios"][0]["steps"][1]["findings"][0]["difference"]["path"] == "status"


@pytest.mark.parametrize("name", RUNS)
def test_json_gives_back_the_same_run(name: str) -> None:
    run, _ = RUNS[name]
    text = json_report.render(run)
    assert text.isascii()
    again = json_report.read(text)
    assert again is not None
    assert FILE_REPORTS["html"].render(again) == FILE_REPORTS["html"].render(run)
    assert again == run


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"schema": 1}'])
def test_json_of_something_else_is_none_of_the_wire(text: str) -> None:
    assert json_report.read(text) is None


@pytest.mark.parametrize("change", [{"schema": 2}, {"scenarios": 1}])
def test_json_of_the_wire_that_cannot_be_read_says_where(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableRun, match=next(iter(change))):
        json_report.read(json.dumps(RUN.to_dict() | change))


def test_markdown_says_it_all_and_lets_nothing_of_a_target_through() -> None:
    text = FILE_REPORTS["markdown"].render(RUN)
    assert "| example | 1 | 3 | 2 unexpected |" in text
    assert "| GET /v2/x | 0 | 1 | 1 unexpected |" in text
    assert "- **example / 1** GET /v2/x\n  - status: another value: 404 there, 200 here; it said" in text
    assert "- **identifiers** (1 time): an agent draws UUIDs" in text
    assert "- **kv**: Keys belong to a later issue." in text
    assert "<script" not in text.replace(r"\<script", "")
    assert "\x1b" not in text
    assert "  Why: a good reason (seen)" in FILE_REPORTS["markdown"].render(RUNS["known"][0])
    assert "## Exceptions that are no longer needed" in FILE_REPORTS["markdown"].render(STALE)


def test_junit_has_a_case_a_step() -> None:
    root = ET.fromstring(FILE_REPORTS["junit"].render(RUN))  # noqa: S314 - it is ours
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "0")
    names = [case.get("name") for case in root.iter("testcase")]
    assert names == ["00 GET /v1/catalog/nodes", "01 GET /v2/x", "02 GET /v1/agent/self", "kv"]
    assert root.find(".//skipped") is not None
    known_root = ET.fromstring(FILE_REPORTS["junit"].render(RUNS["known"][0]))  # noqa: S314 - it is ours
    assert known_root.get("failures") == "0"
    assert "a good reason" in (known_root.findtext(".//system-out") or "")
    unknown = ET.fromstring(FILE_REPORTS["junit"].render(RUNS["interrupted"][0]))  # noqa: S314 - it is ours
    assert unknown.get("errors") == "1"
    stale = ET.fromstring(FILE_REPORTS["junit"].render(STALE))  # noqa: S314 - it is ours
    assert stale.find(".//failure[@type='no longer needed']") is not None


def test_a_draft_has_an_entry_a_step_to_be_completed() -> None:
    entries = tomllib.loads(draft_exceptions(RUN))["exception"]
    assert [(entry["step"], entry["paths"]) for entry in entries] == [(1, ["status"]), (2, ["body.a"])]
    assert entries[0]["observed"] == 200
    assert entries[0]["versions"] == ">=1.8,<1.9"
    assert {entry["source"] for entry in entries} == {""}
    assert draft_exceptions(RUNS["known"][0]).strip() == "exception = []"


def test_the_share_of_nothing_is_none() -> None:
    assert replace(RUN, scenarios=()).total.share == 0.0
