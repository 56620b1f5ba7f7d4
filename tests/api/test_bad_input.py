"""Bad input: a clear refusal, never a 500, and nothing changed."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from custom_registry.api import create_app
from custom_registry.api.waiting import PARKING, Parking
from custom_registry.core import queries
from custom_registry.registry import Registry
from tests.support.clock import ManualClock

if TYPE_CHECKING:
    from flask.testing import FlaskClient

GOOD = {"service": "web", "address": "http://h.test:80", "id": "web-1", "tags": ["t"], "metadata": {"k": "v"}}


def snapshot(registry: Registry) -> object:
    """All that the state holds: frozen values, so that references to them do."""
    state = registry._state
    return (
        state.index,
        dict(state.agent.services),
        dict(state.agent.checks),
        queries.catalog_services(state),
        list(state.catalog.checks()),
        {key: deadline.due for key, deadline in state._deadlines._by_key.items()},
    )


@pytest.fixture(autouse=True)
def one_instance(api: FlaskClient) -> None:
    assert api.post("/register", json=GOOD).status_code == 201


class AssertRefused(Protocol):
    def __call__(self, path: str, body: str | bytes, field: str | None, says: str) -> None: ...


@pytest.fixture
def assert_refused(api: FlaskClient, registry: Registry) -> AssertRefused:
    def check(path: str, body: str | bytes, field: str | None, says: str) -> None:
        before = snapshot(registry)
        response = api.post(path, data=body)
        answer = response.get_json()
        assert response.status_code == 400, answer
        assert list(answer) == ["error", "field", "code"]
        assert (answer["field"], answer["code"]) == (field, "invalid_request")
        assert says in answer["error"]
        assert snapshot(registry) == before

    return check


NOT_OBJECTS: list[tuple[str | bytes, str]] = [
    ("", "the body is empty"),
    (" \n", "the body is empty"),
    ("{", "not JSON"),
    ("service=web&address=h", "not JSON"),
    ("[]", "must be a JSON object, not an array"),
    ("null", "must be a JSON object, not null"),
    ('"x"', "must be a JSON object, not a string"),
    ("1", "must be a JSON object, not a number"),
    ("true", "must be a JSON object, not a boolean"),
    ('{"service": "web"} x', "not JSON"),
    ("{'service': 'web'}", "not JSON"),
    ('{"weight": NaN}', "NaN, which JSON does not have"),
    ('{"weight": -Infinity}', "-Infinity, which JSON does not have"),
    (b'{"service": "\xff"}', "not UTF-8"),
    ('{"a": "b"}'.encode("utf-16"), "not UTF-8"),
    (b'\xef\xbb\xbf{"service": "web"}', "not JSON"),
    ("[" * 200_000, "nested too deeply"),
    ('{"a":' * 90_000, "nested too deeply"),
    (f'{{"weight": {"9" * 5000}}}', "not JSON"),
    ('{"service": "a\nb"}', "not JSON"),
    ("\0", "not JSON"),
]


@pytest.mark.parametrize("path", ["/register", "/heartbeat", "/deregister"])
@pytest.mark.parametrize(("body", "says"), NOT_OBJECTS, ids=range(len(NOT_OBJECTS)))
def test_a_body_that_is_no_object(assert_refused: AssertRefused, path: str, body: str | bytes, says: str) -> None:
    assert_refused(path, body, None, says)


@pytest.mark.parametrize("path", ["/register", "/heartbeat", "/deregister"])
def test_a_key_given_twice(assert_refused: AssertRefused, path: str) -> None:
    assert_refused(path, '{"service": "a", "service": "b"}', "service", "'service' twice")


MISSING = object()
LONG = "x" * 5000
BAD_REGISTRATIONS: list[tuple[str, object, str]] = [
    ("service", MISSING, "service is missing"),
    ("service", None, "must be a string, not null"),
    ("service", 5, "must be a string, not a number"),
    ("service", ["web"], "must be a string, not an array"),
    ("service", "", "must not be empty"),
    ("service", " ", "without spaces at its ends"),
    ("service", " web", "without spaces at its ends"),
    ("service", "web\u00a0", "must be printable"),
    ("service", "a\nb", "must be printable"),
    ("service", "a\0b", "must be printable"),
    ("service", "\ud800", "surrogate"),
    ("service", "x" * 129, "at most 128 characters, not 129"),
    ("service", "/web", "empty part"),
    ("service", "web/", "empty part"),
    ("service", "a//b", "empty part"),
    ("service", "..", "'..' between slashes"),
    ("service", "a/./b", "between slashes"),
    ("address", MISSING, "address is missing"),
    ("address", None, "must be a string, not null"),
    ("address", {}, "must be a string, not an object"),
    ("address", "", "must not be empty"),
    ("address", "not an address", "spaces"),
    ("address", "http://", "names no valid host"),
    ("address", "http://h:0", "port 0"),
    ("address", "http://h:99999", "host:port or a URL"),
    ("address", "h:abc", "host:port or a URL"),
    ("address", "h:", "ends in a colon"),
    ("address", "300.1.2.3", "names no valid host"),
    ("address", "h/path", "a path needs a scheme"),
    ("address", "0.0.0.0", "every address of a machine"),
    ("address", "http://0.0.0.0:8001", "every address of a machine"),
    ("address", "::", "every address of a machine"),
    ("address", "http://[::]:80", "every address of a machine"),
    ("address", f"http://h/{LONG}", "at most 512 characters"),
    ("port", "80", "must be a whole number, not a string"),
    ("port", 80.0, "must be a whole number, not a fraction"),
    ("port", True, "must be a whole number, not a boolean"),
    ("port", None, "must be a whole number, not null"),
    ("port", 0, "between 1 and 65535"),
    ("port", -1, "between 1 and 65535"),
    ("port", 65536, "between 1 and 65535"),
    ("id", "", "must not be empty"),
    ("id", None, "must be a string, not null"),
    ("id", 1, "must be a string, not a number"),
    ("id", "a\tb", "must be printable"),
    ("id", LONG, "at most"),
    ("tags", "a", "must be an array of strings, not a string"),
    ("tags", None, "must be an array of strings, not null"),
    ("tags", [1], "each of tags must be a string, not a number"),
    ("tags", [""], "each of tags must not be empty"),
    ("tags", ["a"] * 65, "at most 64"),
    ("tags", ["x" * 129], "at most 128 characters"),
    ("metadata", [], "must be an object of strings, not an array"),
    ("metadata", {"a": 1}, "metadata's value of 'a' must be a string, not a number"),
    ("metadata", {"a": "\udfff"}, "surrogate"),
    ("metadata", {"": "x"}, "letters, digits"),
    ("metadata", {"a b": "x"}, "letters, digits"),
    ("metadata", {"\ud800": "x"}, "letters, digits"),
    ("metadata", {"address": "x"}, "reserved"),
    ("metadata", {"k" * 129: "x"}, "1 to 128 letters"),
    ("metadata", {"k": "x" * 513}, "at most 512 characters"),
    ("metadata", {f"k{number}": "" for number in range(65)}, "at most 64 keys"),
    ("ttl", "30", "must be a number of seconds, not a string"),
    ("ttl", True, "must be a number of seconds, not a boolean"),
    ("ttl", None, "must be a number of seconds, not null"),
    ("ttl", 0, "more than 0"),
    ("ttl", -1, "more than 0"),
    ("ttl", 86400.5, "at most 86400"),
    ("ttl", 10**400, "at most 86400"),
    ("weight", 0, "between 1 and 65535"),
    ("weight", 65536, "between 1 and 65535"),
    ("weight", 1.5, "not a fraction"),
    ("bogus", 1, "unknown field 'bogus': known are service, address"),
    ("Service", "web", "unknown field 'Service'"),
]


@pytest.mark.parametrize(("field", "value", "says"), BAD_REGISTRATIONS, ids=lambda value: f"{value!s:.24}")
def test_a_bad_registration(assert_refused: AssertRefused, field: str, value: object, says: str) -> None:
    body: dict[str, object] = {**GOOD, field: value}
    if value is MISSING:
        del body[field]
    assert_refused("/register", json.dumps(body), field, says)


def test_a_ttl_too_large_for_a_float(assert_refused: AssertRefused) -> None:
    body = '{"service": "web", "address": "h", "ttl": 1e999}'
    assert_refused("/register", body, "ttl", "at most 86400")


def test_a_port_that_contradicts_the_address(assert_refused: AssertRefused) -> None:
    body = json.dumps(GOOD | {"port": 81})
    assert_refused("/register", body, "address", "says port 80, but port is 81")


def test_the_name_of_an_unknown_field_is_not_echoed_at_length(api: FlaskClient) -> None:
    answer = api.post("/register", json={"x" * 100_000: 1}).get_json()
    assert len(answer["error"]) < 300
    assert len(answer["field"]) == 64


@pytest.mark.parametrize("path", ["/heartbeat", "/deregister"])
@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "id", "give id, or service and address"),
        ({"service": "web"}, "address", "address is missing"),
        ({"address": "h"}, "service", "service is missing"),
        ({"id": "web-1", "service": "web"}, "service", "give either id, or service and address"),
        ({"id": "web-1", "address": "h"}, "address", "give either id, or service and address"),
        ({"id": 5}, "id", "must be a string"),
        ({"id": None}, "id", "must be a string, not null"),
        ({"service": "", "address": "h"}, "service", "must not be empty"),
        ({"id": "web-1", "ttl": 5}, "ttl", "unknown field 'ttl'"),
    ],
)
def test_a_bad_target(assert_refused: AssertRefused, path: str, body: dict[str, Any], field: str, says: str) -> None:
    assert_refused(path, json.dumps(body), field, says)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("status", "bogus", "one of passing, warning, critical"),
        ("status", "Passing", "one of passing, warning, critical"),
        ("status", None, "one of passing, warning, critical"),
        ("status", ["passing"], "one of passing, warning, critical"),
        ("note", 5, "must be a string, not a number"),
        ("note", "x" * 4097, "at most 4096 characters"),
        ("note", "\ud800", "surrogate"),
    ],
)
def test_a_bad_heartbeat(assert_refused: AssertRefused, field: str, value: object, says: str) -> None:
    assert_refused("/heartbeat", json.dumps({"id": "web-1", field: value}), field, says)


def test_a_status_is_no_part_of_a_deregistration(assert_refused: AssertRefused) -> None:
    assert_refused("/deregister", '{"id": "web-1", "status": "passing"}', "status", "unknown field")


@pytest.mark.parametrize(
    ("arguments", "field", "says"),
    [
        ("healthy_only=maybe", "healthy_only", "true or false"),
        ("healthy_only=", "healthy_only", "true or false"),
        ("tag=", "tag", "must not be empty"),
        ("tag=a&tag=b", "tag", "given 2 times"),
        ("index=abc", "index", "whole number"),
        ("index=-1", "index", "whole number"),
        ("index=1.5", "index", "whole number"),
        ("index=", "index", "whole number"),
        ("index=%D9%A1", "index", "whole number"),
        (f"index={'9' * 50}", "index", "whole number"),
        ("wait=abc", "wait", "30, 30s, 500ms, 5m"),
        ("wait=-1s", "wait", "30, 30s, 500ms, 5m"),
        ("wait=1d", "wait", "30, 30s, 500ms, 5m"),
        ("wait=", "wait", "30, 30s, 500ms, 5m"),
        ("wait=inf", "wait", "30, 30s, 500ms, 5m"),
        ("passing=1", "passing", "unknown argument 'passing': known are healthy_only, tag, index, wait"),
    ],
)
def test_bad_arguments(api: FlaskClient, registry: Registry, arguments: str, field: str, says: str) -> None:
    before = snapshot(registry)
    response = api.get(f"/discover/web?{arguments}")
    answer = response.get_json()
    assert (response.status_code, answer["field"], answer["code"]) == (400, field, "invalid_request")
    assert says in answer["error"]
    assert snapshot(registry) == before


@pytest.mark.parametrize("path", ["/services", "/health", "/discover"])
def test_an_argument_where_none_is_taken(api: FlaskClient, path: str) -> None:
    response = api.get(f"{path}?x=1")
    assert (response.status_code, response.get_json()["field"]) == (400, "x")


def test_an_argument_to_a_write_is_refused_and_nothing_written(assert_refused: AssertRefused) -> None:
    assert_refused("/register?force=1", json.dumps(GOOD | {"id": "new"}), "force", "unknown argument")


@pytest.mark.parametrize("path", ["/discover", "/discover/"])
def test_a_discovery_of_no_service(api: FlaskClient, path: str) -> None:
    response = api.get(path)
    assert (response.status_code, response.get_json()["field"]) == (400, "service")


class TestSize:
    def test_the_largest_body_is_read(self, api: FlaskClient) -> None:
        body = json.dumps(GOOD).encode().ljust(512 * 1024)
        assert api.post("/register", data=body).status_code == 200

    def test_one_byte_more_is_413(self, api: FlaskClient, registry: Registry) -> None:
        before = snapshot(registry)
        response = api.post("/register", data=json.dumps(GOOD | {"id": "new"}).encode().ljust(512 * 1024 + 1))
        assert (response.status_code, response.get_json()["code"]) == (413, "too_large")
        assert "at most 512 KiB" in response.get_json()["error"]
        assert snapshot(registry) == before

    @pytest.mark.parametrize(("size", "status"), [(512 * 1024, 200), (512 * 1024 + 1, 413), (600_000, 413)])
    def test_so_it_is_where_the_length_is_not_said_beforehand(self, api: FlaskClient, size: int, status: int) -> None:
        body = io.BytesIO(json.dumps(GOOD).encode().ljust(size))
        environment = EnvironBuilder(path="/register", method="POST", input_stream=body).get_environ()
        del environment["CONTENT_LENGTH"]
        assert api.open(environment | {"wsgi.input_terminated": True}).status_code == status


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
known_fields = st.sampled_from(
    ["service", "address", "id", "port", "tags", "metadata", "ttl", "weight", "status", "note"]
)
plausible = st.sampled_from(["web", "h:1", "web-1", 80, ["t"], {"k": "v"}, 1.5, "warning"])
bodies = st.dictionaries(known_fields, plausible | json_values, max_size=6).map(json.dumps) | json_values.map(
    json.dumps
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(["/register", "/heartbeat", "/deregister"]), body=bodies | st.binary())
def test_no_body_is_a_fault_of_ours_and_what_is_refused_changes_nothing(path: str, body: str | bytes) -> None:
    registry = Registry(clock=ManualClock())
    api = create_app(registry).test_client()
    assert api.post("/register", json=GOOD).status_code == 201
    before = snapshot(registry)
    response = api.post(path, data=body)
    assert response.status_code in {200, 201, 400, 404}
    if response.status_code >= 400:
        assert response.get_json()["error"]
        assert snapshot(registry) == before


def quoted(text: bytes) -> str:
    return "".join(f"%{byte:02X}" for byte in text)


@settings(max_examples=200, deadline=None)
@given(
    name=st.binary(max_size=20) | st.text().map(str.encode),
    arguments=st.dictionaries(
        st.sampled_from([b"healthy_only", b"tag", b"index"]) | st.binary(max_size=5),
        st.sampled_from([b"true", b"1", b"a"]) | st.binary(max_size=5),
        max_size=3,
    ),
)
def test_no_discovery_is_a_fault_of_ours(name: bytes, arguments: dict[bytes, bytes]) -> None:
    api = create_app(Registry(clock=ManualClock())).test_client()
    query = "&".join(f"{quoted(key)}={quoted(value)}" for key, value in arguments.items())
    response = api.get(f"/discover/{quoted(name)}?{query}", environ_overrides={PARKING: Parking(over=True)})
    assert response.status_code in {200, 400}, response.text
    assert response.get_json()
