"""Services of the agent: how they are registered, replaced, brought along, maintained and removed.

Source: transcripts ``register_shapes``, ``reregister``, ``maintenance`` and ``agent_health`` (1.8.7 and 1.21.4), and a
running 1.8.7 for sidecars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.api.consul.dialects import Dialect
from custom_registry.api.consul.sidecars import PORTS
from custom_registry.api.waiting import PARKING, Parking

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")
in_each = pytest.mark.parametrize("dialect", [OLD, NEW], ids=lambda dialect: dialect.name)
in_new, in_old = (pytest.mark.parametrize("dialect", [one], ids=[one.name]) for one in (NEW, OLD))


def put(api: FlaskClient, path: str, **body: Any) -> TestResponse:
    return api.put(f"/v1/agent/{path}", json=body or None)


def register(api: FlaskClient, name: str = "web", **body: Any) -> None:
    answer = put(api, "service/register", Name=name, **body)
    assert (answer.status_code, answer.text) == (200, "")


def services(api: FlaskClient) -> Any:
    return api.get("/v1/agent/services").get_json()


def checks(api: FlaskClient) -> Any:
    return api.get("/v1/agent/checks").get_json()


@in_each
class TestRegistering:
    def test_it_is_shown_everywhere(self, api: FlaskClient) -> None:
        register(api, ID="w1", Tags=["a"], Port=80, Meta={"k": "v"}, Check={"TTL": "1m"})
        assert services(api)["w1"]["Meta"] == {"k": "v"}
        assert checks(api)["service:w1"]["ServiceTags"] == ["a"]
        assert api.get("/v1/catalog/services").get_json()["web"] == ["a"]
        (entry,) = api.get("/v1/health/service/web").get_json()
        assert (entry["Service"]["ID"], [check["Status"] for check in entry["Checks"]]) == (
            "w1",
            ["passing", "critical"],
        )

    def test_what_is_refused_changes_nothing(self, api: FlaskClient) -> None:
        before = api.get("/v1/catalog/services").headers["X-Consul-Index"]
        bad = ({"Checks": [{"TTL": "1m"}, {"Args": ["x"], "Interval": "1s"}]}, {"Meta": {"": ""}}, {"Port": "x"})
        for body in bad:
            assert put(api, "service/register", Name="web", **body).status_code in {400, 500}
        assert (services(api), checks(api)) == ({}, {})
        assert api.get("/v1/catalog/services").headers["X-Consul-Index"] == before

    def test_checks_of_before_stay_unless_they_are_to_be_replaced(self, api: FlaskClient) -> None:
        register(api, Checks=[{"CheckID": "a", "TTL": "1m"}, {"CheckID": "b", "TTL": "1m"}])
        register(api, Check={"CheckID": "c", "TTL": "1m"})
        assert set(checks(api)) == {"a", "b", "c"}
        register_with = "service/register?replace-existing-checks"
        assert put(api, register_with, Name="web", Check={"CheckID": "a", "TTL": "1m"}).status_code == 200
        assert set(checks(api)) == {"a"}

    @pytest.mark.parametrize(("value", "replaces"), [("", True), ("true", True), ("1", False), ("false", False)])
    def test_only_these_say_that_they_are(self, api: FlaskClient, value: str, replaces: bool) -> None:  # noqa: FBT001
        register(api, Check={"CheckID": "a", "TTL": "1m"})
        assert put(api, f"service/register?replace-existing-checks={value}", Name="web").status_code == 200
        assert ("a" not in checks(api)) is replaces

    def test_a_filter_narrows(self, api: FlaskClient) -> None:
        register(api, "a", Port=1)
        register(api, "b", Port=2)
        assert set(api.get("/v1/agent/services?filter=Port == 2").get_json()) == {"b"}
        assert api.get("/v1/agent/services?filter=Nope == 2").status_code == 500


class TestRemoving:
    @in_each
    def test_it_and_its_checks_are_gone(self, api: FlaskClient) -> None:
        register(api, Check={"TTL": "1m"})
        assert put(api, "service/deregister/web").status_code == 200
        assert (services(api), checks(api), api.get("/v1/catalog/service/web").get_json()) == ({}, {}, [])

    @in_new
    def test_one_that_is_not_there_is_unknown(self, api: FlaskClient) -> None:
        answer = put(api, "service/deregister/nope")
        assert (answer.status_code, answer.text) == (
            404,
            'Unknown service ID "nope". Ensure that the service ID is passed, not the service name.',
        )

    @in_old
    def test_to_the_old_dialect_that_is_no_error(self, api: FlaskClient) -> None:
        assert put(api, "service/deregister/nope").status_code == 200
        answer = put(api, "service/deregister/")
        assert (answer.status_code, answer.text) == (500, "ServiceID missing")


@in_each
class TestMaintenance:
    def test_it_is_a_failing_check(self, api: FlaskClient) -> None:
        register(api)
        assert put(api, "service/maintenance/web?enable=true&reason=because").status_code == 200
        check = checks(api)["_service_maintenance:web"]
        assert (check["Status"], check["Notes"], check["ServiceName"]) == ("critical", "because", "web")
        assert put(api, "service/maintenance/web?enable=false").status_code == 200
        assert checks(api) == {}

    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("", "Missing value for enable"),
            ("enable=x", 'Invalid value for enable: "x"'),
            ("enable=", 'Invalid value for enable: ""'),
        ],
    )
    def test_it_must_be_said_which(self, api: FlaskClient, query: str, text: str) -> None:
        register(api)
        for path in ("service/maintenance/web", "maintenance"):
            answer = put(api, f"{path}?{query}")
            assert (answer.status_code, answer.text) == (400, text)

    def test_of_a_service_that_is_not_there(self, api: FlaskClient) -> None:
        assert put(api, "service/maintenance/nope?enable=true").status_code == 404
        answer = put(api, "service/maintenance/?enable=true")
        assert (answer.status_code, answer.text) == (400, "Missing service ID")

    def test_of_the_node(self, api: FlaskClient) -> None:
        register(api)
        assert put(api, "maintenance?enable=true").status_code == 200
        assert api.get("/v1/health/service/web?passing").get_json() == []
        assert api.get("/v1/agent/health/service/id/web?format=text").text == "maintenance"
        assert put(api, "maintenance?enable=false").status_code == 200
        assert len(api.get("/v1/health/service/web?passing").get_json()) == 1


@in_each
class TestHealth:
    @pytest.mark.parametrize(
        ("statuses", "aggregated", "code"),
        [
            ([], "passing", 200),
            (["passing", "passing"], "passing", 200),
            (["passing", "warning"], "warning", 429),
            (["warning", "critical"], "critical", 503),
        ],
    )
    def test_the_worst_check_decides(self, api: FlaskClient, statuses: list[str], aggregated: str, code: int) -> None:
        register(api, Checks=[{"TTL": "1h", "Status": status} for status in statuses])
        answer = api.get("/v1/agent/health/service/id/web")
        assert (answer.status_code, answer.get_json()["AggregatedStatus"]) == (code, aggregated)
        assert answer.headers["X-Consul-Reason"] == aggregated
        text = api.get("/v1/agent/health/service/name/web", headers={"Accept": "text/plain"})
        assert (text.status_code, text.text, text.headers["Content-Type"]) == (code, aggregated, "text/plain")

    def test_the_worst_service_of_a_name_decides(self, api: FlaskClient) -> None:
        register(api, ID="w1", Check={"TTL": "1h", "Status": "passing"})
        register(api, ID="w2", Check={"TTL": "1h", "Status": "warning"})
        answer = api.get("/v1/agent/health/service/name/web")
        assert (answer.status_code, len(answer.get_json())) == (429, 2)

    def test_of_a_service_that_is_not_there(self, api: FlaskClient) -> None:
        answer = api.get("/v1/agent/health/service/id/nope")
        assert (answer.status_code, answer.headers["X-Consul-Reason"]) == (404, "ServiceId nope not found")
        assert answer.get_json() == {"AggregatedStatus": "critical", "Service": None, "Checks": None}
        assert api.get("/v1/agent/health/service/name/nope").get_json() == []
        assert api.get("/v1/agent/health/service/id/").status_code == 500


class TestHash:
    @in_each
    def test_it_stays_with_what_it_is_of(self, api: FlaskClient) -> None:
        register(api, Port=1)
        first = api.get("/v1/agent/service/web")
        assert first.headers["X-Consul-ContentHash"] == first.get_json()["ContentHash"]
        register(api, Port=1)
        assert api.get("/v1/agent/service/web").get_json() == first.get_json()
        register(api, Port=2)
        assert api.get("/v1/agent/service/web").get_json()["ContentHash"] != first.get_json()["ContentHash"]

    @in_each
    def test_who_knows_it_waits_for_another(self, api: FlaskClient) -> None:
        register(api)
        known = api.get("/v1/agent/service/web").get_json()["ContentHash"]
        for hash_, waits in ((known, True), ("other", False), ("", False)):
            parking = Parking()
            api.get(f"/v1/agent/service/web?hash={hash_}&wait=5s", environ_overrides={PARKING: parking})
            assert (parking.wait is not None) is waits
            assert not waits or (parking.wait is not None and parking.wait.seconds == 5.0)


@in_each
class TestSidecar:
    def test_it_comes_and_goes_with_its_service(self, api: FlaskClient) -> None:
        register(api, ID="w1", Port=80, Tags=["a"], Meta={"k": "v"}, Connect={"SidecarService": {}})
        sidecar = services(api)["w1-sidecar-proxy"]
        assert (sidecar["Kind"], sidecar["Service"], sidecar["Port"]) == ("connect-proxy", "web-sidecar-proxy", 21000)
        assert (sidecar["Tags"], sidecar["Meta"]) == (["a"], {"k": "v"})
        shown = {key: value for key, value in sidecar["Proxy"].items() if key.startswith(("Dest", "Local"))}
        assert shown == {
            "DestinationServiceName": "web",
            "DestinationServiceID": "w1",
            "LocalServiceAddress": "127.0.0.1",
            "LocalServicePort": 80,
        }
        assert [check["Type"] for _, check in sorted(checks(api).items())] == ["tcp", "alias"]
        assert len(api.get("/v1/health/connect/web").get_json()) == 1
        assert put(api, "service/deregister/w1").status_code == 200
        assert (services(api), checks(api)) == ({}, {})

    def test_what_it_says_itself_counts(self, api: FlaskClient) -> None:
        given = {"Name": "envoy", "Port": 5, "Tags": ["x"], "Address": "10.0.0.9", "Check": {"TTL": "1m"}}
        register(api, Connect={"SidecarService": given | {"Proxy": {"LocalServicePort": 7}}})
        sidecar = services(api)["web-sidecar-proxy"]
        assert (sidecar["Service"], sidecar["Port"], sidecar["Address"], sidecar["Tags"]) == (
            "envoy",
            5,
            "10.0.0.9",
            ["x"],
        )
        assert sidecar["Proxy"]["LocalServicePort"] == 7
        assert [check["Type"] for check in checks(api).values()] == ["ttl"]

    def test_each_has_a_port_of_its_own_and_keeps_it(self, api: FlaskClient) -> None:
        for name in ("a", "b", "a"):
            register(api, name, Connect={"SidecarService": {}})
        ports = {id_: service["Port"] for id_, service in services(api).items() if service["Port"]}
        assert ports == {"a-sidecar-proxy": PORTS[0], "b-sidecar-proxy": PORTS[1]}

    def test_a_proxy_of_that_id_that_came_by_itself_stays(self, api: FlaskClient) -> None:
        register(api)
        own = {"ID": "web-sidecar-proxy", "Kind": "connect-proxy", "Port": 1}
        register(api, "p", **own, Proxy={"DestinationServiceName": "web"})
        assert put(api, "service/deregister/web").status_code == 200
        assert set(services(api)) == {"web-sidecar-proxy"}

    def test_one_that_is_wrong_is_refused_with_its_service(self, api: FlaskClient, dialect: Dialect) -> None:
        status, before = (500, "Bad request: ") if dialect is OLD else (400, "")
        for sidecar, problem in (
            ({"Check": {"Name": "x"}}, "Invalid check in sidecar_service: TTL must be > 0 for TTL checks"),
            (
                {"Meta": {"": "x"}},
                "Invalid SidecarService: Couldn't load metadata pair ('', 'x'): Key cannot be blank",
            ),
        ):
            answer = put(api, "service/register", Name="web", Connect={"SidecarService": sidecar})
            assert (answer.status_code, answer.text) == (status, before + problem)
        assert services(api) == {}

    def test_no_port_is_left_to_give(self, api: FlaskClient) -> None:
        for number, port in enumerate(PORTS):
            register(api, f"s{number}", Port=port)
        answer = put(api, "service/register", Name="web", Connect={"SidecarService": {}})
        assert answer.text.endswith("none left in the configured range [21000, 21255]")
        assert "web" not in services(api)
