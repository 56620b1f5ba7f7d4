from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from compare.history import History, Observation, Outcome
from compare.reports import FILE_REPORTS
from compare.reports import json as json_report
from compare.reports.junit import render as junit
from compare.reports.markdown import escape
from compare.reports.markdown import render as markdown
from compare.run import SCHEMA, Run, UnreadableRun
from tests.support.runs import EVIL, SOURCE, TARGETS, WHY, hostile, sample

RUNS = {"sample": sample(), "hostile": hostile(), "empty": replace(sample(), scenarios=(), verdicts=(), histories=())}
each_run = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())


@each_run
@pytest.mark.parametrize("name", FILE_REPORTS)
def test_every_report_renders_every_run_as_text_that_can_be_written(name: str, run: Run) -> None:
    assert len(FILE_REPORTS[name].render(run).encode()) > 100


@each_run
def test_json_gives_back_the_same_run(run: Run) -> None:
    text = json_report.render(run)
    assert text.isascii()
    assert json.loads(text)["schema"] == SCHEMA
    assert json_report.read(text) == run


def test_json_stays_json_where_a_backend_sends_what_is_none() -> None:
    odd = Observation("found", "discover", Outcome.OK, {EVIL: float("nan")})
    run = replace(sample(), histories=(History("custom", "register", (odd,)),))
    (history,) = json_report.read(json_report.render(run)).histories
    assert history.observations[0].value == {EVIL: None}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": 0}', f'{{"schema": {SCHEMA}}}'])
def test_what_is_no_run_is_refused(text: str) -> None:
    with pytest.raises(UnreadableRun):
        json_report.read(text)


CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "timestamp", "tests", "failures", "errors", "skipped", "time"},
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
}
"""What junit-10.xsd allows, and we use."""


@each_run
def test_junit_keeps_to_the_common_schema(run: Run) -> None:
    root = ET.fromstring(junit(run))  # noqa: S314 - our own document
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert set(element.attrib) == ATTRIBUTES.get(element.tag, set())
        if "time" in element.attrib:
            assert re.fullmatch(r"\d+\.\d{3}", element.attrib["time"])


def test_junit_has_a_case_for_each_scenario_and_target() -> None:
    root = ET.fromstring(junit(sample()))  # noqa: S314 - our own document
    outcome = {
        (suite.get("name"), case.get("name")): [child.tag for child in case]
        for suite in root.iter("testsuite")
        for case in suite.iter("testcase")
    }
    assert outcome == {
        ("basic", "register"): ["error"],
        ("basic", "lapse"): ["skipped"],
        ("basic", "order"): ["system-out"],
        ("custom", "register"): ["failure"],
        ("custom", "lapse"): ["system-out"],
        ("custom", "order"): [],
        ("consul", "register"): [],
        ("consul", "lapse"): [],
        ("consul", "order"): ["system-out"],
        ("known.toml", "custom order / look value.order"): ["failure"],
    }
    assert {key: root.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "10",
        "failures": "2",
        "errors": "1",
    }
    assert WHY in (root.findtext(".//testsuite[@name='custom']/testcase[@name='lapse']/system-out") or "")


def test_junit_counts_what_never_ran_as_an_error() -> None:
    root = ET.fromstring(junit(replace(sample(), verdicts=(), stale=())))  # noqa: S314 - our own document
    assert (root.get("tests"), root.get("errors")) == ("9", "9")


def test_junit_says_of_a_target_that_was_not_had_why() -> None:
    missing = replace(TARGETS[0], failure="no binary on PATH")
    root = ET.fromstring(junit(sample(targets=(missing, *TARGETS[1:]))))  # noqa: S314 - our own document
    error = root.find("testsuite[@name='basic']/testcase[@name='register']/error")
    assert error is not None
    assert error.get("message") == "Not to be had: basic. no binary on PATH"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@pytest.mark.parametrize("run", [sample(), hostile()], ids=["sample", "hostile"])
def test_markdown_tables_have_as_many_cells_in_each_row(run: Run) -> None:
    lines = markdown(run).splitlines()
    start = lines.index("## Matrix") + 2
    rows = [cells(line) for line in lines[start : lines.index("", start)]]
    assert len(rows) == len(run.scenarios) + 2
    assert {len(row) for row in rows} == {len(run.targets) + 2}
    assert set(rows[1]) == {"---"}


def test_markdown_says_each_difference() -> None:
    text = markdown(sample())
    assert "- **lapse / after**: Consul finds first, critical; custom does not find it.\n" in text
    assert f"  Why: {WHY} ({escape(SOURCE)})" in text
    assert "- **on basic**: lapse / beat, picture, after\n  Why: basic: the basic registry has no heartbeat\n" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<script>", r"\<script\>"),
        ("`*_~[x]", r"\`\*\_\~\[x\]"),
        ("back\\slash", r"back\\slash"),
        ("&lt;", "&amp;lt;"),
        ("@everyone #1", "@<!-- -->everyone #<!-- -->1"),
        ("http://evil.example www.evil.example", "http:<!-- -->//evil.example www<!-- -->.evil.example"),
    ],
)
def test_markdown_shows_exactly_the_text(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_markdown_lets_nothing_of_a_backend_through() -> None:
    text = markdown(hostile())
    assert "<script" not in text.replace(r"\<script", "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]|@everyone|http://", text)
