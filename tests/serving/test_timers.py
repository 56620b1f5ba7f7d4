"""Deadlines on an event loop: who is due when, and how many timers that takes."""

from __future__ import annotations

import pytest

from custom_registry.serving.timers import Timers
from tests.support.manual_loop import ManualLoop


@pytest.fixture
def loop() -> ManualLoop:
    return ManualLoop()


@pytest.fixture
def due() -> list[str]:
    return []


@pytest.fixture
def timers(loop: ManualLoop, due: list[str]) -> Timers[str]:
    return Timers(loop.as_event_loop, due.append)


def test_each_is_due_in_its_order_and_one_timer_does_for_all(
    loop: ManualLoop, due: list[str], timers: Timers[str]
) -> None:
    for at, key in ((3, "c"), (1, "a"), (2, "b")):
        timers.set(key, at)
        assert loop.pending == 1
    for end, known in ((0.9, ""), (1, "a"), (2.5, "ab"), (3, "abc")):
        loop.pass_until(end)
        assert due == list(known)
    assert loop.pending == 0


def test_one_that_is_put_off_brought_forward_or_cancelled_is_due_then_or_never(
    loop: ManualLoop, due: list[str], timers: Timers[str]
) -> None:
    for key in "abc":
        timers.set(key, 2)
    timers.set("a", 3)
    timers.set("b", 1)
    timers.cancel("c")
    timers.cancel("nobody")
    for at, known in ((1, "b"), (2, "b"), (3, "ba"), (9, "ba")):
        loop.pass_until(at)
        assert due == list(known)


def test_who_fails_when_he_is_told_does_not_keep_the_others_from_it(loop: ManualLoop, due: list[str]) -> None:
    def fail(key: str) -> None:
        due.append(key)
        raise OSError(key)

    failing: Timers[str] = Timers(loop.as_event_loop, fail)
    for at, key in ((1, "a"), (1, "b"), (2, "c")):
        failing.set(key, at)
    for known in ("a", "ab", "abc"):
        with pytest.raises(OSError, match=known[-1]):
            loop.pass_until(2)
        assert due == list(known)


def test_one_that_has_been_due_can_be_set_again_by_whoever_is_told(loop: ManualLoop, due: list[str]) -> None:
    def again(key: str) -> None:
        due.append(key)
        repeating.set(key, loop.time() + 1)

    repeating: Timers[str] = Timers(loop.as_event_loop, again)
    repeating.set("a", 1)
    loop.pass_until(3)
    assert (due, loop.pending) == (["a", "a", "a"], 1)
