"""What is kept of rendered entries, and what is made anew."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from custom_registry.api.consul import entry_texts, envelope, render
from custom_registry.api.consul.dialects import DEFAULT
from custom_registry.api.consul.entry_texts import EntryTexts
from custom_registry.core.model import Check, CheckRecord, Entry, Node, NodeDefinition, Service, ServiceDefinition


def entry(service_id: str = "web-1") -> Entry:
    check = CheckRecord(f"service:{service_id}", "check", service_id=service_id, service_name="web")
    return Entry(
        Node(NodeDefinition(name="node-1", address="127.0.0.1"), 1, 1),
        Service("node-1", ServiceDefinition(id=service_id, service="web", tags=()), 0.0, 2, 2),
        (Check("node-1", check, 2, 2),),
    )


@pytest.fixture(name="made")
def made_fixture(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []

    def to_json(value: dict[str, dict[str, str]]) -> bytes:
        made.append(value["Service"]["ID"])
        return envelope.to_json(value)

    monkeypatch.setattr(entry_texts, "to_json", to_json)
    return made


def test_the_same_rows_are_rendered_once(made: list[str]) -> None:
    texts, one = EntryTexts(), entry()
    first = texts.of(one, DEFAULT, "dc1")
    assert texts.of(Entry(one.node, one.service, (*one.checks,)), DEFAULT, "dc1") == first
    assert json.loads(first) == json.loads(json.dumps(render.entry(one, DEFAULT, "dc1")))
    assert made == ["web-1"]


@pytest.mark.parametrize(
    "other",
    [
        lambda one: replace(one, node=replace(one.node, modify_index=9)),
        lambda one: replace(one, service=replace(one.service, modify_index=9)),
        lambda one: replace(one, checks=(replace(one.checks[0], modify_index=9),)),
        lambda one: replace(one, checks=()),
    ],
    ids=["node", "service", "check", "number-of-checks"],
)
def test_another_row_is_rendered_anew(other: object, made: list[str]) -> None:
    texts, one = EntryTexts(), entry()
    assert callable(other)
    changed = other(one)
    before = texts.of(one, DEFAULT, "dc1")
    assert texts.of(changed, DEFAULT, "dc1") != before
    assert texts.of(changed, DEFAULT, "dc1") == texts.of(changed, DEFAULT, "dc1")
    assert made == ["web-1", "web-1"]


def test_those_made_longest_ago_make_room(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    texts = EntryTexts()
    length = len(texts.of(entry("a"), DEFAULT, "dc1"))
    monkeypatch.setattr(entry_texts, "_MOST_BYTES", 2 * length)
    kept = {one: entry(one) for one in "abc"}
    for one in kept.values():
        texts.of(one, DEFAULT, "dc1")
    assert made == ["a", "a", "b", "c"]
    texts.of(kept["c"], DEFAULT, "dc1")
    texts.of(kept["b"], DEFAULT, "dc1")
    texts.of(kept["a"], DEFAULT, "dc1")
    assert made == ["a", "a", "b", "c", "a"]
