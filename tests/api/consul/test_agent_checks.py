"""Checks of the agent: how they are registered, reported on and removed.

Source: transcripts ``checks`` and ``ttl_life`` (1.8.7 and 1.21.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.api.consul.dialects import Dialect

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from custom_registry.registry import Registry
    from tests.support.clock import ManualClock

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")
in_each = pytest.mark.parametrize("dialect", [OLD, NEW], ids=lambda dialect: dialect.name)


def put(api: FlaskClient, path: str, **body: Any) -> TestResponse:
    return api.put(f"/v1/agent/{path}", json=body or None)


def register(api: FlaskClient, **body: Any) -> None:
    answer = put(api, "check/register", **({"Name": "c", "TTL": "1m"} | body))
    assert (answer.status_code, answer.text) == (200, "")


def check(api: FlaskClient, id_: str = "c") -> Any:
    return api.get("/v1/agent/checks").get_json()[id_]


@in_each
class TestRegistering:
    def test_of_the_node(self, api: FlaskClient) -> None:
        register(api, Notes="n")
        shown = check(api)
        assert (shown["Node"], shown["Status"], shown["Notes"], shown["ServiceID"]) == ("here", "critical", "n", "")
        assert [one["CheckID"] for one in api.get("/v1/health/node/here").get_json()] == ["c", "serfHealth"]

    def test_of_a_service(self, api: FlaskClient) -> None:
        put(api, "service/register", Name="web", Tags=["t"])
        register(api, ServiceID="web")
        assert (check(api)["ServiceName"], check(api)["ServiceTags"]) == ("web", ["t"])

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ({"Name": ""}, "Missing check name"),
            ({"Status": "odd"}, "Bad check status"),
            ({"TTL": "x"}, 'Request decode failed: time: invalid duration "x"'),
            ({"CheckID": "x"}, 'Request decode failed: json: unknown field "CheckID"'),
            ({"TTL": "0s"}, "Invalid check: TTL must be > 0 for TTL checks"),
        ],
    )
    def test_what_is_wrong_is_refused(self, api: FlaskClient, body: dict[str, Any], text: str) -> None:
        answer = put(api, "check/register", **({"Name": "c", "TTL": "1m"} | body))
        assert (answer.status_code, answer.text) == (400, text)
        assert api.get("/v1/agent/checks").get_json() == {}

    def test_of_a_service_that_is_not_there(self, api: FlaskClient, dialect: Dialect) -> None:
        answer = put(api, "check/register", Name="c", TTL="1m", ServiceID="nope")
        assert (answer.status_code, answer.text) == (
            500 if dialect is OLD else 404,
            'ServiceID "nope" does not exist',
        )

    def test_what_is_refused_for_being_a_script_costs_the_check_that_has_its_id(self, api: FlaskClient) -> None:
        """As on 1.8.7, of this alone: what is wrong in another way is refused before."""
        register(api)
        put(api, "service/register", Name="web", Check={"CheckID": "of-web", "TTL": "1m"})
        answer = put(api, "check/register", Name="c", Interval="1m", Args=["true"])
        assert answer.status_code == 500
        assert put(api, "check/register", Name="of-web", TTL="0s", Args=["true"]).status_code == 400
        assert put(api, "check/register", Name="new", Interval="1m", Args=["true"]).status_code == 500
        assert list(api.get("/v1/agent/checks").get_json()) == ["of-web"]


@in_each
class TestReporting:
    @pytest.mark.parametrize(("word", "status"), [("pass", "passing"), ("warn", "warning"), ("fail", "critical")])
    def test_a_report_says_how_it_is_and_why(self, api: FlaskClient, word: str, status: str) -> None:
        register(api)
        assert put(api, f"check/{word}/c?note=a+b%20c").status_code == 200
        assert (check(api)["Status"], check(api)["Output"]) == (status, "a b c")

    def test_an_update_says_it_in_its_body(self, api: FlaskClient) -> None:
        register(api)
        assert put(api, "check/update/c", Status="warning", Output="o").status_code == 200
        assert (check(api)["Status"], check(api)["Output"]) == ("warning", "o")
        answer = put(api, "check/update/c", Status="odd")
        assert (answer.status_code, answer.text) == (400, "Invalid check status: 'odd'")

    def test_it_lapses_and_comes_back(self, api: FlaskClient, clock: ManualClock, registry: Registry) -> None:
        register(api, Status="passing")
        clock.advance(59.0)
        assert put(api, "check/pass/c").status_code == 200
        clock.advance(60.0)
        registry.advance()
        assert (check(api)["Status"], check(api)["Output"]) == ("critical", "TTL expired")
        assert put(api, "check/pass/c").status_code == 200
        assert (check(api)["Status"], check(api)["Output"]) == ("passing", "")

    def test_of_one_that_is_not_there_or_has_no_ttl(self, api: FlaskClient, dialect: Dialect) -> None:
        answer = put(api, "check/pass/nope")
        without = 'CheckID "nope" does not have associated TTL'
        unknown = 'Unknown check ID "nope". Ensure that the check ID is passed, not the check name.'
        assert (answer.status_code, answer.text) == ((500, without) if dialect is OLD else (404, unknown))
        assert put(api, "check/register", Name="c", HTTP="http://127.0.0.1:1", Interval="1h").status_code == 200
        answer = put(api, "check/pass/c")
        assert (answer.status_code, answer.text) == (500, 'CheckID "c" does not have associated TTL')


@in_each
def test_one_that_is_removed_is_gone(api: FlaskClient, dialect: Dialect) -> None:
    register(api)
    assert put(api, "check/deregister/c").status_code == 200
    assert api.get("/v1/agent/checks").get_json() == {}
    assert put(api, "check/deregister/c").status_code == (200 if dialect is OLD else 404)
    assert put(api, "check/deregister/").status_code == (500 if dialect is OLD else 404)


@in_each
def test_a_filter_narrows(api: FlaskClient) -> None:
    register(api, Name="a")
    register(api, Name="b", Status="warning")
    assert set(api.get("/v1/agent/checks?filter=Status == warning").get_json()) == {"b"}
