"""What all reads share: their arguments and errors, how long they wait, what their headers tell.

Source: transcripts ``blocking``, ``health_reads`` and ``catalog_reads`` (1.8.7 and 1.21.4); the order in which
arguments are looked at: ``agent/http.go``, and a running 1.8.7.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.api import create_app
from custom_registry.api.consul.call import Facade
from custom_registry.api.consul.dialects import Dialect
from custom_registry.api.waiting import PARKING, Parking
from custom_registry.core.topics import HealthService

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from custom_registry.api.consul.identity import Identity
    from custom_registry.registry import Registry

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")
in_each = pytest.mark.parametrize("dialect", [OLD, NEW], ids=lambda dialect: dialect.name)
in_new, in_old = (pytest.mark.parametrize("dialect", [one], ids=[one.name]) for one in (NEW, OLD))
LONG = 30.0  # seconds that no test should take
WEB = "/v1/health/service/web"
READS = (WEB, "/v1/catalog/nodes", "/v1/catalog/services", "/v1/catalog/service/web", "/v1/health/state/any")


def register(api: FlaskClient, name: str = "web", **body: Any) -> None:
    assert api.put("/v1/agent/service/register", json={"Name": name} | body).status_code == 200


def index(response: TestResponse) -> int:
    return int(response.headers["X-Consul-Index"])


def parked(api: FlaskClient, path: str) -> Parking:
    parking = Parking()
    api.get(path, environ_overrides={PARKING: parking})
    return parking


@in_each
@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("index=x", 400, "Invalid index"),
        ("index=-1", 400, "Invalid index"),
        (f"index={2**64}", 400, "Invalid index"),
        ("wait=x", 400, "Invalid wait time"),
        ("wait=5", 400, "Invalid wait time"),
        ("wait=x&index=x", 400, "Invalid wait time"),
        ("stale&consistent", 400, "Cannot specify ?stale with ?consistent, conflicting semantics."),
        ("cached&consistent", 400, "Cannot specify ?cached with ?consistent, conflicting semantics."),
        ("max_stale=1s&consistent", 400, "Cannot specify ?stale with ?consistent, conflicting semantics."),
        ("max_stale=x&stale", 400, 'Invalid max_stale value "x"'),
        ("stale&consistent&index=x", 400, "Cannot specify ?stale with ?consistent, conflicting semantics."),
        ("dc=other", 500, "No path to datacenter"),
    ],
)
def test_a_wrong_argument_is_refused(api: FlaskClient, query: str, status: int, text: str) -> None:
    for path in READS:
        answer = api.get(f"{path}?{query}")
        assert (answer.status_code, answer.text) == (status, text), path


@in_each
class TestArguments:
    @pytest.mark.parametrize("value", ["max-age=x", "no-cache, stale-if-error=", "MAX-AGE=1.5"])
    def test_a_wrong_cache_control_is_refused(self, api: FlaskClient, value: str) -> None:
        answer = api.get(WEB, headers={"Cache-Control": value})
        assert (answer.status_code, answer.text) == (400, "Invalid Cache-Control header.")

    def test_others_are_taken(self, api: FlaskClient) -> None:
        for value in ("max-age=10, stale-if-error=0", "must-revalidate", "no-store", "anything"):
            assert api.get(WEB, headers={"Cache-Control": value}).status_code == 200
        for query in ("index=0&wait=1s", "near=_agent", "token=x", "dc=dc1", "leader", "anything=x"):
            assert api.get(f"{WEB}?{query}").status_code == 200

    @pytest.mark.parametrize(
        ("query", "consistency"),
        [
            ("", "leader"),
            ("stale", "stale"),
            ("consistent", "consistent"),
            ("max_stale=5s", "stale"),
            ("cached", "leader"),
        ],
    )
    def test_how_consistent_it_was_is_told(self, api: FlaskClient, query: str, consistency: str) -> None:
        answer = api.get(f"/v1/catalog/services?{query}")
        assert answer.headers["X-Consul-Effective-Consistency"] == consistency
        assert answer.headers["X-Consul-LastContact"] == "0"

    def test_a_namespace_is_refused(self, api: FlaskClient) -> None:
        for answer in (api.get(f"{WEB}?ns=x"), api.get(WEB, headers={"X-Consul-Namespace": "x"})):
            assert answer.status_code == 400
            assert answer.text.endswith("Namespaces are a Consul Enterprise feature")


@in_new
def test_partitions_and_sameness_groups_are_refused(api: FlaskClient) -> None:
    answer = api.get(f"{WEB}?partition=x")
    assert (answer.status_code, "Partitions are a Consul Enterprise feature" in answer.text) == (400, True)
    assert api.get(f"{WEB}?sg=x").status_code == 500


@in_old
def test_the_old_dialect_does_not_know_of_partitions(api: FlaskClient) -> None:
    assert api.get(f"{WEB}?partition=x&sg=x&peer=x").status_code == 200


@in_new
def test_another_cluster_has_no_services_here(api: FlaskClient) -> None:
    register(api)
    assert api.get(f"{WEB}?peer=x").get_json() == []
    assert len(api.get(WEB).get_json()) == 1


class TestCached:
    def test_the_first_read_misses_and_the_next_hits(self, api: FlaskClient) -> None:
        first, second = api.get(f"{WEB}?cached"), api.get(f"{WEB}?cached&stale&index=0")
        assert (first.headers["X-Cache"], "Age" in first.headers) == ("MISS", False)
        assert (second.headers["X-Cache"], second.headers["Age"]) == ("HIT", "0")

    def test_another_read_misses_again(self, api: FlaskClient) -> None:
        api.get(f"{WEB}?cached")
        assert api.get(f"{WEB}?cached&tag=x").headers["X-Cache"] == "MISS"

    def test_what_is_answered_is_never_old(self, api: FlaskClient) -> None:
        assert api.get(f"{WEB}?cached").get_json() == []
        register(api)
        assert len(api.get(f"{WEB}?cached").get_json()) == 1

    def test_only_where_consul_has_a_cache(self, api: FlaskClient) -> None:
        for path in ("/v1/catalog/nodes", "/v1/health/state/any", "/v1/catalog/node/here", "/v1/health/node/here"):
            assert "X-Cache" not in api.get(f"{path}?cached").headers
        for path in ("/v1/catalog/services", "/v1/catalog/service/web", "/v1/catalog/datacenters"):
            assert api.get(f"{path}?cached").headers["X-Cache"] == "MISS"

    def test_the_reads_longest_unasked_are_forgotten(self, facade: Facade, api: FlaskClient) -> None:
        for number in range(1025):
            api.get(f"/v1/catalog/datacenters?cached&n={number}")
        assert api.get("/v1/catalog/datacenters?cached&n=1024").headers["X-Cache"] == "HIT"
        assert api.get("/v1/catalog/datacenters?cached&n=0").headers["X-Cache"] == "MISS"
        assert facade.cached is not None


class TestWaiting:
    @pytest.mark.parametrize(
        ("query", "seconds"),
        [
            ("index=9", 300.0),
            ("index=9&wait=0s", 300.0),
            ("index=9&wait=-1s", 300.0),
            ("index=9&wait=1ms", 0.001),
            ("index=9&wait=90s", 90.0),
            ("index=9&wait=1h", 600.0),
            ("index=9&wait=1h&stale&cached", 600.0),
        ],
    )
    def test_it_takes_as_long_as_was_asked_for_within_bounds(
        self, api: FlaskClient, query: str, seconds: float
    ) -> None:
        wait = parked(api, f"{WEB}?{query}").wait
        assert wait is not None
        assert (wait.seconds, wait.index, wait.topic) == (seconds, 9, HealthService("web"))

    def test_it_is_longer_by_up_to_a_sixteenth(self, registry: Registry, identity: Identity) -> None:
        asked: list[float] = []
        facade = Facade(registry, identity, stagger=lambda most: asked.append(most) or most)  # type: ignore[func-returns-value]
        wait = parked(create_app(registry, facade).test_client(), f"{WEB}?index=9&wait=16s").wait
        assert wait is not None
        assert (wait.seconds, asked) == (17.0, [1.0])

    def test_chance_adds_no_more_than_that(self, registry: Registry, identity: Identity) -> None:
        api = create_app(registry, Facade(registry, identity)).test_client()
        waits = [parked(api, f"{WEB}?index=9&wait=16s").wait for _ in range(20)]
        assert all(wait is not None and 16.0 <= wait.seconds <= 17.0 for wait in waits)

    @pytest.mark.parametrize("query", ["", "index=0", "wait=10s", "index=0&wait=10s"])
    def test_without_an_index_nobody_waits(self, api: FlaskClient, query: str) -> None:
        assert parked(api, f"{WEB}?{query}").wait is None

    def test_who_is_wrong_is_refused_before_they_wait(self, api: FlaskClient) -> None:
        for query in ("dc=other", "filter=x", "ns=x", "passing=x"):
            assert parked(api, f"{WEB}?index=9&{query}").wait is None

    def test_each_read_of_consuls_can_wait(self, api: FlaskClient) -> None:
        for path in (*READS, "/v1/health/connect/web", "/v1/coordinate/nodes", "/v1/config/"):
            assert parked(api, f"{path}?index=9").wait is not None, path

    def test_it_is_over_when_the_service_changes(self, api: FlaskClient, registry: Registry) -> None:
        register(api)
        known = index(api.get(WEB))
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(api.application.test_client().get, f"{WEB}?index={known}&wait=30s")
            while not registry.waiting:
                pass
            register(api, "other")
            register(api, Tags=["new"])
            answer = waiting.result(LONG)
        assert answer.get_json()[0]["Service"]["Tags"] == ["new"]
        assert index(answer) > known

    def test_it_is_over_when_the_time_is(self, api: FlaskClient, registry: Registry) -> None:
        register(api)
        known = index(api.get(WEB))
        answer = api.get(f"{WEB}?index={known}&wait=1ms")
        assert (index(answer), len(answer.get_json()), registry.waiting) == (known, 1, 0)

    def test_an_index_that_has_passed_is_answered_at_once(
        self, api: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        register(api)
        monkeypatch.setattr(threading.Event, "wait", lambda _event, timeout: pytest.fail(f"waits {timeout} s"))
        assert len(api.get(f"{WEB}?index=1").get_json()) == 1


class TestHeaders:
    @in_new
    def test_the_new_dialect_streams_a_services_health_to_who_waits_or_asks_the_cache(self, api: FlaskClient) -> None:
        register(api)
        plain, streamed = api.get(WEB), api.get(f"{WEB}?index=1")
        assert plain.headers["X-Consul-Query-Backend"] == "blocking-query"
        assert plain.headers["X-Consul-KnownLeader"] == "true"
        assert streamed.headers["X-Consul-Query-Backend"] == "streaming"
        assert streamed.headers["X-Consul-KnownLeader"] == "false"
        assert api.get(f"{WEB}?cached").headers["X-Consul-Query-Backend"] == "streaming"
        assert api.get(f"{WEB}?cached&near=_agent").headers["X-Consul-Query-Backend"] == "blocking-query"
        assert api.get("/v1/catalog/nodes?cached").headers["X-Consul-Query-Backend"] == "blocking-query"

    @in_old
    def test_the_old_one_knows_of_no_backends(self, api: FlaskClient) -> None:
        register(api)
        answer = api.get(f"{WEB}?index=1")
        assert ("X-Consul-Query-Backend" in answer.headers, answer.headers["X-Consul-KnownLeader"]) == (False, "true")

    @in_each
    def test_an_index_is_never_below_one(self, api: FlaskClient) -> None:
        assert index(api.get("/v1/catalog/service/nobody")) >= 1
        assert index(api.get("/v1/coordinate/nodes")) == 1

    @in_new
    def test_a_filter_that_is_wrong_tells_no_index_of_a_services_health(self, api: FlaskClient) -> None:
        assert "X-Consul-Index" not in api.get(f"{WEB}?filter=x").headers
        answer = api.get("/v1/catalog/nodes?filter=x")
        assert (answer.status_code, index(answer), answer.headers["X-Consul-KnownLeader"]) == (500, 1, "false")

    @in_old
    def test_in_the_old_dialect_it_does(self, api: FlaskClient) -> None:
        assert index(api.get(f"{WEB}?filter=x")) == 1
