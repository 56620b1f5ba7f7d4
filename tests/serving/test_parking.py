"""Who waits on the event loop: shared subscriptions, portions, and those who leave at any moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from custom_registry.api.waiting import Parking, Wait
from custom_registry.core.topics import Instances
from custom_registry.registry import Registry
from custom_registry.serving.parking import Lot
from tests.support.clock import ManualClock
from tests.support.definitions import registration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from custom_registry.serving.parking import Group

WEB = Instances("web")
LONG = 60.0  # seconds


class Waiter:
    def __init__(self) -> None:
        self.group: Group | None = None
        self.over: list[Parking] = []

    def wake(self, over: Parking) -> None:
        self.over.append(over)


def on_a_loop(story: Callable[[Registry, Lot], Awaitable[None]], clock: ManualClock | None = None) -> None:
    async def tell() -> None:
        registry = Registry()
        await story(registry, Lot(registry, asyncio.get_running_loop(), clock or ManualClock()))
        assert registry.waiting == 0

    asyncio.run(tell())


async def turns(number: int = 1) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def parked(lot: Lot, number: int, kind: type[Waiter] = Waiter) -> list[Waiter]:
    waiters = [kind() for _ in range(number)]
    for waiter in waiters:
        assert lot.park(waiter, Wait(WEB, 1, LONG))
    return waiters


def change(registry: Registry) -> None:
    registry.apply(registration("web-1", tags=(str(registry.status().index),)))


def test_who_waits_for_the_same_shares_a_subscription_and_is_woken_alike() -> None:
    async def story(registry: Registry, lot: Lot) -> None:
        waiters = parked(lot, 3)
        assert (registry.waiting, len(registry._waiting._by_topic[WEB])) == (3, 1)
        change(registry)
        await turns(2)
        (over,), *others = [waiter.over for waiter in waiters]
        assert (over.over, over.woken) == (True, True)
        assert all(told == [over] and told[0] is over for told in others)

    on_a_loop(story)


def test_another_index_is_another_thing_to_wait_for() -> None:
    async def story(registry: Registry, lot: Lot) -> None:
        change(registry)
        index = registry.discover("web").index
        here, ahead = Waiter(), Waiter()
        assert not lot.park(Waiter(), Wait(WEB, 1, LONG))
        assert lot.park(here, Wait(WEB, index, LONG))
        assert lot.park(ahead, Wait(WEB, index + 100, LONG))
        change(registry)
        await turns(2)
        assert (len(here.over), len(ahead.over)) == (1, 0)
        lot.leave(ahead)

    on_a_loop(story)


def test_one_who_leaves_is_not_woken_and_the_last_one_ends_the_subscription() -> None:
    async def story(registry: Registry, lot: Lot) -> None:
        waiters = parked(lot, 2)
        for waiter, left in zip(waiters, (1, 0), strict=True):
            lot.leave(waiter)
            lot.leave(waiter)
            assert registry.waiting == left
        change(registry)
        await turns(2)
        assert [waiter.over for waiter in waiters] == [[], []]

    on_a_loop(story)


def test_one_who_comes_between_the_call_and_the_waking_is_woken_too_and_one_who_leaves_then_is_not() -> None:
    async def story(registry: Registry, lot: Lot) -> None:
        early, leaving, late = Waiter(), Waiter(), Waiter()
        lot.park(early, Wait(WEB, 1, LONG))
        lot.park(leaving, Wait(WEB, 1, LONG))
        change(registry)
        lot.park(late, Wait(WEB, 1, LONG))
        lot.leave(leaving)
        await turns(2)
        assert [len(waiter.over) for waiter in (early, leaving, late)] == [1, 0, 1]
        again = Waiter()
        assert not lot.park(again, Wait(WEB, 1, LONG))
        assert lot.park(again, Wait(WEB, registry.discover("web").index, LONG))
        change(registry)
        await turns(2)
        assert len(again.over) == 1

    on_a_loop(story)


def test_one_whose_time_is_up_is_told_so_and_the_others_wait_on() -> None:
    async def story(registry: Registry, lot: Lot) -> None:
        short, long = Waiter(), Waiter()
        lot.park(short, Wait(WEB, 1, 0.001))
        lot.park(long, Wait(WEB, 1, LONG))
        while not short.over:
            await turns()
        assert (short.over[0].over, short.over[0].woken) == (True, False)
        change(registry)
        await turns(2)
        assert (len(short.over), len(long.over)) == (1, 1)

    on_a_loop(story)


def test_one_who_was_woken_and_comes_again_has_all_his_time_once_more() -> None:
    async def story(registry: Registry, lot: Lot) -> None:
        waiter, gone = Waiter(), Waiter()
        for one in (waiter, gone):
            lot.park(one, Wait(WEB, 1, 0.01))
        change(registry)
        await turns(2)
        lot.park(waiter, Wait(WEB, registry.discover("web").index, LONG))
        await asyncio.sleep(0.02)
        assert (len(waiter.over), len(gone.over)) == (1, 1)
        lot.leave(waiter)

    on_a_loop(story)


def test_one_whose_time_is_up_while_he_is_called_waits_anew_undisturbed() -> None:
    async def story(registry: Registry, lot: Lot) -> None:
        class Again(Waiter):
            def wake(self, over: Parking) -> None:
                super().wake(over)
                if len(self.over) == 1:
                    lot.park(self, Wait(WEB, registry.discover("web").index, LONG))

        parked(lot, 64)
        late = Again()
        lot.park(late, Wait(WEB, 1, 0.0))  # is in the second portion
        change(registry)
        lot._wake_some()
        lot._timers._look()
        await turns(5)
        assert [over.woken for over in late.over] == [False]
        lot.leave(late)

    on_a_loop(story)


@pytest.mark.parametrize("leaves", [False, True], ids=["all", "all but one who leaves meanwhile"])
def test_many_are_woken_in_portions_in_their_order(leaves: bool) -> None:  # noqa: FBT001
    async def story(registry: Registry, lot: Lot) -> None:
        waiters = parked(lot, 150)
        change(registry)
        counts = [0]
        while counts[-1] < len(waiters) - leaves:
            await turns()
            woken = [bool(waiter.over) for waiter in waiters]
            assert woken == sorted(woken, reverse=True)
            if sum(woken) > counts[-1]:
                counts.append(sum(woken))
            if leaves and counts[-1]:
                lot.leave(waiters[-1])
        assert counts == [0, 64, 128, 150 - leaves]

    on_a_loop(story)


def test_a_portion_ends_sooner_where_its_answers_take_long_for_none_is_sent_before() -> None:
    clock = ManualClock()

    class Slow(Waiter):
        def wake(self, over: Parking) -> None:
            super().wake(over)
            clock.advance(0.001)

    async def story(registry: Registry, lot: Lot) -> None:
        waiters = parked(lot, 10, Slow)
        change(registry)
        counts = [0]
        while counts[-1] < len(waiters):
            await turns()
            counts.append(sum(bool(waiter.over) for waiter in waiters))
        assert sorted(set(counts)) == [0, 3, 6, 9, 10]

    on_a_loop(story, clock)


def test_at_a_stop_all_are_woken_at_once_those_who_were_called_already_too() -> None:
    async def story(registry: Registry, lot: Lot) -> None:
        waiters = [Waiter() for _ in range(200)]
        for number, waiter in enumerate(waiters):
            lot.park(waiter, Wait(Instances("other") if number % 2 else WEB, 1, LONG))
        change(registry)
        await turns()
        lot.wake_all()
        await turns(5)
        assert [len(waiter.over) for waiter in waiters] == [1] * len(waiters)

    on_a_loop(story)
