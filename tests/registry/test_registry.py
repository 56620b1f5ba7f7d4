"""The live registry: what it adds to the core, which is time, threads, waiting and the log."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.core.commands import (
    ById,
    Deregister,
    Heartbeat,
    Kind,
    RegisterService,
    ReportCheck,
    SetNodeMaintenance,
    UnknownCheck,
)
from custom_registry.core.intervals import Intervals
from custom_registry.core.model import CheckDefinition, ServiceDefinition
from custom_registry.core.topics import AgentChecks, CatalogNode, HealthService, HealthState, Instances
from custom_registry.registry import Registry
from discovery.model import Health, ServiceSummary
from tests.support.clock import ManualClock
from tests.support.definitions import registration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custom_registry.core.commands import Command
    from custom_registry.core.topics import Topic

LONG = 30.0  # seconds that no test should take; a wait this long has failed
WEB = Instances("web")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def registry(clock: ManualClock) -> Registry:
    return Registry(clock=clock)


@pytest.fixture
def running() -> Iterator[Registry]:
    with Registry(intervals=Intervals(cleanup=1000.0)) as registry:
        yield registry


def register(registry: Registry, instance_id: str = "web-1", service: str = "web", **other: Any) -> int:
    """Register and return the index that this moved the service to."""
    registry.apply(registration(instance_id, service, **other))
    return registry.discover(service).index


def health(registry: Registry) -> list[Health]:
    return [instance.health for instance in registry.discover("web", healthy_only=False).instances]


class TestTime:
    def test_a_lapse_is_seen_at_its_time_though_nothing_sweeps(self, registry: Registry, clock: ManualClock) -> None:
        register(registry)
        clock.advance(29.999)
        assert health(registry) == [Health.PASSING]
        clock.advance(0.001)
        assert health(registry) == [Health.CRITICAL]
        assert registry.services() == {"web": ServiceSummary("web", 1, 0)}
        clock.advance(10)
        assert health(registry) == []

    def test_status(self, registry: Registry, clock: ManualClock) -> None:
        index = register(registry)
        clock.advance(12)
        status = registry.status()
        assert (status.uptime, status.index, status.totals.instances) == (12, index, 1)

    def test_discover_says_when_it_looked_and_at_which_index(self, registry: Registry, clock: ManualClock) -> None:
        index = register(registry)
        register(registry, "o", "other")
        found = registry.discover("web")
        assert (found.index, found.now) == (index, clock.now)


class TestSubscribing:
    def test_a_change_of_the_service_calls_once(self, registry: Registry) -> None:
        calls: list[str] = []
        assert registry.subscribe(WEB, registry.discover("web").index, lambda: calls.append("called"))
        register(registry)
        register(registry, "web-2")
        assert calls == ["called"]
        assert registry.waiting == 0

    def test_another_service_and_a_mere_heartbeat_do_not(self, registry: Registry) -> None:
        register(registry)
        calls: list[str] = []
        registry.subscribe(WEB, registry.discover("web").index, lambda: calls.append("called"))
        register(registry, "o", "other")
        register(registry)
        registry.apply(Heartbeat(ById("web-1"), Health.PASSING))
        assert (calls, registry.waiting) == ([], 1)

    @pytest.mark.parametrize(
        "command",
        [
            registration("web-2"),
            registration(tags=("new",)),
            registration(service="other"),
            Heartbeat(ById("web-1"), Health.WARNING),
            Deregister(ById("web-1")),
        ],
    )
    def test_every_visible_change_calls(self, registry: Registry, command: Command) -> None:
        register(registry)
        calls: list[str] = []
        registry.subscribe(WEB, registry.discover("web").index, lambda: calls.append("called"))
        registry.apply(command)
        assert calls == ["called"]

    def test_so_do_a_lapse_and_a_removal_whoever_finds_them(self, registry: Registry, clock: ManualClock) -> None:
        register(registry)
        for moment in (30, 10):
            calls: list[str] = []
            registry.subscribe(WEB, registry.discover("web").index, partial(calls.append, "called"))
            clock.advance(moment)
            registry.discover("other")
            assert calls == ["called"]

    def test_there_is_nothing_to_wait_for_after_an_older_index(self, registry: Registry) -> None:
        index = registry.discover("web").index
        register(registry)
        assert registry.subscribe(WEB, index, pytest.fail) is None
        assert registry.waiting == 0

    def test_an_index_that_is_ahead_waits_for_its_time_as_in_consul(self, registry: Registry) -> None:
        ahead = register(registry) + 2
        calls: list[str] = []
        assert registry.subscribe(WEB, ahead, lambda: calls.append("called"))
        assert not registry.changed(WEB, ahead)
        for number in (2, 3):
            register(registry, f"web-{number}")
        assert (calls, registry.waiting) == ([], 1)
        register(registry, "web-4")
        assert (calls, registry.waiting) == (["called"], 0)

    def test_one_whose_service_is_quiet_while_others_change_waits_on(self, registry: Registry) -> None:
        register(registry)
        index = registry.discover("web").index
        register(registry, "o", "other")
        assert not registry.changed(WEB, index)
        assert registry.subscribe(WEB, index, pytest.fail)

    def test_who_cancels_leaves_nothing_behind(self, registry: Registry) -> None:
        subscriptions = [registry.subscribe(WEB, 1, pytest.fail) for _ in range(3)]
        for subscription in subscriptions:
            assert subscription
            subscription.cancel()
            subscription.cancel()
        assert registry.waiting == 0
        assert not registry._waiting._by_topic
        register(registry)

    def test_cancelling_after_the_call_does_nothing(self, registry: Registry) -> None:
        subscription = registry.subscribe(WEB, 1, lambda: None)
        register(registry)
        assert subscription
        subscription.cancel()
        assert registry.waiting == 0

    def test_one_that_fails_keeps_nobody_from_their_answer(
        self, registry: Registry, caplog: pytest.LogCaptureFixture
    ) -> None:
        calls: list[str] = []

        def fail() -> None:
            calls.append("failed")
            raise RuntimeError("the loop is closed")

        registry.subscribe(WEB, 1, fail)
        registry.subscribe(WEB, 1, lambda: calls.append("called"))
        register(registry)
        assert sorted(calls) == ["called", "failed"]
        assert "a subscriber of Instances(service='web') failed" in caplog.text
        assert len(health(registry)) == 1

    def test_who_is_called_may_use_the_registry(self, registry: Registry) -> None:
        found: list[int] = []
        registry.subscribe(WEB, 1, lambda: found.append(len(registry.discover("web").instances)))
        register(registry)
        assert found == [1]

    @pytest.mark.parametrize(
        "topic",
        [HealthService("WEB"), CatalogNode("NODE-1"), HealthState(), HealthState("critical"), AgentChecks()],
        ids=str,
    )
    def test_consuls_topics_are_waited_for_likewise_whatever_the_case_of_names(
        self, registry: Registry, topic: Topic
    ) -> None:
        check = CheckDefinition("c", "c", service_id="w", ttl=30.0)
        calls: list[str] = []
        index = registry.read(lambda state: state.topic_index(topic))
        assert registry.subscribe(topic, index, lambda: calls.append("called"))
        registry.apply(RegisterService(ServiceDefinition("w", "web"), (check,)))
        assert calls == ["called"]


class TestRefusals:
    def test_one_is_raised_and_leaves_the_registry_usable(self, registry: Registry) -> None:
        with pytest.raises(UnknownCheck) as refused:
            registry.apply(ReportCheck("nosuch", "passing"))
        assert refused.value.id == "nosuch"
        register(registry)
        assert health(registry) == [Health.PASSING]

    def test_who_waits_is_told_of_what_time_brought_before_one(
        self, registry: Registry, clock: ManualClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, "custom_registry")
        calls: list[str] = []
        registry.subscribe(WEB, register(registry), lambda: calls.append("called"))
        clock.advance(30)
        with pytest.raises(UnknownCheck):
            registry.apply(ReportCheck("nosuch", "passing"))
        assert calls == ["called"]
        registry.advance()
        assert [vars(record)["event"] for record in caplog.records] == ["lapsed"]

    def test_what_befalls_no_instance_is_no_event(self, registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "custom_registry")
        registry.apply(SetNodeMaintenance(enable=True))
        assert caplog.records == []


class TestWaiting:
    def test_a_change_in_another_thread_ends_it(self, registry: Registry) -> None:
        with ThreadPoolExecutor(1) as pool:
            waiter = pool.submit(registry.wait, WEB, 1, LONG)
            while not registry.waiting:
                pass
            register(registry)
            assert waiter.result(LONG) is True

    def test_it_ends_when_the_time_is_over_and_leaves_nothing(self, registry: Registry) -> None:
        assert registry.wait(WEB, 1, 0.001) is False
        assert registry.waiting == 0

    def test_it_does_not_begin_where_the_service_has_changed(self, registry: Registry) -> None:
        register(registry)
        assert registry.wait(WEB, 1, LONG) is True


class TestSweeper:
    def test_a_lapse_wakes_who_waits_though_nobody_else_comes(self, running: Registry) -> None:
        index = register(running, ttl=0.02)
        assert running.wait(WEB, index, LONG)
        assert health(running) == [Health.CRITICAL]

    def test_so_does_a_removal(self) -> None:
        with Registry(intervals=Intervals(cleanup=0.05)) as registry:
            index = register(registry, ttl=0.02)
            while health(registry):
                assert registry.wait(WEB, index, LONG)
                index = registry.discover("web").index

    def test_it_does_not_sleep_past_a_deadline_that_came_later_and_is_earlier(self, running: Registry) -> None:
        register(running, "slow", ttl=1000.0)
        index = register(running, "quick", ttl=0.02)
        assert running.wait(WEB, index, LONG)
        assert health(running) == [Health.PASSING, Health.CRITICAL]

    def test_stopping_ends_the_thread_and_calls_who_waits(self) -> None:
        registry = Registry()
        others = set(threading.enumerate())  # another registry may live for the whole run, as the contract suite's does
        registry.start()
        (sweeper,) = [
            thread for thread in threading.enumerate() if thread.name == "registry-sweeper" and thread not in others
        ]
        calls: list[str] = []
        registry.subscribe(WEB, 1, lambda: calls.append("called"))
        registry.stop()
        registry.stop()
        assert not sweeper.is_alive()
        assert (calls, registry.waiting) == (["called"], 0)

    def test_it_cannot_be_started_twice(self, running: Registry) -> None:
        with pytest.raises(RuntimeError, match="started already"):
            running.start()

    def test_after_a_stop_it_can_be_started_again(self) -> None:
        registry = Registry()
        for instance_id in ("web-1", "web-2"):
            with registry:
                assert registry.wait(WEB, register(registry, instance_id, ttl=0.02), LONG)


class TestLog:
    def test_it_says_what_befell_whom(
        self, registry: Registry, clock: ManualClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "custom_registry")
        register(registry)
        registry.apply(Heartbeat(ById("web-1"), Health.PASSING))
        clock.advance(30)
        registry.apply(Heartbeat(ById("web-1"), Health.PASSING))
        registry.apply(Deregister(ById("web-1")))
        register(registry)
        clock.advance(100)
        registry.advance()
        events = [vars(record)["event"] for record in caplog.records]
        assert events == ["registered", "lapsed", "revived", "deregistered", "registered", "lapsed", "removed"]
        record = vars(caplog.records[1])
        assert (record["service"], record["id"], record["address"]) == ("web", "web-1", "web-1.test:80")
        assert caplog.records[1].getMessage() == "web at web-1.test:80 lapsed (id web-1, critical)"
        assert caplog.records[1].levelno == logging.WARNING

    def test_a_heartbeat_is_said_only_when_asked_for(
        self, registry: Registry, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "custom_registry")
        register(registry)
        register(registry)
        assert [vars(record)["event"] for record in caplog.records] == ["registered", "renewed"]

    def test_a_read_leaves_the_telling_of_lapses_to_others_who_tell_all_in_order(
        self, registry: Registry, clock: ManualClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "custom_registry")
        register(registry)
        clock.advance(30)
        assert health(registry) == [Health.CRITICAL]
        assert [vars(record)["event"] for record in caplog.records] == ["registered"]
        registry.apply(Heartbeat(ById("web-1"), Health.PASSING))
        assert [vars(record)["event"] for record in caplog.records] == ["registered", "lapsed", "revived"]

    def test_of_many_lapses_all_are_told_in_order_once_the_sweeper_has_stopped(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, "custom_registry")
        with Registry() as registry:
            for number in range(200):
                register(registry, f"web-{number:03d}", ttl=0.1)
            while (index := registry.discover("web").index) and set(health(registry)) != {Health.CRITICAL}:
                registry.wait(WEB, index, LONG)
        told = [vars(record)["id"] for record in caplog.records if vars(record)["event"] == "lapsed"]
        assert told == [f"web-{number:03d}" for number in range(200)]

    @pytest.mark.parametrize(("quiet", "sweeps"), [(0.001, 10**9), (LONG, 1)], ids=["quiet", "at the latest"])
    def test_a_lapse_is_told_once_it_is_quiet_or_after_so_many_sweeps_at_the_latest(
        self, monkeypatch: pytest.MonkeyPatch, quiet: float, sweeps: int
    ) -> None:
        monkeypatch.setattr("custom_registry.registry._QUIET", quiet)
        monkeypatch.setattr("custom_registry.registry._MOST_SWEEPS", sweeps)
        told = threading.Event()

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                if vars(record).get("event") == "lapsed":
                    told.set()

        handler = Handler()
        log = logging.getLogger("custom_registry")
        log.addHandler(handler)
        try:
            with Registry() as registry:
                register(registry, ttl=0.01)
                assert told.wait(LONG)
        finally:
            log.removeHandler(handler)


class TestThreads:
    def test_several_hundred_writers_lose_and_invent_nothing(self, running: Registry) -> None:
        start = running.status().index

        def come_and_stay(number: int) -> None:
            register(running, f"stays-{number}", f"service-{number % 7}")
            register(running, f"goes-{number}", f"service-{number % 7}")
            assert running.apply(Heartbeat(ById(f"goes-{number}"), Health.CRITICAL)).effects
            (gone,) = running.apply(Deregister(ById(f"goes-{number}"))).effects
            assert gone.kind is Kind.DEREGISTERED

        with ThreadPoolExecutor(32) as pool:
            list(pool.map(come_and_stay, range(400)))
        for rest in range(7):
            expected = {f"stays-{number}" for number in range(rest, 400, 7)}
            assert {one.id for one in running.discover(f"service-{rest}").instances} == expected
            assert running.services()[f"service-{rest}"] == ServiceSummary(
                f"service-{rest}", len(expected), len(expected)
            )
        assert running.status().index == start + 400 * 4

    def test_one_of_many_wins_the_removal_of_one_instance(self, running: Registry) -> None:
        register(running)
        with ThreadPoolExecutor(16) as pool:
            changes = list(pool.map(lambda _: running.apply(Deregister(ById("web-1"))), range(64)))
        assert sum(len(change.effects) for change in changes) == 1

    def test_nobody_who_waits_misses_a_change(self, running: Registry) -> None:
        """Each reader follows the index until it has seen the last of the changes."""

        def follow(_: int) -> int:
            found = running.discover("web")
            while len(found.instances) < 50:
                assert running.wait(WEB, found.index, LONG)
                found = running.discover("web")
            return found.index

        with ThreadPoolExecutor(8) as pool:
            readers = [pool.submit(follow, number) for number in range(8)]
            for number in range(50):
                register(running, f"web-{number}")
            assert {reader.result(LONG) for reader in readers} == {running.status().index}
        assert running.waiting == 0
