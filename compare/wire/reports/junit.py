"""A run of the wire as JUnit XML: a suite a scenario, a case a step; it judges nothing.

Its form keeps to what ``compare.reports.junit`` keeps to. Unexpected is a failure, unknown an error, a scenario that is
not played is skipped; what is known passes, and stands in ``system-out``. Exceptions that are no longer needed are
failures of a suite of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from compare.judgement import Judgement
from compare.reports.junit import counted, document
from compare.reports.marks import MARKS
from compare.reports.text import clean
from compare.wire.reports.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compare.wire.reports.view import Shown
    from compare.wire.run import ScenarioVerdict, StepVerdict, WireRun

_ELEMENTS = {Judgement.UNEXPECTED: "failure", Judgement.UNKNOWN: "error"}


def render(run: WireRun) -> str:
    """Return the run as a JUnit document."""
    view = View(run)
    suites = [_suite(view, scenario) for scenario in run.scenarios]
    if run.stale:
        suites.append(_stale_suite(view))
    return document(suites, run.seconds)


def _suite(view: View, scenario: ScenarioVerdict) -> ET.Element:
    suite = ET.Element("testsuite", name=clean(scenario.scenario), timestamp=clean(view.run.started))
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("target", view.describe(view.run.target)),
        ("reference", view.describe(view.run.reference)),
        ("consul", view.run.consul),
    ):
        ET.SubElement(properties, "property", name=name, value=clean(value))
    if scenario.left_out:
        case = ET.SubElement(suite, "testcase", name=clean(scenario.scenario), classname="wire", time="0.000")
        ET.SubElement(case, "skipped", type="not played", message=clean(scenario.left_out))
    suite.extend(_case(view, scenario.scenario, step) for step in scenario.steps)
    return counted(suite)


def _case(view: View, scenario: str, step: StepVerdict) -> ET.Element:
    name = clean(f"{step.number:02} {step.label}")
    case = ET.Element("testcase", name=name, classname=clean(f"wire.{scenario}"), time=f"{step.seconds:.3f}")
    mine = [shown for shown in view.steps if (shown.scenario, shown.number) == (clean(scenario), step.number)]
    if step.judgement in _ELEMENTS:
        text = _text(shown for shown in mine if shown.judgement is step.judgement) or clean(step.reason)
        kind, message = MARKS[step.judgement].word, text.partition("\n")[0]
        ET.SubElement(case, _ELEMENTS[step.judgement], type=kind, message=message).text = text
    known = _text(shown for shown in mine if shown.judgement not in _ELEMENTS)
    if known:
        ET.SubElement(case, "system-out").text = known
    return case


def _stale_suite(view: View) -> ET.Element:
    suite = ET.Element("testsuite", name="exceptions", timestamp=clean(view.run.started))
    for stale, line in zip(view.run.stale, view.stale, strict=True):
        name = clean(f"{stale.scenario} / {stale.step} {stale.path}")
        case = ET.SubElement(suite, "testcase", name=name, classname="wire.exceptions", time="0.000")
        ET.SubElement(case, "failure", type="no longer needed", message=line).text = line
    return counted(suite)


def _text(steps: Iterable[Shown]) -> str:
    lines = []
    for shown in steps:
        for place in shown.places:
            line = f"{place.path}: {place.kind}: {place.reference} there, {place.observed} here"
            lines.append(f"{line}; {place.words}" if place.words else line)
        if shown.why:
            lines.append(f"Why: {shown.why}" + (f" [{shown.source}]" if shown.source else ""))
    return "\n".join(lines)
