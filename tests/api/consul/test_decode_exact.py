"""What is decoded at once, because it is spelled exactly, is decoded as it would be however it were spelled."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from custom_registry.api.consul.decode import NotExact, Shape
from custom_registry.api.consul.dialects import DIALECTS, Dialect
from custom_registry.api.consul.shapes import (
    CATALOG_REGISTRATION,
    CHECK_DEFINITION,
    CHECK_UPDATE,
    SERVICE_DEFINITION,
)
from tests.sequences import definitions

Object = dict[str, Any]

_ODD_VALUES = st.sampled_from(
    ["null", "true", '""', '"a"', '"1"', '"30s"', "0", "-0", "-1", "1.0", "1e2", "01", "[]", "[null]", '["x"]', "{}"]
    + [str(number) for number in (2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64)]
)
_ODD_KEYS = ("id", "Bogus", "service_id", "SocketPath", "Locality", "Proxy", "UDP", "Connect", "Port", "TTL")
_ODD_BYTES = (
    "",
    "}",
    ",",
    '"',
    "\x00",
    "\x1f",
    "\x7f",
    "\ud800",
    "\\ud800",
    "\\u0041",
    "\xff",
    " ",
    "\n",
    "\ufeff",
    "-",
    "0",
)


@st.composite
def _bodies(draw: st.DrawFn, objects: st.SearchStrategy[Object]) -> bytes:
    """Return bodies: as they should be, with one more field at either end, or with some bytes put in or taken out."""
    value = draw(definitions.spelled(objects))
    body = json.dumps(value).encode()
    match draw(st.sampled_from(["whole", "field", "bytes"])):
        case "field":  # its key may come twice
            key = draw(st.sampled_from([*value, *_ODD_KEYS]))
            field = f"{json.dumps(key)}: {draw(_ODD_VALUES)}".encode()
            parts = [field, body[1:-1]] if draw(st.booleans()) else [body[1:-1], field]
            return b"{" + b",".join(parts) + b"}"
        case "bytes":
            at, length = draw(st.integers(0, len(body))), draw(st.integers(0, 3))
            odd = draw(st.sampled_from(_ODD_BYTES))
            return body[:at] + odd.encode("utf-8", "surrogatepass") + body[at + length :]
        case _:
            return body


def _exactly(shape: Shape, body: bytes) -> Object | None:
    try:
        return shape.decode_exact(body)
    except NotExact:
        return None


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(data=st.data())
def test_what_is_decoded_exactly_is_what_it_would_be_otherwise(dialect: Dialect, data: st.DataObject) -> None:
    shape, objects = data.draw(
        st.sampled_from(
            [
                (SERVICE_DEFINITION, definitions.agent_services),
                (CHECK_DEFINITION, definitions.agent_checks),
                (CATALOG_REGISTRATION, definitions.catalog_registrations),
            ]
        )
    )
    body = data.draw(_bodies(objects))
    exact = _exactly(shape, body)
    event(f"exact: {exact is not None}")
    if exact is not None:
        expected = shape.decode_any(body, dialect)
        assert exact == expected
        assert list(exact) == list(expected)


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        (
            SERVICE_DEFINITION,
            {
                "ID": "web-1",
                "Name": "web",
                "Tags": ["a"],
                "Address": "10.0.0.1",
                "Port": 80,
                "Meta": {"zone": "a"},
                "TaggedAddresses": {"lan": {"Address": "10.0.0.2"}},
                "Weights": {"Passing": 2},
                "Check": {"TTL": "30s", "Status": "passing"},
                "Checks": [{"HTTP": "http://localhost/", "Interval": "10s", "Header": {"h": ["1"]}}],
            },
        ),
        (CHECK_DEFINITION, {"Name": "c", "TTL": "30s", "DeregisterCriticalServiceAfter": "90m"}),
        (CHECK_UPDATE, {"Status": "passing", "Output": "said"}),
        (CATALOG_REGISTRATION, {"Node": "n", "Service": {"Service": "web"}, "Checks": [{"CheckID": "c"}]}),
    ],
)
def test_the_usual_is_exact(shape: Shape, body: Object) -> None:
    exact = _exactly(shape, json.dumps(body).encode())
    assert exact is not None
    assert exact == shape.decode_any(json.dumps(body).encode(), DIALECTS[0])


@pytest.mark.parametrize("field", ["SocketPath", "UDP", "proxy", "tagged_addresses", "Bogus"])
def test_what_only_some_take_is_not_exact(field: str) -> None:
    assert _exactly(SERVICE_DEFINITION, json.dumps({"Name": "web", field: ""}).encode()) is None
