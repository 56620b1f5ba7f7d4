"""Blocking reads: when they answer, and how a front takes the waiting off the application."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.api import create_app, parsing
from custom_registry.api.waiting import PARKING, Parking, Wait
from custom_registry.core.topics import Instances
from custom_registry.registry import Registry

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.support.clock import ManualClock

LONG = 30.0  # seconds that no test should take


def register(api: FlaskClient, service: str = "web", **body: Any) -> None:
    assert api.post("/register", json={"service": service, "address": "h:1", **body}).status_code in {200, 201}


def index(response: TestResponse) -> int:
    return int(response.headers["X-Registry-Index"])


class TestIndex:
    def test_it_is_never_below_one(self, api: FlaskClient) -> None:
        assert index(api.get("/discover/nobody")) == 1

    def test_it_moves_with_the_service_and_with_no_other(self, api: FlaskClient) -> None:
        register(api)
        first = index(api.get("/discover/web"))
        register(api, "other")
        assert index(api.get("/discover/web")) == first
        register(api, tags=["new"])
        assert index(api.get("/discover/web")) > first

    def test_a_lapse_moves_it_and_a_heartbeat_does_not(self, api: FlaskClient, clock: ManualClock) -> None:
        register(api, id="w")
        first = index(api.get("/discover/web"))
        api.post("/heartbeat", json={"id": "w"})
        assert index(api.get("/discover/web")) == first
        clock.advance(30)
        assert index(api.get("/discover/web")) > first


class TestInItsThread:
    def test_it_answers_when_the_service_changes(self, api: FlaskClient, registry: Registry) -> None:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(api.get, "/discover/web?index=1&wait=30s")
            while not registry.waiting:
                pass
            register(api.application.test_client(), "other")
            register(api.application.test_client())
            response = waiting.result(LONG)
        assert (response.get_json()["count"], index(response)) == (1, registry.status().index)

    def test_it_answers_when_the_time_is_over(self, api: FlaskClient, registry: Registry) -> None:
        register(api)
        now = index(api.get("/discover/web"))
        response = api.get(f"/discover/web?index={now}&wait=1ms")
        assert (response.get_json()["count"], index(response), registry.waiting) == (1, now, 0)

    @pytest.mark.parametrize(
        "arguments",
        ["wait=600", "index=0&wait=600", "index=1&wait=600", "index=99&wait=600"],
        ids=["no index", "index 0", "an older index", "an index of an earlier life"],
    )
    def test_it_answers_at_once_where_there_is_nothing_to_wait_for(
        self, api: FlaskClient, monkeypatch: pytest.MonkeyPatch, arguments: str
    ) -> None:
        monkeypatch.setattr(threading.Event, "wait", lambda _event, timeout: pytest.fail(f"waits {timeout} s"))
        register(api)
        assert api.get(f"/discover/web?{arguments}").get_json()["count"] == 1


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            (None, 60),
            ("30", 30),
            ("30s", 30),
            ("0", 0),
            ("500ms", 0.5),
            ("5m", 300),
            ("1.5s", 1.5),
            ("1h", 600),
            ("9999", 600),
        ],
    )
    def test_they_are_read_and_cut_at_ten_minutes(self, api: FlaskClient, text: str | None, seconds: float) -> None:
        parking = Parking()
        register(api)
        now = index(api.get("/discover/web"))
        api.get(f"/discover/web?index={now}{f'&wait={text}' if text else ''}", environ_overrides={PARKING: parking})
        assert parking.wait == Wait(Instances("web"), now, seconds)
        assert parsing.LONGEST_WAIT == 600


class TestBehindAFront:
    """The front of this test is the plainest there can be."""

    def test_it_writes_down_what_it_would_wait_for_and_holds_no_thread(
        self, api: FlaskClient, registry: Registry
    ) -> None:
        parking = Parking()
        response = api.get("/discover/a%2Fb?index=1&wait=5s", environ_overrides={PARKING: parking})
        assert (response.status_code, response.data) == (204, b"")
        assert parking.wait == Wait(Instances("a/b"), 1, 5.0)
        assert registry.waiting == 0

    def test_when_the_waiting_is_over_it_answers_as_any_discovery_does(self, api: FlaskClient) -> None:
        register(api)
        plain = api.get("/discover/web")
        asked = f"/discover/web?index={index(plain)}&wait=30s"
        response = api.get(asked, environ_overrides={PARKING: Parking(over=True)})
        assert (response.get_json(), index(response)) == (plain.get_json(), index(plain))

    @pytest.mark.parametrize("arguments", ["", "?index=0", "?index=1", "?index=99"])
    def test_where_there_is_nothing_to_wait_for_it_answers_at_once(self, api: FlaskClient, arguments: str) -> None:
        register(api)
        parking = Parking()
        response = api.get(f"/discover/web{arguments}", environ_overrides={PARKING: parking})
        assert (response.status_code, response.get_json()["count"], parking.wait) == (200, 1, None)

    def test_a_bad_argument_is_refused_before_any_waiting(self, api: FlaskClient) -> None:
        parking = Parking()
        response = api.get("/discover/web?index=1&wait=never", environ_overrides={PARKING: parking})
        assert (response.status_code, parking.wait) == (400, None)


def test_several_hundred_writers_at_once_lose_and_invent_nothing() -> None:
    with Registry() as registry:
        app = create_app(registry)

        def come_and_go(number: int) -> None:
            api = app.test_client()
            for instance_id in (f"stays-{number}", f"goes-{number}"):
                register(api, f"service-{number % 5}", id=instance_id)
            assert api.post("/deregister", json={"id": f"goes-{number}"}).status_code == 200

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(come_and_go, range(300)))
        found = [
            instance["id"]
            for rest in range(5)
            for instance in app.test_client().get(f"/discover/service-{rest}").get_json()["instances"]
        ]
        assert sorted(found) == sorted(f"stays-{number}" for number in range(300))
        assert app.test_client().get("/health").get_json()["total_instances"] == 300
