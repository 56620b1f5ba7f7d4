from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from compare.history import History, Observation, Outcome
from compare.reports.html import render
from compare.reports.marks import MARKS
from compare.reports.timeline import LEFT, RIGHT, WIDTH, Picture, pictures
from compare.reports.view import View
from tests.support.runs import LAPSE, SOURCE, TARGETS, WHY, hostile, sample, timeline

if TYPE_CHECKING:
    from compare.run import Run

VOID = {"meta", "input"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page's elements, each with all the text within it."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.get_starttag_text() and self.open and self.open[-1].tag == tag:
            self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str, css_class: str = "") -> list[Element]:
        return [
            element
            for element in self.elements
            if element.tag == tag and set(css_class.split()) <= set((element.attributes.get("class") or "").split())
        ]


def page(run: Run) -> Page:
    parsed = Page()
    parsed.feed(render(run))
    parsed.close()
    assert parsed.open == [], "every element is closed where it should be"
    return parsed


both = pytest.mark.parametrize("run", [sample(), hostile()], ids=["sample", "hostile"])


@both
def test_the_page_needs_nothing_else(run: Run) -> None:
    parsed = page(run)
    loading = {"src", "srcset", "action", "data", "poster", "background", "formaction"}
    assert not [element for element in parsed.elements if loading & set(element.attributes)]
    assert not {"script", "link", "iframe", "img", "object", "embed", "base", "use"} & {e.tag for e in parsed.elements}
    assert all((link.attributes["href"] or "").startswith("#") for link in parsed.all("a"))
    (style,) = parsed.all("style")
    assert not re.search(r"url\(|@import|expression", style.text)


@both
def test_the_page_forbids_what_might_get_through(run: Run) -> None:
    (policy,) = (e for e in page(run).all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert not [name for e in page(run).elements for name in e.attributes if name.startswith("on")]


def test_what_a_backend_sent_is_text_and_no_element() -> None:
    parsed = page(hostile())
    assert "</script><script>alert(1)</script>" in parsed.all("h3")[0].text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", render(hostile()))


@both
def test_links_lead_somewhere_and_ids_are_unique(run: Run) -> None:
    parsed = page(run)
    ids = Counter(element.attributes["id"] for element in parsed.elements if "id" in element.attributes)
    assert max(ids.values()) == 1
    pointing = [link.attributes["href"] or "" for link in parsed.all("a")]
    pointing += [f"#{e.attributes['aria-labelledby']}" for e in parsed.elements if "aria-labelledby" in e.attributes]
    assert pointing
    assert {target.removeprefix("#") for target in pointing} <= set(ids)


def test_every_verdict_is_in_the_matrix_as_a_symbol_and_a_word() -> None:
    cells = {" ".join(cell.text.split()) for cell in page(sample()).all("td")}
    assert {f"{mark.symbol} {mark.word}" for mark in MARKS.values()} <= cells


def test_the_tables_have_headings_with_a_scope() -> None:
    headings = page(sample()).all("th")
    assert {heading.attributes.get("scope") for heading in headings} == {"col", "row", "rowgroup"}


def test_headings_skip_no_level() -> None:
    levels = [int(e.tag[1]) for e in page(sample()).elements if re.fullmatch(r"h\d", e.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_verdict_but_the_same_can_be_filtered() -> None:
    parsed = page(sample())
    boxes = {box.attributes["id"] for box in parsed.all("input")}
    shown = {
        name for article in parsed.all("article", "finding") for name in (article.attributes["class"] or "").split()
    }
    assert boxes == {f"show-{judgement}" for judgement in MARKS if judgement != "same"}
    assert shown - {"finding"} == {box.removeprefix("show-") for box in boxes if box}
    (style,) = parsed.all("style")
    for box in boxes:
        judgement = (box or "").removeprefix("show-")
        assert f"body:not(:has(#{box}:checked)) .finding.{judgement} {{ display: none; }}" in style.text
        assert f"body:has(#{box}:checked) .card.has-{judgement} {{ display: block; }}" in style.text


def test_a_difference_stands_side_by_side_with_its_why_and_source() -> None:
    parsed = page(sample())
    (finding,) = parsed.all("article", "known")
    text = " ".join(finding.text.split())
    assert "Consul finds first, critical; custom does not find it." in text
    assert f"Why: {WHY} Source: {SOURCE}" in text
    start = next(n for n, e in enumerate(parsed.elements) if e.text == "value.instances[first]" and e.tag == "td")
    sides = [element.text for element in parsed.elements[start:] if element.tag == "td"][:3]
    assert sides == ["value.instances[first]", '{"instance": "first", "health": "critical"}', "nothing"]


def test_a_run_without_differences_says_so() -> None:
    parsed = page(replace(sample(stale=False), verdicts=(), noise=()))
    assert not parsed.all("article")
    assert "None." in {paragraph.text for paragraph in parsed.all("p")}


def only_picture(run: Run) -> Picture:
    (picture,) = pictures(View(run))
    return picture


def test_the_lapse_is_drawn_with_a_lane_a_target_on_one_axis() -> None:
    picture = only_picture(sample())
    assert [lane.name for lane in picture.lanes] == ["custom", "consul (reference)"]
    assert [[segment.state for segment in lane.segments] for lane in picture.lanes] == [
        ["passing", "critical"],
        ["passing", "critical", "gone"],
    ]
    assert picture.lanes[1].words == "passing from 0.1 s, then critical from 2.2 s, then gone from 92.0 s"
    assert (picture.ticks[0].label, picture.ticks[1].label) == ("0 s", "20 s")


def test_a_bar_begins_where_its_time_stands_on_the_axis() -> None:
    picture = only_picture(sample())
    second = (picture.ticks[1].x - picture.ticks[0].x) / 20
    assert picture.lanes[1].segments[2].x == pytest.approx(LEFT + 92.0 * second)
    assert picture.ticks[-1].x == pytest.approx(WIDTH - RIGHT)


def test_nothing_is_drawn_beyond_the_axis_and_no_bar_overlaps_the_next() -> None:
    for lane in only_picture(sample()).lanes:
        ends = [segment.x + segment.width for segment in lane.segments]
        assert all(end == pytest.approx(after.x) for end, after in zip(ends, lane.segments[1:], strict=False))
        assert ends[-1] <= WIDTH - RIGHT + 0.001


def test_every_change_of_state_is_named_and_timed() -> None:
    for lane in only_picture(sample()).lanes:
        for segment in lane.segments[1:]:
            assert segment.state in segment.label + segment.change
            assert segment.change.endswith(" s")


def test_changes_close_together_are_not_written_over_each_other() -> None:
    quick = timeline(("passing", 0.1), ("warning", 50.0), ("critical", 50.1), ("gone", 50.2))
    picture = only_picture(replace(sample(), histories=(History("custom", "lapse", (quick,)),)))
    _, first, second, _ = picture.lanes[0].segments
    assert first.change_y < second.change_y


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.NOT_OFFERED, Outcome.REFUSED])
def test_what_was_not_seen_is_not_drawn(outcome: Outcome) -> None:
    unseen = Observation("picture", "timeline", outcome, message="no")
    assert not list(pictures(View(replace(sample(), histories=(History("custom", LAPSE.name, (unseen,)),)))))


def test_the_drawing_says_in_words_what_it_shows() -> None:
    (title,) = (e for e in page(sample()).all("title") if "id" in e.attributes)
    assert "custom: passing from 0.1 s, then critical from 2.1 s." in title.text
    assert TARGETS[2].name in title.text
