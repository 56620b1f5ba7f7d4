from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from compare.stage import Interrupted
from compare.wire.player import Place, Player
from compare.wire.transcript import Exchange, Hex, Pause, Poll, Repeat, Repeated, Request
from compare.wire.transport import Reply, Sent
from tests.wire.fakes import FakeTransport, exchange, ok, transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.wire.transcript import Answer, Step


def play(transport: FakeTransport, *steps: Step, place: Place | None = None) -> list[Step]:
    return list(Player(transport, place).steps(transcript(*steps)))


def answer_of(step: Step) -> Answer:
    assert isinstance(step, Exchange)
    assert not isinstance(step.answer, str)
    return step.answer


def always(body: object, **headers: str) -> Callable[[Sent, float], Reply]:
    return lambda _sent, _now: ok(body, **headers)


def test_a_request_goes_out_as_it_is_recorded() -> None:
    transport = FakeTransport(always(None))
    request = Request(method="PUT", path="/v1//kv/%20?x", headers={"X-Consul-Token": "t"}, body='{"a": {}}')
    play(transport, Exchange(request=request, response=""))
    assert transport.sent == [Sent("PUT", "/v1//kv/%20?x", {"X-Consul-Token": "t"}, b'{"a": {}}')]


@pytest.mark.parametrize(
    ("body", "sent"),
    [(Hex(hex="00ff"), b"\x00\xff"), (Repeated(repeat="x", times=5), b"xxxxx"), ("ü", "ü".encode()), (None, None)],
)
def test_every_kind_of_body_is_sent(body: Any, sent: bytes | None) -> None:
    transport = FakeTransport(always(None))
    play(transport, Exchange(request=Request(method="PUT", path="/", body=body), response=""))
    assert transport.sent[0].body == sent


def test_only_headers_that_matter_are_kept_under_the_names_that_go_gives_them() -> None:
    reply = ok(1, **{"x-consul-index": "7", "Date": "today", "Content-Length": "1", "vary": "Accept-Encoding"})
    (seen,) = play(FakeTransport(lambda _s, _n: reply), exchange("/"))
    kept = {"Content-Type": "application/json", "Vary": "Accept-Encoding", "X-Consul-Index": "7"}
    assert answer_of(seen).headers == kept


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b'{"a": null}\n', {"a": None}),
        (b"null", None),
        (b"Invalid index", "Invalid index"),
        (b"", ""),
        (b"\xff", "\ufffd"),
        (b"y" * 100_001, "<100001 bytes left out>"),
    ],
)
def test_a_body_is_kept_as_transcripts_have_it(raw: bytes, body: object) -> None:
    (seen,) = play(FakeTransport(lambda _s, _n: Reply(200, (), raw)), exchange("/"))
    assert answer_of(seen).body == body


def test_a_packed_body_is_unpacked_to_see_that_it_can_be() -> None:
    packed = Reply(200, (("Content-Encoding", "gzip"),), gzip.compress(b"[]"))
    broken = Reply(200, (("Content-Encoding", "gzip"),), b"[]")
    assert answer_of(play(FakeTransport(lambda _s, _n: packed), exchange("/"))[0]).body == "<gzip>"
    assert answer_of(play(FakeTransport(lambda _s, _n: broken), exchange("/"))[0]).body.startswith("<no gzip: ")


def test_captured_values_are_filled_in_and_other_braces_are_left_alone() -> None:
    transport = FakeTransport(always([{"ID": "q-1"}], X_Consul_Index="12"))
    capture = {"i": "header X-Consul-Index", "q": "body 0 ID", "none": "body 3 ID"}
    first = exchange("/v1/query", capture=capture)
    second = Exchange(
        request=Request(method="PUT", path="/v1/x/{node}?index={i}&{none}", body='{"Q": "{q}", "e": {}}'), response=""
    )
    play(transport, first, second, place=Place("here"))
    assert transport.sent[1].path == "/v1/x/here?index=12&{none}"
    assert transport.sent[1].body == b'{"Q": "q-1", "e": {}}'


def test_what_an_answer_has_not_got_leaves_a_name_as_it_was() -> None:
    replies = iter([ok([], X_Consul_Index="5"), ok([]), ok([])])
    transport = FakeTransport(lambda _s, _n: next(replies))
    capture = {"i": "header X-Consul-Index"}
    play(transport, exchange("/a", capture=capture), exchange("/b", capture=capture), exchange("/c?index={i}"))
    assert transport.sent[2].path == "/c?index=5"


def test_pauses_pass_and_are_written_down() -> None:
    transport = FakeTransport(always(None))
    assert play(transport, Pause(wait_seconds=2.5)) == [Pause(wait_seconds=2.5)]
    assert transport.clock == 2.5


def test_the_next_step_is_sent_while_a_request_waits_and_answers_stay_in_order() -> None:
    moments: list[tuple[str, float]] = []

    def answer(sent: Sent, now: float) -> Reply | tuple[float, Reply]:
        moments.append((sent.path, now))
        return (3.0, ok("late")) if sent.path == "/waits" else ok("soon")

    transport = FakeTransport(answer)
    waits, change, after = exchange("/waits", next_after=0.5), exchange("/change"), exchange("/after")
    seen = play(transport, waits, change, after)
    assert moments == [("/waits", 0.0), ("/change", 0.5), ("/after", 3.0)]
    assert [answer_of(step).body for step in seen] == ["late", "soon", "soon"]
    assert answer_of(seen[0]).seconds == 3.0


def test_a_waiting_request_at_the_end_is_waited_for() -> None:
    transport = FakeTransport(lambda _s, _n: (2.0, ok("late")))
    assert [answer_of(step).body for step in play(transport, exchange("/", next_after=0.5))] == ["late"]


def poll(**more: Any) -> Poll:
    return Poll(
        poll=Repeat(method="GET", path="/", until_body=[], every_seconds=1, at_most_seconds=more.pop("at_most", 120)),
        seconds=0,
    )


def test_a_poll_ends_when_the_body_is_there_and_says_how_long_that_took() -> None:
    transport = FakeTransport(lambda _s, now: ok([] if now >= 4 else ["not yet"]))
    (seen,) = play(transport, poll())
    assert seen.seconds == 4


def test_a_poll_that_is_in_vain_ends_and_says_so() -> None:
    transport = FakeTransport(always(["never"]))
    (seen,) = play(transport, poll(at_most=3))
    assert seen.seconds is None
    assert json.loads(transcript(seen).text())["steps"][0]["seconds"] is None


def test_what_is_the_targets_own_is_put_back() -> None:
    body = {"Node": "here", "Addr": "127.0.0.1:21000", "HTTPPort": 21000, "other-here": "hereafter", "n": 21}
    place = Place("here", {21000: 38611})
    (seen,) = play(FakeTransport(always(body)), exchange("/"), place=place)
    want = {"Node": "node-1", "Addr": "127.0.0.1:38611", "HTTPPort": 38611, "other-here": "hereafter", "n": 21}
    assert answer_of(seen).body == want


def test_no_answer_is_written_down_with_its_reason() -> None:
    (seen,) = play(FakeTransport(lambda _s, _n: Reply(0, failure="cut off")), exchange("/"))
    assert isinstance(seen, Exchange)
    assert seen.answer == "cut off"


def test_a_stop_ends_it() -> None:
    with pytest.raises(Interrupted):
        play(FakeTransport(always(None), stop_at=1.0), Pause(wait_seconds=2))
