"""What stands in the data files: each request is well-formed, and each goal speaks of what is measured."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from compare.bench.api import WrongAnswer, apis
from compare.bench.forms import FORMS
from compare.bench.goals import goals
from compare.bench.jobs import QUANTILES, curve, texts
from compare.bench.population import HUNDRED, ONE, SPANS, TEN, Population, total
from compare.bench.run import METRICS
from compare.bench.schedule import Kind, schedule, works
from compare.bench.target import Target
from compare.bench.workload import Numbers, Pressure, filling, load_of, mixed, workloads

POPULATION = Population("p")


def target(api: str) -> Target:
    return Target("t", apis()[api], "127.0.0.1", 1, "", reference=False)


def sent(api: str, workload: str, count: int, size: int = 100, first: int = 5000) -> list[str]:
    load = load_of(workloads()[workload], target(api), POPULATION, Numbers(size, first), Pressure(1, 1))
    return [text.decode() for text in islice(texts(load), count)]


@pytest.mark.parametrize("api", ["consul", "native"])
@pytest.mark.parametrize("workload", workloads())
def test_each_request_is_whole(api: str, workload: str) -> None:
    for text in sent(api, workload, 250):
        head, _, body = text.partition("\r\n\r\n")
        lines = dict(line.split(": ") for line in head.splitlines()[1:])
        assert "$" not in text
        assert "\0" not in text
        assert int(lines.get("Content-Length", 0)) == len(body)
        if body:
            json.loads(body)


def test_the_mix_is_as_in_life_and_removes_what_it_registered_before() -> None:
    cycle = sent("consul", "mix", 200)
    kinds = {
        kind: [place for place, text in enumerate(cycle) if kind in text.splitlines()[0]]
        for kind in ("health/service", "check/pass", "service/register", "service/deregister")
    }
    assert {kind: len(places) for kind, places in kinds.items()} == {
        "health/service": 180,
        "check/pass": 18,
        "service/register": 1,
        "service/deregister": 1,
    }
    gaps = [after - before for before, after in zip(kinds["check/pass"], kinds["check/pass"][1:], strict=False)]
    assert max(gaps) <= 15
    many = sent("consul", "mix", 200 * 25)
    registered = [text.split('"ID":"')[1][:9] for text in many if "service/register" in text]
    removed = [text.split("deregister/")[1][:9] for text in many if "service/deregister" in text]
    assert registered[:2] == ["p-0005000", "p-0005001"]
    assert removed[0] == "p-0004980"
    assert set(removed[20:]) <= set(registered)


def test_new_instances_have_distinct_ids_and_go_to_many_services() -> None:
    found = [json.loads(text.partition("\r\n\r\n")[2]) for text in sent("consul", "register-new", 1000)]
    assert len({one["ID"] for one in found}) == 1000
    assert len({one["Name"] for one in found}) == 100


def test_heartbeats_go_to_all_members_in_turn() -> None:
    found = [text.split("service:")[1].split(" ")[0] for text in sent("consul", "heartbeat", 118 * 2)]
    assert found[:118] == found[118:] == [POPULATION.id(number) for number in range(118)]


def test_requests_are_mixed_evenly() -> None:
    asked = workloads()["mix"].request
    assert mixed(asked[:1]) == [asked[0]] * 180
    assert mixed(asked[2:]) == list(asked[2:])


@pytest.mark.parametrize(
    ("size", "instances", "services"), [(100, 118, 10), (1000, 1108, 1000), (5000, 5000, 1000), (10_000, 10_000, 1000)]
)
def test_population(size: int, instances: int, services: int) -> None:
    of = [POPULATION.service_of(number) for number in range(total(size))]
    assert len(of) == instances
    assert set(of) == POPULATION.names(size)
    assert len(set(of)) == services
    assert [of.count(POPULATION.service(name)) for name in (ONE, TEN, HUNDRED)] == [1, 10, 100]
    assert [len(SPANS[name]) for name in (ONE, TEN, HUNDRED)] == [1, 10, 100]


@pytest.mark.parametrize("members", [range(118), range(118, 1108), range(1041, 5000)])
def test_filling_goes_on_where_it_ended(members: range) -> None:
    load = filling(target("consul"), POPULATION, members, Pressure(1, 1))
    bodies = [json.loads(text.partition(b"\r\n\r\n")[2]) for text in islice(texts(load), load.most)]
    assert [one["ID"] for one in bodies] == [POPULATION.id(number) for number in members]
    assert [one["Name"] for one in bodies] == [POPULATION.service_of(number) for number in members]
    assert len(load.slots) <= 997


@pytest.mark.parametrize("body", [b"", b"[]x", b'{"instances": 3}', b'[{"Service": {}}]', b"7"])
@pytest.mark.parametrize("api", ["consul", "native"])
def test_an_answer_of_another_kind_is_wrong(api: str, body: bytes) -> None:
    with pytest.raises(WrongAnswer):
        apis()[api].read("ids", body)


def test_goals_are_about_what_the_full_form_measures() -> None:
    full = FORMS["full"]
    measured = {work.name: work.metrics for work in works(full)}
    for goal in goals():
        assert goal.metric in METRICS
        assert goal.metric in measured[goal.work], goal.title
        assert goal.size in {0, *full.sizes}
        assert [bool(goal.times), bool(goal.at_most), bool(goal.by)].count(True) == 1


def test_curve() -> None:
    assert curve([]) == ()
    points = curve([number / 1000 for number in range(1000, 0, -1)])
    assert [quantile for quantile, _ in points] == list(QUANTILES)
    assert dict(points)[0.5] == 0.501
    assert dict(points)[1.0] == 1.0


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.name)
def test_targets_take_turns_and_all_are_measured_alike(form: object) -> None:
    assert isinstance(form, type(FORMS["full"]))
    steps = list(schedule(form, ["a", "b", "c"], lambda _: True))
    for target_name in "abc":
        assert [(step.kind, step.work, step.size) for step in steps if step.target == target_name].__len__() == len(
            [step for step in steps if step.target == "a"]
        )
    beginnings = [step.target for step in steps if step.kind is Kind.LOAD and step.work == "heartbeat"][::3]
    assert beginnings[: form.rounds] == ["a", "b", "c", "a", "b"][: form.rounds]
    assert list(schedule(form, [], lambda _: True)) == []


def test_what_grows_has_not_had_crowds_waiting() -> None:
    kinds = [step.kind for step in schedule(FORMS["full"], ["a"], lambda _: True)]
    crowds = [place for place, kind in enumerate(kinds) if kind in {Kind.WAIT, Kind.LAPSE, Kind.CALL}]
    (renewal,) = [place for place, kind in enumerate(kinds) if kind is Kind.RENEW]
    assert renewal == max(crowds) + 1
    assert kinds[renewal + 1] is Kind.FILL


def test_only_what_is_wanted_is_scheduled() -> None:
    steps = list(schedule(FORMS["full"], ["a"], lambda work: work == "deregister"))
    assert {step.work for step in steps} == {"fill", "register-new"}  # which is undone by deregistering
