"""What is known without being parsed: the same but for a name or a body, and nothing that could mean anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from custom_registry.api.consul.endpoints import ENDPOINTS
from custom_registry.serving import dispatch
from custom_registry.serving.dispatch import Prepared
from custom_registry.serving.kept import Keys
from custom_registry.serving.known import Known
from tests.support.two_ways import request

if TYPE_CHECKING:
    from collections.abc import Callable

    from custom_registry.api.exchange import Reply

REPORT = "/v1/agent/check/pass/"


def nobody(*_: object) -> Reply:
    raise AssertionError("nobody is asked")


def about(name: str) -> Prepared:
    return Prepared(nobody, name)


def knowing(
    method: str,
    target: str,
    body: bytes | None = None,
    keys: Keys | None = None,
    about: Callable[[str], Prepared] | None = None,
) -> Known:
    known, sent = Known(), request(method, target, body)
    known.learn(sent, (method.encode(), target.encode()), Prepared(nobody, target, keys, about), body or b"")
    return known


def test_a_read_is_known_by_its_bytes() -> None:
    known = knowing("GET", "/services", keys=Keys("services", may_wait=False))
    assert known.find(request("GET", "/services")) is not None
    assert known.find(request("GET", "/services", User_Agent="x")) is None


def test_a_write_is_known_whatever_its_body_of_that_length() -> None:
    known = knowing("POST", "/heartbeat", b"12")
    found = known.find(request("POST", "/heartbeat", b"34"))
    assert found is not None
    assert (found[0].question, found[1]) == ("/heartbeat", b"34")
    for sent in (
        request("POST", "/heartbeat", b"345"),
        request("POST", "/register", b"34"),
        request("PUT", "/heartbeat", b"34"),
        request("POST", "/heartbeat", b"34")[:-1],
        request("POST", "/heartbeat", b"34") + b"5",
        request("POST", "/heartbeat", b"34").replace(b"1.1", b"1.0"),
    ):
        assert known.find(sent) is None, sent


def test_nothing_is_known_before_its_headers_have_ended() -> None:
    known = knowing("PUT", f"{REPORT}a", about=about)
    assert known.find(request("PUT", f"{REPORT}b")) is not None
    for end in range(1, 5):
        assert known.find(request("PUT", f"{REPORT}b")[:-end]) is None


@pytest.mark.parametrize("name", ["service:web-1", "a", "a.b", "10.0.0.1:80", "_"])
def test_another_name_that_is_plain_is_known(name: str) -> None:
    found = knowing("PUT", f"{REPORT}service:x", about=about).find(request("PUT", REPORT + name))
    assert found is not None
    assert found[0].question == name


@pytest.mark.parametrize("name", ["", ".", "..", "a%20b", "a?note=b", "a/b", "a#b", "a b", "\xfc", "a\n"])
def test_what_may_be_more_than_a_name_is_parsed(name: str) -> None:
    assert knowing("PUT", f"{REPORT}service:x", about=about).find(request("PUT", REPORT + name)) is None
    assert knowing("PUT", REPORT + name, about=about).find(request("PUT", f"{REPORT}service:x")) is None


def test_what_a_query_ends_in_is_no_name() -> None:
    known = knowing("PUT", f"{REPORT}service:x?note=a/b", about=about)
    assert known.find(request("PUT", f"{REPORT}service:x?note=a/c")) is None


@pytest.mark.parametrize(
    "sent",
    [
        b"PUT /x HTTP/1.1\nHost: h\r\n\r\n",
        b"\r\nPUT /x HTTP/1.1\r\nHost: h\r\n\r\n",
        b"PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\n\nb\r\n\r\n",
        b"PUT  /x HTTP/1.1\r\nHost: h\r\n\r\n",
    ],
)
def test_lines_that_end_in_another_way_are_not_learned(sent: bytes) -> None:
    known = Known()
    known.learn(sent, (b"PUT", b"/x"), Prepared(nobody, "x"), b"b\r\n\r\n" if b"5" in sent else b"")
    assert known.find(sent) is None


def test_too_much_is_forgotten_and_learned_again() -> None:
    known, prepared = Known(), Prepared(nobody, None)
    for number in range(4097):
        target = f"/{number}"
        known.learn(request("PUT", target), (b"PUT", target.encode()), prepared, b"")
    assert known.find(request("PUT", "/4095")) is None
    assert known.find(request("PUT", "/4096")) is not None


def test_below_the_endpoints_that_name_something_there_is_no_other() -> None:
    paths = {endpoint.path for endpoint in ENDPOINTS}
    assert paths >= dispatch.NAMING
    assert not [path for path in paths for naming in dispatch.NAMING if path.startswith(naming) and path != naming]
