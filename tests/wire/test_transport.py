from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from compare.stage import Interrupted
from compare.wire.transport import CLOSED, HTTP, Sent
from tests.support.ports import closed_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Consul-Index: 5\r\n\r\nok"


class Peer:
    """A socket that takes one connection, keeps what it reads, and says what it is told to say when it is told."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.read = b""
        self.may_answer = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            while not self._whole():
                self.read += connection.recv(65536)
            self.may_answer.wait(10)
            if self.answer is not None:
                connection.sendall(self.answer)

    def _whole(self) -> bool:
        head, end, body = self.read.partition(b"\r\n\r\n")
        said = re.search(rb"Content-Length: (\d+)", head)
        return bool(end) and len(body) >= int(said[1] if said else 0)

    def close(self) -> None:
        self.may_answer.set()
        self._thread.join(10)
        self._listener.close()


@contextlib.contextmanager
def peer(answer: bytes | None = ANSWER, *, at_once: bool = True) -> Iterator[Peer]:
    made = Peer(answer)
    if at_once:
        made.may_answer.set()
    try:
        yield made
    finally:
        made.close()


def test_what_is_sent_is_what_was_asked_for_and_nothing_else() -> None:
    with peer() as there:
        reply = HTTP(there.url, threading.Event()).send(Sent("PUT", "/v1//kv/%41?x={}", {"X-A": "b"}, b"\x00")).reply(5)
    host = there.url.removeprefix("http://")
    sent = f"PUT /v1//kv/%41?x={{}} HTTP/1.1\r\nHost: {host}\r\nX-A: b\r\nContent-Length: 1\r\n\r\n\x00"
    assert there.read == sent.encode()
    assert (reply.status, dict(reply.headers)["X-Consul-Index"], reply.body) == (200, "5", b"ok")


@pytest.mark.parametrize(("method", "said"), [("GET", False), ("DELETE", False), ("PUT", True)])
def test_only_who_might_have_a_body_says_that_there_is_none(method: str, said: bool) -> None:  # noqa: FBT001
    with peer() as there:
        HTTP(there.url, threading.Event()).send(Sent(method, "/")).reply(5)
    assert (b"Content-Length: 0" in there.read) is said


def test_redirects_are_answers() -> None:
    with peer(b"HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n") as there:
        assert HTTP(there.url, threading.Event()).send(Sent("GET", "/")).reply(5).status == 301


@pytest.mark.parametrize("answer", [None, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"])
def test_a_connection_that_ends_is_no_answer(answer: bytes | None) -> None:
    with peer(answer) as there:
        reply = HTTP(there.url, threading.Event()).send(Sent("GET", "/")).reply(5)
    assert reply.status == 0
    assert reply.failure == CLOSED or "IncompleteRead" in reply.failure


def test_nobody_there_is_no_answer() -> None:
    with closed_port() as port:
        reply = HTTP(f"http://127.0.0.1:{port}", threading.Event()).send(Sent("GET", "/")).reply(5)
    assert "refused" in reply.failure


def test_a_request_waits_beside_others_and_a_late_one_is_cut() -> None:
    with peer(at_once=False) as slow, peer() as quick:
        transport = HTTP(slow.url, threading.Event())
        pending = transport.send(Sent("GET", "/"))
        assert HTTP(quick.url, threading.Event()).send(Sent("GET", "/")).reply(5).status == 200
        assert pending.reply(0.05).failure == "no answer within 0.05 s"


def test_a_stop_cuts_what_waits() -> None:
    stop = threading.Event()
    with peer(at_once=False) as slow:
        pending = HTTP(slow.url, stop).send(Sent("GET", "/"))
        stop.set()
        with pytest.raises(Interrupted):
            pending.reply(60)


@pytest.mark.parametrize("url", ["ftp://x", "consul", "http://"])
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        HTTP(url, threading.Event())
