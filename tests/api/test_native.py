"""The native API, rule by rule, as a client sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from custom_registry.registry import Registry
    from tests.support.clock import ManualClock

USER = {"service": "user-service", "address": "http://localhost:8001"}
USER_ID = "user-service@http://localhost:8001"


def post(api: FlaskClient, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    response = api.post(path, json=body)
    answer: dict[str, Any] = response.get_json()
    return response.status_code, answer


def register(api: FlaskClient, **body: Any) -> dict[str, Any]:
    status, answer = post(api, "/register", **(USER | body))
    assert status in {200, 201}, answer
    return answer


def discover(api: FlaskClient, service: str = "user-service", arguments: str = "") -> list[dict[str, Any]]:
    response = api.get(f"/discover/{service}{arguments}")
    assert response.status_code == 200, response.text
    answer = response.get_json()
    assert list(answer) == ["service", "instances", "count"]
    assert answer["count"] == len(answer["instances"])
    instances: list[dict[str, Any]] = answer["instances"]
    return instances


def ids(instances: list[dict[str, Any]]) -> list[str]:
    return [instance["id"] for instance in instances]


class TestRegister:
    def test_a_new_instance(self, api: FlaskClient) -> None:
        assert post(api, "/register", **USER) == (
            201,
            {
                "status": "registered",
                "message": "Service user-service registered at http://localhost:8001",
                "id": USER_ID,
                "ttl_seconds": 30.0,
            },
        )

    @pytest.mark.parametrize("other", [{}, {"tags": ["new"]}, {"id": USER_ID, "service": "other"}])
    def test_an_id_that_is_there_already_answers_200(self, api: FlaskClient, other: dict[str, Any]) -> None:
        register(api)
        status, answer = post(api, "/register", **(USER | other))
        assert (status, answer["status"], answer["id"]) == (200, "registered", USER_ID)

    def test_again_it_is_idempotent_and_renews(self, api: FlaskClient, clock: ManualClock) -> None:
        register(api)
        clock.advance(20)
        register(api)
        (instance,) = discover(api)
        assert (instance["uptime_seconds"], instance["last_heartbeat_seconds_ago"]) == (20, 0)
        clock.advance(20)
        assert len(discover(api)) == 1

    def test_all_that_was_said_is_found(self, api: FlaskClient, clock: ManualClock) -> None:
        metadata = {"version": "ünï 1\n2", "empty": ""}
        register(api, id="u-1", tags=["b", "a", "a"], metadata=metadata, ttl=12, weight=7)
        clock.advance(1.5)
        assert discover(api) == [
            {
                "id": "u-1",
                "address": "http://localhost:8001",
                "host": "localhost",
                "port": 8001,
                "status": "passing",
                "tags": ["b", "a", "a"],
                "metadata": metadata,
                "weight": 7,
                "ttl_seconds": 12.0,
                "uptime_seconds": 1.5,
                "last_heartbeat_seconds_ago": 1.5,
                "note": "",
            }
        ]

    @pytest.mark.parametrize(
        ("said", "resolved", "instance_id"),
        [
            ({"address": "http://localhost:8001"}, ("localhost", 8001), "s@http://localhost:8001"),
            ({"address": "http://localhost:8001", "port": 8001}, ("localhost", 8001), "s@http://localhost:8001"),
            ({"address": "https://h.test/base?q=1"}, ("h.test", 443), "s@https://h.test/base?q=1"),
            ({"address": "10.0.0.7:80"}, ("10.0.0.7", 80), "s@10.0.0.7:80"),
            ({"address": "10.0.0.7", "port": 80}, ("10.0.0.7", 80), "s@10.0.0.7:80"),
            ({"address": "10.0.0.7"}, ("10.0.0.7", None), "s@10.0.0.7"),
            ({"address": "::1", "port": 80}, ("::1", 80), "s@[::1]:80"),
            ({"address": "[::1]:80"}, ("::1", 80), "s@[::1]:80"),
        ],
    )
    def test_host_port_and_id_follow_from_the_address(
        self, api: FlaskClient, said: dict[str, Any], resolved: tuple[str, int | None], instance_id: str
    ) -> None:
        assert register(api, service="s", **said)["id"] == instance_id
        (instance,) = discover(api, "s")
        assert (instance["address"], (instance["host"], instance["port"])) == (said["address"], resolved)

    def test_two_ports_beside_one_host_are_two_instances(self, api: FlaskClient) -> None:
        register(api, address="10.0.0.7", port=80)
        register(api, address="10.0.0.7", port=81)
        assert [instance["port"] for instance in discover(api)] == [80, 81]

    def test_an_id_moves_to_the_service_it_registers_under(self, api: FlaskClient) -> None:
        register(api, id="x")
        register(api, id="x", service="other")
        assert (ids(discover(api)), ids(discover(api, "other"))) == ([], ["x"])

    def test_one_address_may_have_two_ids_and_two_services(self, api: FlaskClient) -> None:
        register(api, id="a")
        register(api, id="b")
        register(api, service="other")
        assert (ids(discover(api)), len(discover(api, "other"))) == (["a", "b"], 1)

    @pytest.mark.parametrize(
        "service",
        ["Upper_Case", "with space", "ünï", "slash/es", "dot.ted", "x" * 128, "a?b#c%2F", "日本語", ".hidden"],
    )
    def test_names_that_are_odd_and_yet_names(self, api: FlaskClient, service: str) -> None:
        register(api, service=service)
        quoted = "".join(f"%{byte:02X}" for byte in service.encode())
        assert len(discover(api, quoted)) == 1
        assert service in api.get("/services").get_json()["services"]

    def test_names_are_told_apart_by_case(self, api: FlaskClient) -> None:
        register(api, service="Web")
        assert discover(api, "web") == []

    @pytest.mark.parametrize(
        "content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", None]
    )
    def test_the_content_type_does_not_matter(self, api: FlaskClient, content_type: str | None) -> None:
        body = '{"service": "user-service", "address": "h"}'
        assert api.post("/register", data=body, content_type=content_type).status_code == 201


class TestHeartbeat:
    @pytest.mark.parametrize("whom", [{"id": USER_ID}, USER])
    def test_it_renews_by_id_or_by_address(self, api: FlaskClient, clock: ManualClock, whom: dict[str, str]) -> None:
        register(api)
        clock.advance(20)
        status, answer = post(api, "/heartbeat", **whom)
        assert (status, answer["status"], answer["ids"]) == (200, "ok", [USER_ID])
        clock.advance(29)
        assert len(discover(api)) == 1

    @pytest.mark.parametrize("health", ["passing", "warning", "critical"])
    def test_it_may_say_how_the_instance_is(self, api: FlaskClient, health: str) -> None:
        register(api)
        post(api, "/heartbeat", id=USER_ID, status=health, note="two\nlines")
        (instance,) = discover(api, arguments="?healthy_only=false")
        assert (instance["status"], instance["note"]) == (health, "two\nlines")
        assert len(discover(api)) == (1 if health == "passing" else 0)

    @pytest.mark.parametrize("path", ["/heartbeat", "/deregister"])
    @pytest.mark.parametrize(("whom", "field"), [({"id": "nobody"}, "id"), (USER | {"address": "h"}, "address")])
    def test_of_the_unknown_it_is_404(self, api: FlaskClient, path: str, whom: dict[str, str], field: str) -> None:
        register(api)
        status, answer = post(api, path, **whom)
        assert (status, answer["code"], answer["field"]) == (404, "unknown_instance", field)
        assert "not registered" in answer["error"]

    def test_what_lapsed_comes_back_until_it_is_removed(self, api: FlaskClient, clock: ManualClock) -> None:
        register(api)
        clock.advance(31)
        assert discover(api) == []
        (lapsed,) = discover(api, arguments="?healthy_only=false")
        assert lapsed["status"] == "critical"
        assert post(api, "/heartbeat", id=USER_ID)[0] == 200
        assert len(discover(api)) == 1
        clock.advance(41)
        assert post(api, "/heartbeat", id=USER_ID)[0] == 404
        assert discover(api, arguments="?healthy_only=false") == []


class TestDeregister:
    def test_by_id(self, api: FlaskClient) -> None:
        register(api)
        status, answer = post(api, "/deregister", id=USER_ID)
        assert (status, answer["status"], answer["ids"]) == (200, "deregistered", [USER_ID])
        assert discover(api) == []
        assert post(api, "/deregister", id=USER_ID)[0] == 404

    def test_by_address_it_removes_all_that_match_and_no_more(self, api: FlaskClient) -> None:
        for body in ({"id": "a"}, {"id": "b"}, {"id": "c", "address": "h"}, {"id": "d", "service": "other"}):
            register(api, **body)
        assert post(api, "/deregister", **USER)[1]["ids"] == ["a", "b"]
        assert (ids(discover(api)), ids(discover(api, "other"))) == (["c"], ["d"])


class TestDiscover:
    def test_a_service_that_nobody_registered_has_no_instances(self, api: FlaskClient) -> None:
        assert discover(api, "nobody") == []

    @pytest.mark.parametrize("name", ["%20", "..", "/x", "x/", "a%0Ab", "%FF%FE", "n" * 2000])
    def test_nor_has_one_that_nobody_can_register(self, api: FlaskClient, name: str) -> None:
        assert discover(api, name) == []

    def test_it_chooses_by_health_and_by_tag(self, api: FlaskClient) -> None:
        register(api, id="a", tags=["x", "y"])
        register(api, id="b", tags=["y"])
        post(api, "/heartbeat", id="b", status="warning")
        for arguments, expected in {
            "": ["a"],
            "?healthy_only=true": ["a"],
            "?healthy_only=1&tag=y": ["a"],
            "?healthy_only=False": ["a", "b"],
            "?healthy_only=0&tag=y": ["a", "b"],
            "?healthy_only=false&tag=x": ["a"],
            "?tag=X": [],
        }.items():
            assert ids(discover(api, arguments=arguments)) == expected, arguments

    def test_the_order_is_that_of_registration(self, api: FlaskClient) -> None:
        for instance_id in ("z", "a", "m", "z"):
            register(api, id=instance_id)
        assert ids(discover(api)) == ["z", "a", "m"]


class TestServicesAndHealth:
    def test_services(self, api: FlaskClient, clock: ManualClock) -> None:
        register(api, id="a")
        register(api, id="b", ttl=5)
        register(api, id="c", service="other")
        clock.advance(6)
        response = api.get("/services")
        assert response.get_json() == {
            "services": {
                "user-service": {"total_instances": 2, "active_instances": 1},
                "other": {"total_instances": 1, "active_instances": 1},
            },
            "total_services": 2,
        }

    def test_without_services(self, api: FlaskClient) -> None:
        assert api.get("/services").get_json() == {"services": {}, "total_services": 0}

    def test_health(self, api: FlaskClient, clock: ManualClock) -> None:
        register(api, id="a")
        register(api, id="b", ttl=5)
        clock.advance(6.25)
        answer = api.get("/health").get_json()
        assert answer.pop("version")
        assert answer == {
            "status": "healthy",
            "name": "custom-registry",
            "uptime_seconds": 6.25,
            "total_services": 1,
            "total_instances": 2,
            "active_instances": 1,
        }


class TestPathsAndMethods:
    @pytest.mark.parametrize("path", ["/", "/nothing", "/register/", "/v2/x", "//register", "/static/x", "/services/x"])
    def test_an_unknown_path_is_404_in_json(self, api: FlaskClient, path: str) -> None:
        for response in (api.get(path), api.post(path, data="{")):
            assert (response.status_code, response.get_json()["code"]) == (404, "unknown_path")
            assert "nothing at" in response.get_json()["error"]

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("GET", "/register", {"POST", "OPTIONS"}),
            ("PUT", "/heartbeat", {"POST", "OPTIONS"}),
            ("DELETE", "/deregister", {"POST", "OPTIONS"}),
            ("POST", "/discover/x", {"GET", "HEAD", "OPTIONS"}),
            ("PATCH", "/services", {"GET", "HEAD", "OPTIONS"}),
            ("POST", "/health", {"GET", "HEAD", "OPTIONS"}),
        ],
    )
    def test_a_wrong_method_is_405_in_json_and_names_the_right_ones(
        self, api: FlaskClient, method: str, path: str, allowed: set[str]
    ) -> None:
        response = api.open(path, method=method)
        assert (response.status_code, response.get_json()["code"]) == (405, "method_not_allowed")
        assert set(response.headers.getlist("Allow")[0].split(", ")) == allowed
        assert len(response.headers.getlist("Content-Type")) == 1

    def test_head_and_options_are_answered(self, api: FlaskClient) -> None:
        register(api)
        index = api.get("/discover/user-service").headers["X-Registry-Index"]
        head = api.head("/discover/user-service")
        assert (head.status_code, head.data, head.headers["X-Registry-Index"]) == (200, b"", index)
        assert set(api.options("/register").headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_a_fault_of_our_own_is_a_500_in_json_that_tells_nothing(
    api: FlaskClient, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "services", lambda: 1 / 0)
    response = api.get("/services")
    assert (response.status_code, response.get_json()["code"]) == (500, "internal_server_error")
    assert "division" not in response.text
