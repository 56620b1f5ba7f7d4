"""Random requests to the fast way and to the full one: every byte of every answer is the same."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from custom_registry.api.consul.dialects import DIALECTS, Dialect
from tests.support.clock import ManualClock
from tests.support.two_ways import Client, request, serve

NAMES = st.sampled_from(["web", "Web", "db", "a/b", "ü", "consul"])
IDS = st.sampled_from(["web-1", "web-2", "db-1", "a/b", "ü"])
SECONDS = st.sampled_from([0.25, 1.0, 12.0, 31.0, 65.0])
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Accept_Encoding": st.sampled_from(["gzip", "identity", "gzip;q=0", "br, gzip"]),
        "Accept": st.sampled_from(["text/plain", "application/json"]),
        "Cache_Control": st.sampled_from(["max-age=5", "max-age=x"]),
        "X_Consul_Namespace": st.just("team"),
        "X_Consul_Partition": st.just("part"),
        "X_Consul_Token": st.just("secret"),
        "User_Agent": st.text("abc", max_size=3),
        "Connection": st.just("keep-alive"),
    },
)
QUERIES = st.lists(
    st.sampled_from(
        [
            *(
                "passing",
                "passing=false",
                "tag=v1",
                "tag=V%31",
                "stale",
                "consistent",
                "cached",
                "near=_agent",
                "pretty",
            ),
            *(
                "dc=dc1",
                "dc=dc2",
                "ns=x",
                "node-meta=a:b",
                "index=0",
                "index=2&wait=1ms",
                "index=9&wait=2ms",
                "index=x",
            ),
            *("filter=Service.ID%20!=%20%22web-1%22", "filter=%zz", "filter=nonsense", "healthy_only=false", "nope"),
            *("a;b", "%69ndex=3&wait=1ms", "hash=x"),
        ]
    ),
    max_size=2,
).map("&".join)


def quoted(text: str) -> str:
    return text.replace("ü", "%C3%BC")


def with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


@st.composite
def reads(draw: st.DrawFn) -> bytes:
    paths = ["/v1/health/service/{}", "/v1/catalog/service/{}", "/v1/health/checks/{}", "/v1/health/connect/{}"]
    paths += ["/v1/agent/health/service/name/{}", "/discover/{}"]
    others = ["/v1/catalog/services", "/v1/catalog/nodes", "/v1/health/state/any", "/v1/agent/services", "/services"]
    others += ["/v1/agent/checks", "/v1/catalog/node/node-1", "/v1/health/node/node-1", "/v1/internal/ui/services"]
    others += ["/v1/status/leader", "/v1/nowhere", "/v1//agent/services", "/v1/health/service", "/nowhere", "/discover"]
    others += ["/health", "/v1/kv/x", "/v1/agent/service/web-1", "/v1/agent/health/service/id/web-1", "/v1/%01"]
    path = draw(st.sampled_from(paths + others)).format(quoted(draw(NAMES)))
    method = draw(st.sampled_from(["GET"] * 12 + ["HEAD", "OPTIONS", "POST", "DELETE"]))
    return request(method, with_query(path, draw(QUERIES)), None, **draw(HEADERS))


@st.composite
def registrations(draw: st.DrawFn) -> bytes:
    body: dict[str, Any] = {"ID": draw(IDS), "Name": draw(NAMES), "Port": draw(st.integers(0, 3))}
    if draw(st.booleans()):
        body["Tags"] = draw(st.lists(st.sampled_from(["v1", "V1", "x"]), max_size=2))
    if draw(st.booleans()):
        body["Meta"] = {"a": draw(st.sampled_from(["b", "c"]))}
    checks: list[dict[str, Any]] = [{"TTL": "30s"}, {"TTL": "1s", "Status": "passing", "Notes": "n"}]
    checks += [{"TTL": "10s", "Status": "passing", "DeregisterCriticalServiceAfter": "1s"}, {"AliasService": "web-1"}]
    if draw(st.booleans()):
        body["Checks"] = draw(st.lists(st.sampled_from(checks), max_size=2))
    if draw(st.integers(0, 9)) == 0:
        body[draw(st.sampled_from(["Nope", "ttl", "id"]))] = 1
    return request("PUT", "/v1/agent/service/register", json.dumps(body).encode(), **draw(HEADERS))


@st.composite
def other_writes(draw: st.DrawFn) -> bytes:
    id_ = quoted(draw(IDS))
    native = {"service": draw(NAMES), "address": draw(st.sampled_from(["h:1", "h:2"])), "ttl": 20}
    method, path, body = draw(
        st.sampled_from(
            [
                ("PUT", f"/v1/agent/service/deregister/{id_}", None),
                ("PUT", f"/v1/agent/service/maintenance/{id_}?enable=true", None),
                ("PUT", f"/v1/agent/service/maintenance/{id_}?enable=false", None),
                ("PUT", f"/v1/agent/check/pass/service:{id_}?note=fine", None),
                ("PUT", f"/v1/agent/check/pass/service:{id_}?note=a/{id_}", None),
                ("PUT", f"/v1/agent/check/pass/service:{id_}", b""),
                ("PUT", f"/v1/agent/check/fail/service:{id_}:1", None),
                ("PUT", f"/v1/agent/check/pass/{draw(st.sampled_from(['', '.', '..', 'a%20b', 'a.b', 'a?x']))}", None),
                ("PUT", "/v1/agent/check/update/service:web-1", b'{"Status": "warning", "Output": "hm"}'),
                ("PUT", "/v1/agent/check/register", b'{"Name": "node", "TTL": "15s", "Status": "passing"}'),
                ("PUT", "/v1/agent/check/deregister/node", None),
                (
                    "PUT",
                    "/v1/catalog/register",
                    b'{"Node": "ext", "Address": "1.2.3.4", "Service": {"Service": "web"}}',
                ),
                ("PUT", "/v1/catalog/deregister", b'{"Node": "ext"}'),
                ("PUT", "/v1/agent/service/register", b"nonsense"),
                ("POST", "/register", json.dumps(native).encode()),
                ("POST", "/heartbeat", json.dumps({k: native[k] for k in ("service", "address")}).encode()),
                ("POST", "/heartbeat", b'{"id": "web-1", "status": "warning", "note": "slow"}'),
                ("POST", "/deregister", b'{"id": "web-2"}'),
                ("POST", "/deregister?x=1", b'{"id": "web-2"}'),
            ]
        )
    )
    return request(method, path, body)


STEPS = st.lists(st.one_of(reads(), reads(), registrations(), other_writes(), SECONDS), min_size=1, max_size=25)


async def play(steps: list[Any], dialect: Dialect) -> None:
    clock = ManualClock()
    async with (
        serve(fast=True, clock=clock, dialect=dialect) as fast,
        serve(fast=False, clock=clock, dialect=dialect) as full,
    ):
        clients = [await Client.connect(fast), await Client.connect(full)]
        for step in steps:
            if isinstance(step, float):
                clock.advance(step)
                continue
            for client in clients:
                await client.send(step)
            answers = [await client.answer(headless=step.startswith(b"HEAD")) for client in clients]
            assert answers[0] == answers[1], step
        for client in clients:
            client.close()


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from([dialect.name for dialect in DIALECTS]))
def test_no_answer_differs(steps: list[Any], version: str) -> None:
    asyncio.run(asyncio.wait_for(play(steps, Dialect.named(version)), 60))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(reads(), registrations(), other_writes()), min_size=2, max_size=8), st.data())
def test_nor_does_one_of_many_that_are_sent_at_once_in_whatever_pieces(steps: list[bytes], data: st.DataObject) -> None:
    sent = b"".join(steps)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=4)))
    pieces = [sent[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]

    async def pipeline() -> None:
        clock = ManualClock()
        async with serve(fast=True, clock=clock) as fast, serve(fast=False, clock=clock) as full:
            answers = []
            for way in (fast, full):
                client = await Client.connect(way)
                await client.send(*pieces)
                answers.append([await client.answer(headless=step.startswith(b"HEAD")) for step in steps])
                client.close()
            assert answers[0] == answers[1]

    asyncio.run(asyncio.wait_for(pipeline(), 60))
