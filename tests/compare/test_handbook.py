from __future__ import annotations

import re

import pytest

from compare.handbook import handbook
from compare.loading import _File
from compare.steps import ARGUMENTS

SECTIONS = dict(part.split("\n", 1) for part in handbook().split("\n\n")[1:])


def arguments(verb: str) -> dict[str, str]:
    """Return what the handbook says of each argument of a verb."""
    return dict(re.findall(r"^ {4}(\S+) +(.+)$", SECTIONS[verb], re.MULTILINE))


def test_every_key_of_a_scenario_file_is_named() -> None:
    opening = handbook().split("\n\n")[0]
    assert [key for key in _File.model_fields if not re.search(rf"\b{key}\b", opening)] == []


@pytest.mark.parametrize("verb", ARGUMENTS)
def test_every_verb_is_explained_with_all_its_arguments(verb: str) -> None:
    assert {name for name in arguments(verb) if "." not in name} == set(ARGUMENTS[verb].model_fields)
    assert re.match(r" {2}[A-Z].+", SECTIONS[verb])
    assert "``" not in SECTIONS[verb]


@pytest.mark.parametrize(
    ("verb", "argument", "meaning"),
    [
        ("register", "service", "text"),
        ("register", "metadata", "table of text; optional"),
        ("register", "weight", "whole number; by default 1"),
        ("register", "ttl", "number of seconds above 0 and at most 600; optional"),
        ("heartbeat", "status", '"passing" | "warning" | "critical"; by default "passing"'),
        ("deregister", "show", 'list of "removed"; optional'),
        ("discover", "healthy_only", "true | false; by default true"),
        ("discover", "until.count", "whole number; optional"),
        ("burst", "count", "whole number at least 1 and at most 1000"),
        ("watch", "act.args", "table; optional"),
    ],
)
def test_an_argument_is_told_with_its_range_and_its_default(verb: str, argument: str, meaning: str) -> None:
    assert arguments(verb)[argument] == meaning
