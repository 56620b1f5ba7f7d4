"""Measuring on our registry, and on servers that answer wrongly: those must have no figures."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from compare.bench import crowds, measuring, wrk
from compare.bench.asking import discovered, total_of
from compare.bench.measuring import guarded
from compare.bench.population import SPANS, TEN, total
from compare.bench.workload import workloads
from tests.support.consul import missing
from tests.support.raw_server import RawServer, http, raw_server

if TYPE_CHECKING:
    import socket

    from compare.bench.measuring import Bench
    from compare.bench.target import Target
    from tests.bench.conftest import At

SIZE = 100
TEN_FOUND = json.dumps([{"Service": {"ID": f"p-{number:07d}"}} for number in SPANS[TEN]]).encode()


def test_every_work_on_our_registry(bench: Bench, registry: Target) -> None:
    filled, held = measuring.fill(bench, registry, SIZE, 0)
    assert filled.problem == ""
    assert held == total(SIZE) == total_of(registry)
    assert filled.values["memory"] > 10_000_000
    undoing = {workload.undone_by for workload in workloads().values()}
    for workload in workloads().values():
        if workload.name in undoing:
            continue
        found = list(measuring.load(bench, registry, workload, SIZE))
        assert [one.problem for one in found] == [""] * len(found)
        assert [one.work for one in found] == [workload.name, *([workload.undone_by] if workload.undone_by else [])]
        for one in found:
            assert one.answered > 0
            assert one.values["per_second"] > 1
            assert 0 < one.values["p50"] <= one.values["p99"]
        assert total_of(registry) == total(SIZE)
    for do in ("discover", "heartbeat"):
        called = measuring.call(bench, registry, f"library-{do}", do, SIZE)
        assert called.problem == ""
        assert called.answered > 0


def test_wrk_sends_what_has_an_end_too(bench: Bench, registry: Target) -> None:
    bench.wrk = wrk.version() or missing("wrk is not installed; apt install wrk does it on Debian")
    filled, held = measuring.fill(bench, registry, SIZE, 0)
    registered, removed = measuring.load(bench, registry, workloads()["register-new"], SIZE)
    found = (filled, registered, removed)
    assert [(one.problem, one.generator) for one in found] == [("", bench.wrk)] * 3
    assert 0 < registered.answered == removed.answered
    assert held == total(SIZE) == total_of(registry)


def test_those_who_wait_and_those_who_lapse_on_our_registry(bench: Bench, registry: Target) -> None:
    waited = crowds.wait(bench, registry, 20, SIZE, registry.memory())
    assert waited.problem == ""
    assert 0 < waited.values["first"] <= waited.values["median"] <= waited.values["last"] < 10
    assert "memory_each" in waited.values
    lapsed = crowds.lapse(bench, registry, SIZE)
    assert lapsed.problem == ""
    assert -0.01 < lapsed.values["p50"] < 5
    assert total_of(registry) == 0


def test_a_target_that_cannot_be_filled_in_time_says_how_far_it_came(bench: Bench, registry: Target) -> None:
    bench.form = replace(bench.form, budget=0.05)
    filled, held = measuring.fill(bench, registry, 100_000, 0)
    assert filled.problem == f"{held:,} of 100,000 instances after {filled.problem.split()[-2]} s"
    assert 0 < held == total_of(registry)
    assert filled.values == {}


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        ([b"[]"], "wrong answers: 0 instances of ten were found, and not its 10"),
        ([TEN_FOUND.replace(b"p-0000001", b"p-0000111")], "wrong answers: 10 instances of ten were found"),
        ([TEN_FOUND, b"[]"], "wrong answers: 0 instances of ten were found, and not its 10"),
        ([b'{"a": 1}'], "has no ids"),
    ],
)
def test_wrong_answers_have_no_figures(bench: Bench, at: At, bodies: list[bytes], said: str) -> None:
    """The last of them is given as soon as the load runs."""

    def answer(server: RawServer, connection: socket.socket, _: int) -> None:
        while server.read_request(connection):
            connection.sendall(http(200, bodies[0] if len(server.requests) == 1 else bodies[-1]))

    with raw_server(answer) as server:
        (found,) = measuring.load(bench, at(server.port), workloads()["discover-10"], SIZE)
    assert said in found.problem
    assert found.values == {}


def test_answers_that_only_the_samples_get_have_no_figures(bench: Bench, at: At) -> None:
    """A connection that is used again is a load's."""

    def answer(server: RawServer, connection: socket.socket, _: int) -> None:
        asked = 0
        while server.read_request(connection):
            connection.sendall(http(200, TEN_FOUND if asked == 0 else b"[]"))
            asked += 1

    with raw_server(answer) as server:
        (found,) = measuring.load(bench, at(server.port), workloads()["discover-10"], SIZE)
    assert f"where the one that was looked at has {len(TEN_FOUND)}" in found.problem


def test_errors_and_closed_connections_have_no_figures(bench: Bench, at: At) -> None:
    def fail_second(server: RawServer, connection: socket.socket, _: int) -> None:
        asked = 0
        while server.read_request(connection):
            connection.sendall(http(200 if asked == 0 else 503, TEN_FOUND))
            asked += 1

    def close_second(server: RawServer, connection: socket.socket, _: int) -> None:
        server.read_request(connection)
        connection.sendall(http(200, TEN_FOUND))

    said = []
    for behave in (fail_second, close_second):
        with raw_server(behave) as server:
            (found,) = measuring.load(bench, at(server.port), workloads()["discover-10"], SIZE)
        assert found.values == {}
        said.append(found.problem)
    assert said[0].startswith("wrong answers: ")
    assert "503" in said[0]
    assert said[1].startswith("refused: ")


def test_a_write_that_is_acknowledged_and_not_there_has_no_figures(bench: Bench, at: At) -> None:
    def forget(server: RawServer, connection: socket.socket, _: int) -> None:
        while server.read_request(connection):
            connection.sendall(http(200, b"{}"))

    with raw_server(forget) as server:
        (found,) = measuring.load(bench, at(server.port), workloads()["register-new"], SIZE)
    assert found.problem.startswith("wrong answers: 0 instances are there, ")


def test_a_crowd_that_is_turned_away_has_no_figures(bench: Bench, at: At) -> None:
    """What Consul does above its limit of connections."""

    watchers = range(4, 24)  # after one connection that registers and two that discover

    def refuse(server: RawServer, connection: socket.socket, number: int) -> None:
        while server.read_request(connection):
            if number in watchers and number % 2:
                return
            if number in watchers:
                changed.wait(20)
            if number == watchers.stop:
                changed.set()
            connection.sendall(http(200, b'[{"Service": {"ID": "p-9000000"}}]', "X-Consul-Index: 5"))

    changed = threading.Event()
    with raw_server(refuse) as server:
        found = guarded("w", SIZE, "t", lambda: crowds.wait(bench, at(server.port), 20, SIZE, None))
    assert found.problem == "refused: 10 of 20 connections were closed"
    assert found.values == {}


def test_discovery_has_an_index(registry: Target) -> None:
    ids, index = discovered(registry, "nobody")
    assert ids == []
    assert index.isdigit()
