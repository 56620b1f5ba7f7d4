"""What is due when: by table, and against the plainest thing that could be right."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from custom_registry.core.deadlines import Deadlines


def drain(deadlines: Deadlines[str], now: float) -> list[tuple[str, float]]:
    found = []
    while (due := deadlines.pop_due(now)) is not None:
        found.append(due)
    return found


def test_nothing_is_ever_due_where_nothing_was_set() -> None:
    deadlines: Deadlines[str] = Deadlines()
    assert deadlines.earliest == math.inf
    assert deadlines.pop_due(math.inf) is None


def test_a_deadline_is_due_exactly_at_its_time_and_once() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("a", 10.0)
    assert drain(deadlines, math.nextafter(10.0, 0)) == []
    assert drain(deadlines, 10.0) == [("a", 10.0)]
    assert drain(deadlines, 11.0) == []


def test_what_is_due_comes_in_the_order_of_time_and_equals_in_the_order_in_which_they_were_set() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for key, at in [("late", 3.0), ("second", 2.0), ("early", 1.0), ("third", 2.0)]:
        deadlines.set(key, at)
    assert [key for key, _ in drain(deadlines, 9.0)] == ["early", "second", "third", "late"]


def test_a_deadline_put_off_is_due_at_the_later_time_only() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("a", 1.0)
    deadlines.set("b", 2.0)
    deadlines.set("a", 3.0)
    assert drain(deadlines, 2.5) == [("b", 2.0)]
    assert deadlines.earliest == 3.0
    assert drain(deadlines, 3.0) == [("a", 3.0)]


def test_a_deadline_brought_forward_is_due_at_the_earlier_time_only() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("a", 5.0)
    deadlines.set("a", 1.0)
    assert deadlines.earliest == 1.0
    assert drain(deadlines, 9.0) == [("a", 1.0)]


def test_a_cancelled_deadline_is_never_due_and_may_be_set_anew() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("a", 1.0)
    deadlines.cancel("a")
    assert len(deadlines) == 0
    assert drain(deadlines, 9.0) == []
    deadlines.set("a", 1.0)
    deadlines.cancel("a")
    deadlines.set("a", 1.0)
    assert drain(deadlines, 9.0) == [("a", 1.0)]


def test_putting_off_a_deadline_again_and_again_leaves_one_entry() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for at in range(10_000):
        deadlines.set("a", float(at))
    assert len(deadlines._heap) == 1


def test_coming_and_going_does_not_pile_up_entries() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for number in range(10_000):
        deadlines.set(f"{number}", 1e9)
        deadlines.cancel(f"{number}")
        assert len(deadlines._heap) <= 65


def test_bringing_a_deadline_forward_again_and_again_does_not_pile_up_entries() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for number in range(10_000):
        deadlines.set("a", 1e9 - number)
        assert len(deadlines._heap) <= 67
    assert drain(deadlines, 2e9) == [("a", 1e9 - 9_999)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.sampled_from("abcd"), st.integers(0, 20)),
        st.tuples(st.just("cancel"), st.sampled_from("abcd"), st.just(0)),
        st.tuples(st.just("pass"), st.just(""), st.integers(0, 5)),
    ),
    max_size=60,
)


@given(STEPS)
def test_it_agrees_with_a_plain_dictionary(steps: list[tuple[str, str, int]]) -> None:
    deadlines: Deadlines[str] = Deadlines()
    plain: dict[str, float] = {}
    now = 0.0
    for step, key, number in steps:
        match step:
            case "set":
                deadlines.set(key, float(number))
                plain[key] = float(number)
            case "cancel" if key in plain:
                deadlines.cancel(key)
                del plain[key]
            case "pass":
                now += number
                due = drain(deadlines, now)
                assert sorted(due) == sorted((key, at) for key, at in plain.items() if at <= now)
                assert [at for _, at in due] == sorted(at for _, at in due)
                plain = {key: at for key, at in plain.items() if at > now}
        assert deadlines.earliest <= min(plain.values(), default=math.inf)
        assert len(deadlines) == len(plain)
