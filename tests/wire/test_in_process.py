"""In process a replay moves the clock instead of waiting: what is due happens at its own moment all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compare.wire.transport import Sent
from custom_registry.api.app import create_app
from custom_registry.registry import Registry
from tests.support.clock import ManualClock
from tests.support.in_process import InProcess


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def transport(clock: ManualClock) -> InProcess:
    registry = Registry(clock=clock, heartbeat_timeout=10)
    return InProcess(create_app(registry), registry, clock)


def register(service: str = "web") -> Sent:
    body = json.dumps({"service": service, "address": "127.0.0.1:80"}).encode()
    return Sent("POST", "/register", {"Content-Type": "application/json"}, body)


def index_of(transport: InProcess) -> int:
    reply = transport.send(Sent("GET", "/discover/web")).reply(0)
    return int(dict(reply.headers)["X-Registry-Index"])


def watch(transport: InProcess, seconds: float) -> Any:
    return transport.send(Sent("GET", f"/discover/web?index={index_of(transport)}&wait={seconds}"))


def test_an_answer_is_there_at_once_and_no_time_has_passed(transport: InProcess, clock: ManualClock) -> None:
    reply = transport.send(register()).reply(0)
    assert (reply.status, reply.seconds, clock()) == (201, 0.0, 1000.0)


@pytest.mark.parametrize(
    ("changed", "seconds"),
    [("web", 0.5), ("other", 5.0)],
    ids=["woken", "ran out"],
)
def test_who_waits_is_answered_at_the_change_or_when_the_time_is_up(
    transport: InProcess, clock: ManualClock, changed: str, seconds: float
) -> None:
    pending = watch(transport, 5)
    transport.wait(0.5)
    transport.send(register(changed)).reply(0)
    reply = pending.reply(60)
    assert (reply.status, reply.seconds) == (200, seconds)
    assert clock() == 1000 + seconds


def test_a_lapse_wakes_at_its_own_moment_though_nobody_asks(transport: InProcess, clock: ManualClock) -> None:
    transport.send(register()).reply(0)
    pending = watch(transport, 60)
    transport.wait(30)
    assert clock() == 1030
    assert pending.reply(0).seconds == pytest.approx(10, abs=0.01)


def test_an_answer_that_does_not_come_in_time_is_none(transport: InProcess) -> None:
    assert watch(transport, 60).reply(2).failure == "no answer within 2 s"
