"""Each planted fault must be found, and what differs between two runs of the same Consul must not count."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from compare.judgement import Judgement
from compare.wire.comparison import Comparison
from compare.wire.judge import judge
from compare.wire.pairing import Equals, Ordered
from compare.wire.transcript import Answer, Exchange, load_all, versions
from tests.wire.fakes import UUIDS, exchange, transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE, TWO = UUIDS
HEALTH = "/v1/health/service/web"


def paths(reference: list[Exchange], observed: list[Exchange]) -> list[tuple[int, str]]:
    """Find where two scenarios differ: the place of the step, and the path."""
    comparison = Comparison()
    return [
        (place, found.difference.path)
        for place, (before, after) in enumerate(zip(reference, observed, strict=True))
        for found in comparison.step(before, after).found
    ]


def read(index: int, *checks: dict[str, Any], **more: Any) -> Exchange:
    headers = {"Content-Type": "application/json", "X-Consul-Index": str(index)}
    return exchange(HEALTH, list(checks), headers=headers, **more)


def check(name: str = "c", **more: Any) -> dict[str, Any]:
    return {"Node": "node-1", "CheckID": name, "Status": "passing", "Output": "", "Type": "ttl"} | more


@pytest.mark.parametrize("version", versions())
def test_every_transcript_agrees_with_itself(version: str) -> None:
    for each in load_all(version):
        verdict = judge(each, each)
        assert verdict.judgement is Judgement.SAME, verdict
        assert not any(step.rules.keys() - {"measurements"} for step in verdict.steps if step.rules)


@pytest.mark.parametrize(
    ("reference", "observed", "path"),
    [
        (exchange("/", 1), exchange("/", 1, status=201), "status"),
        (exchange("/", 1), exchange("/", 1, headers={"Content-Type": "text/plain"}), "headers.Content-Type"),
        (exchange("/", 1), exchange("/", 1, headers={}), "headers.Content-Type"),
        (exchange("/", 1, headers={}), exchange("/", 1), "headers.Content-Type"),
        (exchange("/", {"a": 1}), exchange("/", {}), "body.a"),
        (exchange("/", {}), exchange("/", {"a": 1}), "body.a"),
        (exchange("/", {"a": {"b": [1]}}), exchange("/", {"a": {"b": [2]}}), "body.a.b[0]"),
        (exchange("/", {"a": None}), exchange("/", {"a": []}), "body.a"),
        (exchange("/", {"a": 1}), exchange("/", {"a": True}), "body.a"),
        (exchange("/", {"a": 1}), exchange("/", {"a": 1.0}), "body.a"),
        (exchange("/", "Invalid index"), exchange("/", "invalid index"), "body"),
        (exchange("/", ["a", "b"]), exchange("/", ["b", "a"]), "body"),
        (exchange("/", ["a", "b"]), exchange("/", ["a"]), "body"),
        (exchange("/", [check("a"), check("b")]), exchange("/", [check("b")]), "body[0]"),
        (exchange("/", [check("a")]), exchange("/", [check("a"), check("b")]), "body[1]"),
        (exchange("/", [check("a"), check("b")]), exchange("/", [check("b"), check("a")]), "body"),
        (exchange("/", [check(Status="x")]), exchange("/", [check(Status="y")]), "body[0].Status"),
        (exchange("/", [check(Output="x")]), exchange("/", [check(Output="")]), "body[0].Output"),
        (exchange("/", {"ModifyIndex": 0}), exchange("/", {"ModifyIndex": 5}), "body.ModifyIndex"),
        (exchange("/", {"ModifyIndex": 5}), exchange("/", {"ModifyIndex": 1}), "body.ModifyIndex"),
        (exchange("/", {"Version": "1"}), exchange("/", {"Version": "2"}), "body.Version"),
        (exchange("/", "0001-01-01T00:00:00Z"), exchange("/", "2026-01-01T00:00:00Z"), "body"),
        (exchange("/", f"no {ONE}"), exchange("/", f"not {ONE}"), "body"),
        (exchange("/", seconds=1.0), exchange("/", seconds=2.0), "seconds"),
        (exchange("/", seconds=0.5, next_after=0.5), exchange("/", seconds=0.1, next_after=0.5), "seconds"),
        (exchange("/", next_after=0.5), exchange("/", seconds=0.5, next_after=0.5), "seconds"),
    ],
)
def test_a_planted_fault_is_found_where_it_is(reference: Exchange, observed: Exchange, path: str) -> None:
    assert paths([reference], [observed]) == [(0, path)]


def test_an_answer_of_another_status_is_one_difference_and_tells_what_it_said() -> None:
    (found,) = Comparison().step(exchange("/", [1]), exchange("/", "no such thing", status=501, headers={})).found
    assert (found.difference.reference, found.difference.observed) == (200, 501)
    assert "no such thing" in found.words


def test_no_answer_is_another_answer() -> None:
    gone = exchange("/").model_copy(update={"answer": "the connection was closed"})
    assert paths([exchange("/")], [gone]) == [(0, "answer")]
    assert paths([gone], [gone]) == []


@pytest.mark.parametrize(
    ("reference", "observed", "found"),
    [
        ([10, 10, 12, 15], [3, 3, 4, 90], []),
        ([10, 12], [3, 3], [1]),  # did not move
        ([10, 10], [3, 4], [1]),  # moved though it should not
        ([10, 12, 10], [3, 4, 2], [2]),  # went back to another
        ([10, 12], [5, 4], [1]),  # went back
        ([12, 10], [4, 4], [1]),  # the same where two should differ
        ([10, 12, 12, 13], [3, 3, 3, 4], [1]),  # said once, and what follows is right again
    ],
)
def test_of_indexes_matters_which_are_equal_and_which_moved(
    reference: list[int], observed: list[int], found: list[int]
) -> None:
    differing = paths([read(index) for index in reference], [read(index) for index in observed])
    assert differing == [(place, "headers.X-Consul-Index") for place in found]


def test_indexes_in_bodies_and_headers_are_of_one_count() -> None:
    reference = [read(12, check(ModifyIndex=12)), read(12, check(ModifyIndex=13))]
    assert paths(reference, [read(40, check(ModifyIndex=40)), read(40, check(ModifyIndex=44))]) == []
    assert paths(reference, [read(40, check(ModifyIndex=41)), read(40, check(ModifyIndex=44))]) == [
        (0, "body[0].ModifyIndex")
    ]


def started(*indexes: int, service: int) -> list[Exchange]:
    node, modified, serf = indexes
    own = {"Node": "node-1", "Address": "127.0.0.1", "Meta": {}, "CreateIndex": node, "ModifyIndex": modified}
    web = {"ID": "w-1", "Service": "web", "CreateIndex": service, "ModifyIndex": service}
    alive = check("serfHealth", CreateIndex=serf, ModifyIndex=serf)
    return [read(service, {"Node": own, "Service": web, "Checks": [alive]})]


def test_of_the_indexes_of_a_start_only_matters_that_they_are_from_then() -> None:
    reference = transcript(*started(11, 12, 11, service=13))
    assert judge(reference, transcript(*started(7, 7, 7, service=9))).judgement is Judgement.SAME
    late = judge(reference, transcript(*started(7, 9, 7, service=9)))
    assert [found.difference.path for step in late.steps for found in step.findings] == ["body[0].Node.ModifyIndex"]


def test_identifiers_are_paired_wherever_they_stand() -> None:
    reference = [exchange("/", {"ID": ONE}), exchange("/", f"no session {ONE}, but {TWO}")]
    assert paths(reference, [exchange("/", {"ID": TWO}), exchange("/", f"no session {TWO}, but {ONE}")]) == []
    assert paths(reference, [exchange("/", {"ID": TWO}), exchange("/", f"no session {ONE}, but {TWO}")]) != []
    assert paths(reference, [exchange("/", {"ID": ONE}), exchange("/", f"no session {ONE}, but {ONE}")]) == [
        (1, "body")
    ]


def test_hashes_are_paired() -> None:
    def at(header: str) -> Exchange:
        return exchange("/", headers={"X-Consul-Contenthash": header})

    assert paths([at("aa"), at("aa"), at("bb")], [at("1"), at("1"), at("2")]) == []
    assert paths([at("aa"), at("bb")], [at("1"), at("1")]) == [(1, "headers.X-Consul-Contenthash")]


@pytest.mark.parametrize(
    ("endpoint", "reference", "observed", "rule"),
    [
        ("/v1/catalog/services?stale", {"web": ["a", "b"]}, {"web": ["b", "a"]}, "unordered"),
        (
            "/v1/agent/health/service/name/a",
            [{"Service": {"ID": "a"}, "Checks": [check("x"), check("y")]}, {"Service": {"ID": "b"}}],
            [{"Service": {"ID": "b"}}, {"Service": {"ID": "a"}, "Checks": [check("y"), check("x")]}],
            "unordered",
        ),
        ("/x", [check(Type="http", Output="")], [check(Type="http", Output="refused")], "first probe"),
        (
            "/x",
            [check(Type="alias", Output='Aliased check "a" failing: ')],
            [check(Type="alias", Output='Aliased check "b" failing: no')],
            "alias",
        ),
        ("/x", {"at": "2026-11-24 03:28:10 +0000 UTC"}, {"at": "2027-01-02 03:28:10 +0000 UTC"}, "timestamps"),
        ("/v1/agent/metrics", {"Gauges": [1, 2]}, {"Gauges": []}, "measurements"),
        ("/v1/agent/self", {"Config": {"Version": "1.8.7"}}, {"Config": {"Version": "1.8.19"}}, "builds"),
    ],
)
def test_what_a_second_run_has_otherwise_counts_as_equal_by_a_rule(
    endpoint: str, reference: object, observed: object, rule: str
) -> None:
    compared = Comparison().step(exchange(endpoint, reference), exchange(endpoint, observed))
    assert compared.found == []
    assert compared.rules[rule]


def test_a_rule_holds_only_where_it_is_needed() -> None:
    assert paths([exchange("/v1/catalog/nodes", {"web": ["a", "b"]})], [exchange("/", {"web": ["b", "a"]})])
    assert paths([exchange("/v1/catalog/services", {"w": ["a"]})], [exchange("/", {"w": ["b"]})])
    assert paths([exchange("/v1/agent/metrics", {"Gauges": []})], [exchange("/", {})]) == [(0, "body.Gauges")]


def test_what_was_skipped_is_told() -> None:
    step = exchange("/v1/agent/metrics", {"Gauges": [1]})
    assert judge(transcript(step), transcript(step)).steps[0].skipped == ("body.Gauges",)


def test_what_was_not_played_is_unknown() -> None:
    verdict = judge(transcript(exchange("/a"), exchange("/b")), transcript(exchange("/a")))
    assert [step.judgement for step in verdict.steps] == [Judgement.SAME, Judgement.UNKNOWN]
    assert verdict.judgement is Judgement.UNKNOWN


def test_a_pair_that_is_broken_is_told_once() -> None:
    equals, ordered = Equals(), Ordered()
    assert [equals.conflict(*pair) for pair in (("a", "1"), ("b", "2"))] == [None, None]
    assert "there it was 1" in (equals.conflict("a", "2") or "")
    assert "there it was b" in (equals.conflict("c", "2") or "")
    assert equals.conflict("a", "2") is None
    assert [ordered.conflict(*pair) for pair in ((5, 50), (7, 70))] == [None, None]
    assert "did not move" in (ordered.conflict(8, 70) or "")
    assert "is above" in (ordered.conflict(4, 60) or "")
    assert "went back" in (ordered.conflict(7, 50) or "")
    assert ordered.conflict(8, 70) is None


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where the texts and numbers of a JSON value stand, but for those of which a rule speaks."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, (*path, key))
    elif isinstance(value, str | int) and not {"CreateIndex", "ModifyIndex", "Output"} & set(path):
        yield path


@pytest.mark.parametrize("scenario", [each.scenario for each in load_all("1.8.7") if each.scenario != "agent_info"])
def test_a_value_that_is_changed_anywhere_in_a_real_answer_is_found(scenario: str) -> None:
    (real,) = (each for each in load_all("1.8.7") if each.scenario == scenario)
    chance = random.Random(scenario)
    answered = [(number, step) for number, step in enumerate(real.steps) if isinstance(step, Exchange)]
    for number, step in chance.sample(answered, min(12, len(answered))):
        assert not isinstance(step.answer, str)
        places = list(leaves({"status": step.answer.status, "body": step.answer.body}))
        place = chance.choice(places)
        changed = step.answer.model_dump()
        inside = changed
        for key in place[:-1]:
            inside = inside[key]
        before = inside[place[-1]]
        inside[place[-1]] = f"{before}!" if isinstance(before, str) else not before if before in (0, 1) else before + 1
        steps = list(real.steps)
        steps[number] = step.model_copy(update={"answer": Answer(**changed)})
        verdict = judge(real, real.model_copy(update={"steps": tuple(steps)}))
        assert number in [each.number for each in verdict.steps if each.findings], place
