"""The envelope of every answer: methods, encodings, errors, redirects, unknown paths, and what a body looks like.

Source: transcripts ``agent_info``, ``catalog_reads`` and ``register_shapes`` (1.8.7 and 1.21.4), and ``curl`` on 1.8.7.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from custom_registry.api import create_app
from custom_registry.api.body import LARGEST_BODY
from custom_registry.api.consul.answers import NULL, TEXT, Answer, Items, Members
from custom_registry.api.consul.dialects import Dialect
from custom_registry.api.consul.envelope import clean_path, respond, to_json

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from custom_registry.api.consul.call import Facade

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")
in_each = pytest.mark.parametrize("dialect", [OLD, NEW], ids=lambda dialect: dialect.name)
in_new, in_old = (pytest.mark.parametrize("dialect", [one], ids=[one.name]) for one in (NEW, OLD))


def test_json_is_escaped_as_go_does() -> None:
    assert to_json({"a": [1, "<&>"], "b": {}, "c": []}) == b'{"a":[1,"\\u003c\\u0026\\u003e"],"b":{},"c":[]}'
    assert to_json("\u2028\u2029") == b'"\\u2028\\u2029"'


@pytest.mark.parametrize(
    ("value", "plain", "pretty"),
    [
        (
            {"a": [1, "<"], "b": {}},
            b'{"a":[1,"\\u003c"],"b":{}}',
            b'{\n    "a": [\n%s1,\n%s"\\u003c"\n    ],\n    "b": {}\n}\n',
        ),
        (Items((b'{"a":1}', b"2")), b'[{"a":1},2]', b'[\n    {\n%s"a": 1\n    },\n    2\n]\n'),
        (Items(()), b"[]", b"[]\n"),
        ("text", b'"text"', b'"text"\n'),
        (NULL, b"null", b"null\n"),
        (None, b"", b""),
    ],
)
def test_what_is_pretty_is_indented_and_ends_as_a_line(value: object, plain: bytes, pretty: bytes) -> None:
    assert respond(Answer(value), NEW, {}).body == plain
    assert respond(Answer(value), NEW, {}, pretty=True).body == pretty.replace(b"%s", b" " * 8)


def test_a_text_is_never_pretty() -> None:
    assert respond(Answer("no", 500, content_type=TEXT), NEW, {}, pretty=True).body == b"no"


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 250])
def test_an_object_made_portion_by_portion_looks_like_any_other(number: int) -> None:
    members = {f"<{one}>": {"id": f"<{one}>", "a": [one], "b": {}} for one in range(number)}
    assert respond(Answer(Members("id", iter(members.values()))), NEW, {}).body == to_json(members)


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("/v1/agent/self", "/v1/agent/self"),
        ("/v1//agent/self", "/v1/agent/self"),
        ("//v1/agent/self", "/v1/agent/self"),
        ("/v1/agent/../agent/./self", "/v1/agent/self"),
        ("/v1/kv/", "/v1/kv/"),
        ("/v1/kv//", "/v1/kv/"),
        ("/..", "/"),
    ],
)
def test_a_path_is_cleaned_as_go_does(path: str, cleaned: str) -> None:
    assert clean_path(path) == cleaned


@in_each
class TestInEachDialect:
    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("POST", "/v1/agent/services", "OPTIONS,GET"),
            ("HEAD", "/v1/agent/services", "OPTIONS,GET"),
            ("GET", "/v1/agent/service/register", "OPTIONS,PUT"),
            ("POST", "/v1/config/x/y", "OPTIONS,GET,DELETE"),
            ("PATCH", "/v1/kv/a", "OPTIONS,GET,PUT,DELETE"),
        ],
    )
    def test_a_method_that_is_not_taken_is_told_which_are(
        self, api: FlaskClient, method: str, path: str, allowed: str
    ) -> None:
        answer = api.open(path, method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
        assert answer.text == ("" if method == "HEAD" else f"method {method} not allowed")

    def test_options_are_told(self, api: FlaskClient) -> None:
        answer = api.options("/v1/agent/service/register")
        assert (answer.status_code, answer.headers["Allow"], answer.data) == (200, "OPTIONS,PUT", b"")

    def test_every_answer_varies_by_encoding(self, api: FlaskClient) -> None:
        for path in ("/v1/agent/services", "/v1/agent/service/nope", "/v1/kv/x"):
            assert api.get(path).headers["Vary"] == "Accept-Encoding"

    def test_an_error_is_a_text(self, api: FlaskClient) -> None:
        answer = api.get("/v1/agent/service/nope")
        assert (answer.status_code, answer.text) == (404, "unknown service ID: nope")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"

    def test_a_body_that_is_too_large_is_refused(self, api: FlaskClient) -> None:
        answer = api.put("/v1/agent/service/register", data=b" " * (LARGEST_BODY + 1))
        assert (answer.status_code, answer.text) == (413, f"Request body too large, max size: {LARGEST_BODY} bytes")

    def test_nothing_but_the_body_decides_about_its_type(self, api: FlaskClient) -> None:
        answer = api.put("/v1/agent/service/register", data=b'{"Name": "web"}', content_type="text/html")
        assert answer.status_code == 200
        assert "web" in api.get("/v1/agent/services").get_json()

    def test_below_an_endpoint_any_text_is_an_id(self, api: FlaskClient) -> None:
        assert api.put("/v1/agent/service/register", json={"Name": "a/b\nü", "ID": "a/b ü"}).status_code == 200
        assert api.get("/v1/agent/service/a/b%20%C3%BC").get_json()["Service"] == "a/b\nü"

    def test_gzip_goes_only_to_those_who_take_it(self, api: FlaskClient) -> None:
        api.put("/v1/agent/service/register", json={"Name": "web", "Meta": {"k": "v" * 500, "l": "w" * 500}})
        for accepted in ("", "identity", "gzip;q=0", "br"):
            assert (
                "Content-Encoding"
                not in api.get("/v1/catalog/service/web", headers={"Accept-Encoding": accepted}).headers
            )
        for accepted in ("gzip", "br, gzip;q=0.5", "GZIP"):
            answer = api.get("/v1/catalog/service/web", headers={"Accept-Encoding": accepted})
            assert answer.headers["Content-Encoding"] == "gzip"
            assert json.loads(gzip.decompress(answer.data))[0]["ServiceName"] == "web"

    @pytest.mark.parametrize("query", ["pretty", "pretty=1", "pretty=false"])
    def test_who_asks_for_it_is_answered_prettily_whatever_it_is_said_to_be(self, api: FlaskClient, query: str) -> None:
        assert api.get("/v1/catalog/datacenters").data == b'["dc1"]'
        assert api.get(f"/v1/catalog/datacenters?{query}").data == b'[\n    "dc1"\n]\n'

    def test_in_dev_mode_every_answer_is_pretty(self, facade: Facade) -> None:
        api = create_app(facade.registry, replace(facade, pretty=True)).test_client()
        assert api.get("/v1/catalog/datacenters").data == b'[\n    "dc1"\n]\n'

    def test_a_broken_query_is_an_error_without_words(self, api: FlaskClient) -> None:
        answer = api.get("/v1/agent/services?a=%zz")
        assert (answer.status_code, answer.data) == (500, b"")


class TestRedirects:
    @in_new
    def test_the_new_dialect_keeps_the_method(self, api: FlaskClient) -> None:
        answer = api.get("/v1//agent/services?a=1")
        assert (answer.status_code, answer.headers["Location"]) == (307, "/v1/agent/services?a=1")
        assert answer.text == '<a href="/v1/agent/services?a=1">Temporary Redirect</a>.\n\n'

    @in_old
    def test_the_old_dialect_moves_for_good(self, api: FlaskClient) -> None:
        answer = api.get("/v1/agent/./services")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/v1/agent/services")
        assert answer.text == '<a href="/v1/agent/services">Moved Permanently</a>.\n\n'

    @in_each
    def test_a_slash_that_is_lacking_is_put_there(self, api: FlaskClient) -> None:
        answer = api.put("/v1/catalog/service")
        assert (answer.headers["Location"], answer.data) == ("/v1/catalog/service/", b"")

    @in_each
    def test_a_character_that_cannot_be_printed_is_refused(self, api: FlaskClient) -> None:
        assert api.get("/v1/catalog/service/a%01").status_code == 400


class TestWhatTheDialectsDifferIn:
    @in_new
    def test_the_new_one_tells_its_policy_and_a_type_even_of_nothing(self, api: FlaskClient) -> None:
        answer = api.put("/v1/agent/service/register", json={"Name": "web"})
        assert answer.headers["X-Consul-Default-ACL-Policy"] == "allow"
        assert (answer.data, answer.headers["Content-Type"]) == (b"", "application/json")

    @in_old
    def test_the_old_one_tells_neither(self, api: FlaskClient) -> None:
        answer = api.put("/v1/agent/service/register", json={"Name": "web"})
        assert "X-Consul-Default-ACL-Policy" not in answer.headers
        assert (answer.data, "Content-Type" in answer.headers) == (b"", False)

    @in_new
    def test_the_new_one_explains_an_unknown_path(self, api: FlaskClient) -> None:
        for path in ("/v1/nope", "/v1/agent/nope", "/v1/"):
            answer = api.get(path)
            assert (answer.status_code, answer.text) == (404, "Invalid URL path: not a recognized HTTP API endpoint\n")

    @in_old
    def test_the_old_one_does_not(self, api: FlaskClient) -> None:
        answer = api.get("/v1/nope")
        assert (answer.status_code, answer.data, "Content-Type" in answer.headers) == (404, b"", False)

    @in_new
    def test_the_new_one_sends_small_answers_as_they_are(self, api: FlaskClient) -> None:
        assert "Content-Encoding" not in api.get("/v1/agent/services", headers={"Accept-Encoding": "gzip"}).headers

    @in_old
    def test_the_old_one_encodes_even_the_smallest(self, api: FlaskClient) -> None:
        answer = api.get("/v1/agent/services", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(answer.data) == b"{}"


class TestOutsideOfV1:
    def test_the_native_api_answers(self, api: FlaskClient) -> None:
        for path in ("/", "/ui/", "/v2/x"):
            answer = api.get(path)
            assert (answer.status_code, answer.get_json()["code"]) == (404, "unknown_path")
        assert api.get("/health").status_code == 200
