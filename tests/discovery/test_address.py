from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.address import Endpoint, parse_address, resolve_endpoint


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("localhost", "localhost", None),
        ("localhost:8001", "localhost", 8001),
        ("http://localhost:8001", "localhost", 8001),
        ("http://localhost:8001/", "localhost", 8001),
        ("http://localhost:8001/users?x=1#y", "localhost", 8001),
        ("http://me:secret@localhost:8001", "localhost", 8001),
        ("http://localhost", "localhost", 80),
        ("https://localhost", "localhost", 443),
        ("HTTPS://LocalHost", "localhost", 443),
        ("grpc://localhost", "localhost", None),
        ("grpc+tls://localhost:1", "localhost", 1),
        ("10.0.0.7", "10.0.0.7", None),
        ("10.0.0.7:65535", "10.0.0.7", 65535),
        ("::1", "::1", None),
        ("[::1]", "::1", None),
        ("[::1]:8001", "::1", 8001),
        ("http://[2001:db8::7]:8001", "2001:db8::7", 8001),
        ("user_service-1.example.com.:1", "user_service-1.example.com.", 1),
        ("a" * 63, "a" * 63, None),
    ],
)
def test_an_address_is_taken_apart(address: str, host: str, port: int | None) -> None:
    assert parse_address(address) == Endpoint(host, port)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "must not be empty"),
        ("   ", "must not be empty"),
        ("local host", "spaces or control characters"),
        ("localhost\n", "spaces or control characters"),
        ("localhost\x00:80", "spaces or control characters"),
        ("://localhost", "has a scheme that is none: ''"),
        ("1http://localhost", "has a scheme that is none: '1http'"),
        ("localhost:", "ends in a colon: a port is missing"),
        ("http://localhost:", "ends in a colon: a port is missing"),
        ("localhost:http", "is not a host, host:port or a URL"),
        ("localhost:-1", "is not a host, host:port or a URL"),
        ("localhost:65536", "is not a host, host:port or a URL"),
        ("localhost:0", "has port 0: a port lies between 1 and 65535"),
        ("localhost/users", "a path needs a scheme"),
        ("localhost:80?x=1", "a path needs a scheme"),
        ("me@localhost", "a path needs a scheme"),
        ("http://", "names no valid host: ''"),
        (":8001", "names no valid host: ''"),
        ("http://-bad-", "names no valid host: '-bad-'"),
        ("a..b", "names no valid host: 'a..b'"),
        ("a" * 64, "names no valid host"),
        (".".join(["a" * 60] * 5), "names no valid host"),
        ("300.1.2.3", "names no valid host: '300.1.2.3'"),
        ("1.2.3", "names no valid host: '1.2.3'"),
        ("[::1", "is not a host, host:port or a URL"),
        ("http://[nonsense]:80", "is not a host, host:port or a URL"),
        ("b\u00fccher.example", "names no valid host"),
    ],
)
def test_what_is_no_address_is_refused_with_what_is_wrong(address: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_address(address)


@pytest.mark.parametrize(
    ("address", "port", "endpoint"),
    [
        ("localhost", None, Endpoint("localhost", None)),
        ("localhost", 8001, Endpoint("localhost", 8001)),
        ("localhost:8001", 8001, Endpoint("localhost", 8001)),
        ("http://localhost", 80, Endpoint("localhost", 80)),
        ("grpc://localhost", 9000, Endpoint("localhost", 9000)),
    ],
)
def test_a_port_may_stand_beside_the_address(address: str, port: int | None, endpoint: Endpoint) -> None:
    assert resolve_endpoint(address, port) == endpoint


@pytest.mark.parametrize(
    ("address", "port", "message"),
    [
        ("localhost:8001", 8002, "says port 8001, but port is 8002"),
        ("http://localhost", 8002, "says port 80, but port is 8002"),
        ("", 8001, "must not be empty"),
    ],
)
def test_a_port_that_contradicts_the_address_is_refused(address: str, port: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve_endpoint(address, port)


@pytest.mark.parametrize("port", [0, -1, 65536, 10**20])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 65535"):
        resolve_endpoint("localhost", port)


NEARLY_ADDRESSES = st.text(st.sampled_from("ah0159.:/[]@?#%-_ \u00e4\u0660\u2100\uff0f\x00"), max_size=30)


@given(address=st.one_of(st.text(), NEARLY_ADDRESSES, NEARLY_ADDRESSES.map("http://".__add__)))
def test_any_text_is_an_address_or_a_value_error(address: str) -> None:
    try:
        endpoint = parse_address(address)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either outcome is right, each has its own test
    else:
        assert endpoint.host
        assert endpoint.port is None or 1 <= endpoint.port <= 65535


@given(
    host=st.one_of(st.ip_addresses().map(str), st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)),
    port=st.one_of(st.none(), st.integers(1, 65535)),
    scheme=st.sampled_from(["", "tcp://"]),
)
def test_a_host_and_a_port_come_back_from_the_address_made_of_them(host: str, port: int | None, scheme: str) -> None:
    bracketed = f"[{host}]" if ":" in host else host
    address = f"{scheme}{bracketed}" + ("" if port is None else f":{port}")

    endpoint = parse_address(address)

    assert endpoint == Endpoint(host, port)
    if ":" in host:
        assert ipaddress.ip_address(endpoint.host).version == 6
