"""Bodies decoded as Go does, by dialect.

Source: transcripts ``register_shapes``, ``checks`` and ``catalog_writes`` (1.8.7 and 1.21.4), and a running 1.8.7.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.api.consul.dialects import DIALECTS, Dialect
from custom_registry.api.consul.durations import SECOND
from custom_registry.api.consul.kinds import DecodeProblem
from custom_registry.api.consul.shapes import (
    CATALOG_DEREGISTRATION,
    CATALOG_REGISTRATION,
    CHECK_DEFINITION,
    CHECK_UPDATE,
    SERVICE_DEFINITION,
)

if TYPE_CHECKING:
    from custom_registry.api.consul.decode import Shape

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")
SHAPES = (CATALOG_DEREGISTRATION, CATALOG_REGISTRATION, CHECK_DEFINITION, CHECK_UPDATE, SERVICE_DEFINITION)


def decode(shape: Shape, body: Any, dialect: Dialect = NEW) -> dict[str, Any]:
    return shape.decode(json.dumps(body).encode(), dialect)


def problem(shape: Shape, body: Any, dialect: Dialect) -> str:
    with pytest.raises(DecodeProblem) as raised:
        decode(shape, body, dialect)
    return str(raised.value)


@pytest.mark.parametrize(
    ("shape", "body", "what", "old", "new"),
    [
        (SERVICE_DEFINITION, {"Port": "80"}, "string", ".Port of type int", ".Alias.Port of type int"),
        (SERVICE_DEFINITION, {"Port": 1.5}, "number 1.5", ".Port of type int", ".Alias.Port of type int"),
        (SERVICE_DEFINITION, {"Port": 2**64}, f"number {2**64}", ".Port of type int", ".Alias.Port of type int"),
        (SERVICE_DEFINITION, {"Tags": "a"}, "string", ".Tags of type []string", ".Alias.Tags of type []string"),
        (SERVICE_DEFINITION, {"Tags": [1]}, "number", ".Tags of type string", ".Alias.Tags of type string"),
        (SERVICE_DEFINITION, {"Meta": {"a": 1}}, "number", ".Meta of type string", ".Alias.Meta of type string"),
        (
            SERVICE_DEFINITION,
            {"Meta": []},
            "array",
            ".Meta of type map[string]string",
            ".Alias.Meta of type map[string]string",
        ),
        (
            SERVICE_DEFINITION,
            {"Checks": {}},
            "object",
            ".Checks of type structs.CheckTypes",
            ".Alias.Checks of type structs.CheckTypes",
        ),
        (
            SERVICE_DEFINITION,
            {"Check": {"Name": 1}},
            "number",
            ".Check of type string",
            ".Alias.Check.Alias.Name of type string",
        ),
        (
            SERVICE_DEFINITION,
            {"Weights": {"Passing": "1"}},
            "string",
            "Weights.Weights.Passing of type int",
            "Weights.Alias.Weights.Passing of type int",
        ),
        (
            SERVICE_DEFINITION,
            {"TaggedAddresses": {"lan": {"Port": "x"}}},
            "string",
            "ServiceAddress.TaggedAddresses.Port of type int",
            "ServiceAddress.Alias.TaggedAddresses.Port of type int",
        ),
        (CHECK_DEFINITION, {"Name": True}, "bool", ".Name of type string", ".Alias.Name of type string"),
        (
            CHECK_DEFINITION,
            {"Header": {"a": "b"}},
            "string",
            ".Header of type []string",
            ".Alias.Header of type []string",
        ),
        (
            CATALOG_REGISTRATION,
            {"Node": 5},
            "number",
            "RegisterRequest.Node of type string",
            "RegisterRequest.Node of type string",
        ),
        (
            CATALOG_REGISTRATION,
            {"Service": {"Port": "x"}},
            "string",
            "NodeService.Service.Port of type int",
            "NodeService.Service.Port of type int",
        ),
        (
            CATALOG_REGISTRATION,
            {"CreateIndex": -1},
            "number -1",
            "RegisterRequest.CreateIndex of type uint64",
            "RegisterRequest.RaftIndex.CreateIndex of type uint64",
        ),
        (CATALOG_DEREGISTRATION, {"Node": []}, "array", ".Node of type string", ".Alias.Node of type string"),
        (CHECK_UPDATE, {"Status": 1}, "number", "checkUpdate.Status of type string", None),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_place(
    shape: Shape, body: Any, what: str, old: str, new: str | None
) -> None:
    for dialect, place in ((OLD, old), (NEW, new or old)):
        assert problem(shape, body, dialect) == f"json: cannot unmarshal {what} into Go struct field {place}"


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
class TestInEachDialect:
    def test_the_first_fault_is_told(self, dialect: Dialect) -> None:
        assert "number" in problem(CHECK_DEFINITION, {"Name": 5, "Bogus": 1}, dialect)
        assert problem(CHECK_DEFINITION, {"Bogus": 1, "Name": 5}, dialect) == 'json: unknown field "Bogus"'

    @pytest.mark.parametrize("body", [{"Namespace": "x"}, {"Bo\ngus": None}, {"Check": {"Bogus": 1}}])
    def test_an_unknown_key_is_refused(self, dialect: Dialect, body: Any) -> None:
        assert problem(SERVICE_DEFINITION, body, dialect).startswith('json: unknown field "')

    def test_some_structs_take_unknown_keys(self, dialect: Dialect) -> None:
        assert decode(SERVICE_DEFINITION, {"Connect": {"Bogus": 1, "Native": True}}, dialect)["Connect"]["Native"]
        check = {"Definition": {"Bogus": 1, "HTTP": "http://x"}}
        assert decode(CATALOG_REGISTRATION, {"Check": check}, dialect)["Check"]["Definition"]["HTTP"] == "http://x"
        assert decode(CATALOG_DEREGISTRATION, {"Node": "n", "Address": "thrown away"}, dialect)["Node"] == "n"

    def test_a_duration_is_a_text_or_a_number_of_nanoseconds(self, dialect: Dialect) -> None:
        found = decode(CHECK_DEFINITION, {"TTL": "90s", "Interval": 5, "Timeout": 1.9, "ttl": "2s"}, dialect)
        assert (found["TTL"], found["Interval"], found["Timeout"]) == (2 * SECOND, 5, 1)
        assert decode(CHECK_DEFINITION, {"TTL": 1e300}, dialect)["TTL"] == 2**63 - 1
        assert decode(CHECK_DEFINITION, {"TTL": True}, dialect)["TTL"] == 0
        assert problem(CHECK_DEFINITION, {"TTL": "abc"}, dialect) == 'time: invalid duration "abc"'
        assert problem(SERVICE_DEFINITION, {"Checks": [{"TTL": "x"}]}, dialect) == 'time: invalid duration "x"'
        nested = {"Checks": [{"Definition": {"Interval": "x"}}]}
        assert problem(CATALOG_REGISTRATION, nested, dialect) == 'time: invalid duration "x"'

    def test_keys_have_no_case_and_the_last_counts(self, dialect: Dialect) -> None:
        assert decode(SERVICE_DEFINITION, {"name": "a", "NAME": "b", "pOrT": 1}, dialect)["Name"] == "b"
        found = decode(SERVICE_DEFINITION, {"Name": "a", "Tags": ["x"]} | {"tags": ["y", None]}, dialect)
        assert found["Tags"] == ["y", ""]

    def test_null_leaves_a_value_as_it_was(self, dialect: Dialect) -> None:
        assert decode(SERVICE_DEFINITION, None, dialect) == SERVICE_DEFINITION.empty()
        assert decode(SERVICE_DEFINITION, {"Name": "a", "name": None, "Port": None}, dialect)["Name"] == "a"

    @pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
    def test_what_is_decoded_has_every_field(self, dialect: Dialect, shape: Shape) -> None:
        assert decode(shape, {}, dialect) == shape.empty()
        assert set(shape.fields) <= set(shape.empty())

    @pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
    def test_what_is_no_object_is_refused(self, dialect: Dialect, shape: Shape) -> None:
        for body, told in (([], "array"), ("x", "string"), (1, "number"), (True, "bool")):
            assert problem(shape, body, dialect) == f"json: cannot unmarshal {told} into Go value of type {shape.go}"


@pytest.mark.parametrize(
    ("shape", "body", "name", "value"),
    [
        (SERVICE_DEFINITION, {"enable_tag_override": True}, "EnableTagOverride", True),
        (SERVICE_DEFINITION, {"tagged_addresses": {"lan": {"Address": "a"}}}, "TaggedAddresses", None),
        (CHECK_DEFINITION, {"service_id": "w"}, "ServiceID", "w"),
        (CHECK_DEFINITION, {"tls_skip_verify": True}, "TLSSkipVerify", True),
        (CHECK_DEFINITION, {"deregister_critical_service_after": "1m"}, "DeregisterCriticalServiceAfter", 60 * SECOND),
        (CHECK_DEFINITION, {"args": ["a"]}, "ScriptArgs", ["a"]),
        (CHECK_DEFINITION, {"args": ["a"], "ScriptArgs": ["b"]}, "ScriptArgs", ["b"]),
    ],
)
def test_second_spellings_are_taken_and_the_first_one_counts(
    shape: Shape, body: Any, name: str, value: object, each_dialect: Dialect
) -> None:
    found = decode(shape, body, each_dialect)[name]
    assert found == (value or {"lan": {"Address": "a", "Port": 0}})


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        (SERVICE_DEFINITION, {"SocketPath": "/s"}),
        (SERVICE_DEFINITION, {"Locality": {"Region": "r"}}),
        (SERVICE_DEFINITION, {"Check": {"UDP": "a:1"}}),
        (SERVICE_DEFINITION, {"Proxy": {"Mode": "direct"}}),
        (SERVICE_DEFINITION, {"Proxy": {"Upstreams": [{"DestinationPeer": "p"}]}}),
        (CHECK_DEFINITION, {"H2PING": "a:1"}),
        (CHECK_DEFINITION, {"FailuresBeforeWarning": 1}),
        (CATALOG_REGISTRATION, {"PeerName": ""}),
        (CATALOG_REGISTRATION, {"Check": {"ExposedPort": 1}}),
    ],
)
def test_younger_fields_are_unknown_to_the_old_dialect(shape: Shape, body: Any) -> None:
    assert problem(shape, body, OLD).startswith('json: unknown field "')
    assert set(decode(shape, body, NEW)) == set(shape.empty())


def test_free_configuration_is_kept_as_it_came() -> None:
    given = {"a": 1, "b": 1.5, "c": [True, None, {"d": "e"}], "f": 10**15}
    found = decode(SERVICE_DEFINITION, {"Proxy": {"Config": given}})["Proxy"]["Config"]
    assert found == given
    assert isinstance(found["a"], int)


class TestFurtherKeys:
    """A field that Consul takes by another key too (seen on 1.8.7)."""

    KEY, SNAKE = "DeregisterCriticalServiceAfter", "deregister_critical_service_after"

    @pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
    @pytest.mark.parametrize("body", [{SNAKE: ""}, {KEY: ""}, {KEY: "", SNAKE: "1s"}])
    def test_an_empty_text_is_no_duration_by_either(self, body: dict[str, str], dialect: Dialect) -> None:
        assert problem(CHECK_DEFINITION, body, dialect) == 'time: invalid duration ""'

    @pytest.mark.parametrize(
        ("body", "seconds"), [({SNAKE: "1s"}, 1), ({KEY: "2s", SNAKE: ""}, 2), ({KEY: None, SNAKE: "3s"}, 3), ({}, 0)]
    )
    def test_its_own_goes_before(self, body: dict[str, str | None], seconds: int) -> None:
        assert decode(CHECK_DEFINITION, body)[self.KEY] == seconds * SECOND

    def test_of_others_the_first_that_is_not_empty(self) -> None:
        assert decode(CHECK_DEFINITION, {"ServiceID": "", "service_id": "b"})["ServiceID"] == "b"
        assert decode(CHECK_DEFINITION, {"ServiceID": "a", "service_id": "b"})["ServiceID"] == "a"
