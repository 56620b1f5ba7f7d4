from __future__ import annotations

import random
import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery import BackendUnavailable, Health, NoInstance, Picker, RandomChoice, RoundRobin, WeightedChoice
from tests.discovery.fakes import MemoryDiscovery, an_instance

PICKERS = [RoundRobin, RandomChoice, WeightedChoice]


def seeded(kind: type[Picker], backend: MemoryDiscovery) -> Picker:
    return kind(backend, chance=random.Random(1))


@pytest.mark.parametrize("kind", PICKERS)
def test_only_a_healthy_instance_with_the_tag_is_picked(kind: type[Picker]) -> None:
    backend = MemoryDiscovery(
        [
            an_instance("a", health=Health.CRITICAL, tags="blue"),
            an_instance("b", health=Health.WARNING, tags="blue"),
            an_instance("c", tags="green"),
            an_instance("d", tags="blue"),
            an_instance("e", service="payments", tags="blue"),
        ]
    )

    assert {kind(backend).pick("users", tag="blue").id for _ in range(20)} == {"d"}


@pytest.mark.parametrize("kind", PICKERS)
@pytest.mark.parametrize(
    ("tag", "message"),
    [(None, "'users' has no healthy instance"), ("blue", "'users' has no healthy instance with the tag 'blue'")],
)
def test_where_there_is_none_it_says_so(kind: type[Picker], tag: str | None, message: str) -> None:
    backend = MemoryDiscovery([an_instance("a", health=Health.CRITICAL, tags="blue")])

    with pytest.raises(NoInstance) as raised:
        kind(backend).pick("users", tag=tag)

    assert str(raised.value) == message


@pytest.mark.parametrize("kind", PICKERS)
def test_what_the_backend_raises_comes_through(kind: type[Picker]) -> None:
    backend = MemoryDiscovery()
    backend.failing = BackendUnavailable("connection refused")

    with pytest.raises(BackendUnavailable):
        kind(backend).pick("users")


@pytest.mark.parametrize("kind", PICKERS)
def test_an_instance_that_came_is_picked_and_one_that_went_is_not(kind: type[Picker]) -> None:
    backend = MemoryDiscovery([an_instance("a")])
    picker = seeded(kind, backend)
    assert picker.pick("users").id == "a"

    del backend.instances["a"]
    backend.instances["b"] = an_instance("b")

    assert picker.pick("users").id == "b"


def test_round_robin_takes_one_after_the_other_for_each_service_on_its_own() -> None:
    backend = MemoryDiscovery([an_instance(name) for name in "cab"] + [an_instance("x", service="payments")])
    picker = seeded(RoundRobin, backend)

    picked = []
    for _ in range(6):
        picked.append(picker.pick("users").id)
        assert picker.pick("payments").id == "x"

    first = "abc".index(picked[0])
    assert picked == [*"abcabcabc"[first : first + 6]]


def test_round_robin_does_not_begin_with_the_same_instance_in_every_client() -> None:
    backend = MemoryDiscovery([an_instance(name) for name in "abc"])

    assert {RoundRobin(backend, chance=random.Random(seed)).pick("users").id for seed in range(20)} == {*"abc"}


@given(
    steps=st.lists(
        st.one_of(st.just("pick"), st.tuples(st.sampled_from(["come", "go"]), st.sampled_from("abcde"))), max_size=60
    ),
    seed=st.integers(),
)
def test_round_robin_is_fair_while_instances_come_and_go(steps: list[str | tuple[str, str]], seed: int) -> None:
    """Between two turns of an instance that stayed, each other that stayed has one turn, and none has two."""
    backend = MemoryDiscovery([an_instance("a")])
    picker = RoundRobin(backend, chance=random.Random(seed))
    turns: dict[str, Counter[str]] = {}  # since the last turn of each: whose turn it was
    stayed: dict[str, set[str]] = {}  # since the last turn of each: who has been there all the time

    for step in steps:
        match step:
            case ("come", name):
                backend.instances[name] = an_instance(name)
            case ("go", name) if len(backend.instances) > 1:
                for memory in (backend.instances, turns, stayed):
                    memory.pop(name, None)
                for present in stayed.values():
                    present.discard(name)
            case "pick":
                chosen = picker.pick("users").id
                if chosen in turns:
                    assert all(turns[chosen][name] == 1 for name in stayed[chosen] - {chosen})
                    assert all(count == 1 for count in turns[chosen].values())
                for since in turns.values():
                    since[chosen] += 1
                turns[chosen] = Counter()
                stayed[chosen] = set(backend.instances)


def test_round_robin_shared_by_threads_gives_each_instance_the_same_share() -> None:
    backend = MemoryDiscovery([an_instance(name) for name in "abcd"])
    picker = RoundRobin(backend)
    counts: Counter[str] = Counter()

    def pick_many() -> None:
        mine = Counter(picker.pick("users").id for _ in range(200))
        with lock:
            counts.update(mine)

    lock = threading.Lock()
    threads = [threading.Thread(target=pick_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == dict.fromkeys("abcd", 200)


def test_random_gives_each_the_same_share_whatever_its_weight() -> None:
    backend = MemoryDiscovery([an_instance("a", weight=100), an_instance("b"), an_instance("c")])
    picker = seeded(RandomChoice, backend)

    counts = Counter(picker.pick("users").id for _ in range(3000))

    assert [counts[name] for name in "abc"] == pytest.approx([1000] * 3, rel=0.1)


class EvenChance(random.Random):
    """Not by chance at all: goes through 0 to 1 in even steps, so that shares can be compared exactly."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._steps, self._step = steps, 0

    def random(self) -> float:
        self._step += 1
        return (self._step - 0.5) / self._steps


@given(weights=st.lists(st.integers(1, 20), min_size=1, max_size=6))
def test_weighted_gives_each_its_share(weights: list[int]) -> None:
    backend = MemoryDiscovery([an_instance(str(number), weight=weight) for number, weight in enumerate(weights)])
    draws = 3 * sum(weights)
    picker = WeightedChoice(backend, chance=EvenChance(draws))

    counts = Counter(picker.pick("users").id for _ in range(draws))

    assert counts == {str(number): 3 * weight for number, weight in enumerate(weights)}
