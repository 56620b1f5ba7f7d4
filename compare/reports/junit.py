"""A run as JUnit XML, for a CI's own display of tests: a suite a target, a case a scenario; it judges nothing.

Its form keeps to what the schema of Jenkins' xUnit plugin (``junit-10.xsd``) allows. Unexpected is a failure, unknown
an error, not offered skipped; known differences and noise pass, and stand in ``system-out``. Known differences that
no longer show are failures of a suite of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from compare.judgement import Judgement
from compare.reports.marks import MARKS
from compare.reports.text import clean
from compare.reports.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from compare.reports.view import Finding
    from compare.run import Run, TargetInfo
    from compare.scenario import Scenario

_ELEMENTS = {
    Judgement.UNEXPECTED: "failure",
    Judgement.UNKNOWN: "error",
    Judgement.NOT_OFFERED: "skipped",
}


def render(run: Run) -> str:
    """Return the run as a JUnit document."""
    view = View(run)
    suites = [_suite(view, target) for target in run.targets]
    if view.stale:
        suites.append(_stale_suite(view))
    return document(suites, run.seconds)


def document(suites: Sequence[ET.Element], seconds: float) -> str:
    """Return suites as a document; all of them took so many seconds."""
    root = ET.Element("testsuites", name="discovery-compare", time=f"{seconds:.3f}")
    root.extend(suites)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(view: View, target: TargetInfo) -> ET.Element:
    suite = ET.Element("testsuite", name=clean(target.name), timestamp=clean(view.run.started))
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("version", target.version),
        ("how", target.how),
        ("reference", view.run.reference),
        ("live", str(target.live).lower()),
    ):
        ET.SubElement(properties, "property", name=name, value=clean(value))
    suite.extend(_case(view, target, scenario) for scenario in view.run.scenarios)
    return counted(suite)


def _case(view: View, target: TargetInfo, scenario: Scenario) -> ET.Element:
    history = view.run.history(target.name, scenario.name)
    seconds = sum(seen.seconds for seen in history.observations) if history else 0.0
    case = ET.Element(
        "testcase", name=clean(scenario.name), classname=clean(f"{target.name}.{scenario.group}"), time=f"{seconds:.3f}"
    )
    findings = view.findings_of(target, scenario)
    judgement = view.run.judgement(target.name, scenario.name)
    if judgement is None:
        ET.SubElement(case, "error", type="not run", message="the run did not come to it")
    elif judgement in _ELEMENTS:
        grave = [finding for finding in findings if finding.judgement is judgement]
        text = _text(grave) or "\n".join(view.opening)
        ET.SubElement(
            case, _ELEMENTS[judgement], type=MARKS[judgement].word, message=text.partition("\n")[0]
        ).text = text
    rest = _text(finding for finding in findings if finding.judgement is not judgement or judgement not in _ELEMENTS)
    if rest:
        ET.SubElement(case, "system-out").text = rest
    return case


def _stale_suite(view: View) -> ET.Element:
    suite = ET.Element("testsuite", name="known.toml", timestamp=clean(view.run.started))
    for stale, line in zip(view.run.stale, view.stale, strict=True):
        name = clean(f"{stale.target} {stale.scenario} / {stale.step} {stale.path}")
        case = ET.SubElement(suite, "testcase", name=name, classname="known.toml", time="0.000")
        ET.SubElement(case, "failure", type="no longer seen", message=line).text = line
    return counted(suite)


def counted(suite: ET.Element) -> ET.Element:
    """Return a suite with the numbers of its cases, and of those that did not pass."""
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for key, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(element) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    return suite


def _text(findings: Iterable[Finding]) -> str:
    """Return findings as lines: each sentence with its step, then why."""
    lines = []
    for finding in findings:
        mark = MARKS[finding.judgement]
        lines += [f"{mark.word}: {entry.step}: {entry.sentence or mark.meaning}" for entry in finding.entries]
        if finding.why:
            lines.append(f"Why: {finding.why}" + (f" [{finding.source}]" if finding.source else ""))
    return "\n".join(lines)
