"""Plays a transcript's requests to a target and writes down what it answers, as a transcript; it judges nothing."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from compare.wire.transcript import Answer, Exchange, Hex, Pause, Poll, Repeated, Step, Transcript
from compare.wire.transport import Sent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compare.history import Json
    from compare.wire.transcript import Request
    from compare.wire.transport import Pending, Reply, Transport

NODE = "node-1"
"""What every agent of a transcript is called."""
HTTP_PORT = 38611
"""Where every agent of a transcript serves HTTP."""
GZIP = "<gzip>"
LONGEST_TEXT = 100_000
"""Characters; of a longer text only its length is kept."""

_KEPT = {"Allow", "Content-Encoding", "Content-Type", "Location", "Vary", "X-Cache"}
_MOMENT = 0.25  # seconds; what takes no longer counts as at once
_PATIENCE = 60.0  # seconds beyond the recorded time within which an answer must come
_NAME = re.compile(r"\{([a-z]\w*)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """What is this target's own: written into what is sent, and taken out of what is answered.

    Args:
        node: what the agent is called.
        ports: the port that a transcript has, by the one that the target has.
    """

    node: str = NODE
    ports: Mapping[int, int] = field(default_factory=dict)

    def taken_out(self, value: Json) -> Json:
        """Return an answer as it would be at the transcript's place."""
        if isinstance(value, dict):
            return {self._text(key): self.taken_out(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.taken_out(part) for part in value]
        if isinstance(value, str):
            return self._text(value)
        return self.ports.get(value, value) if isinstance(value, int) else value

    def _text(self, text: str) -> str:
        if self.node != NODE:
            text = re.sub(rf"(?<![\w-]){re.escape(self.node)}(?![\w-])", NODE, text)
        for own, recorded in self.ports.items():
            text = re.sub(rf"(?<!\d){own}(?!\d)", str(recorded), text)
        return text


class Player:
    """Plays one transcript to one target, which should have been started for it.

    Args:
        transport: the way to the target.
        place: what is the target's own.
    """

    def __init__(self, transport: Transport, place: Place | None = None) -> None:
        """Send nothing yet."""
        self._transport = transport
        self._place = place or Place()
        self._captured: dict[str, str] = {"node": self._place.node}

    def play(self, transcript: Transcript) -> Transcript:
        """Send a transcript's requests, and return it with what this target answered.

        Raises:
            Interrupted: the run was stopped.
        """
        return transcript.model_copy(update={"steps": tuple(self.steps(transcript))})

    def steps(self, transcript: Transcript) -> Iterator[Step]:
        """Carry out step by step, and yield each with the target's answer."""
        waiting: tuple[Exchange, Pending] | None = None
        for step in transcript.steps:
            if isinstance(step, Exchange) and step.request.next_after is not None and waiting is None:
                waiting = step, self._send(step.request)
                self._transport.wait(step.request.next_after)
                continue
            seen = self._carry_out(step)
            if waiting is not None:
                yield self._finish(*waiting)
                waiting = None
            yield seen
        if waiting is not None:
            yield self._finish(*waiting)

    def _carry_out(self, step: Step) -> Step:
        if isinstance(step, Pause):
            self._transport.wait(step.wait_seconds)
            return step
        return self._poll(step) if isinstance(step, Poll) else self._finish(step, self._send(step.request))

    def _poll(self, step: Poll) -> Poll:
        began, poll = self._transport.now(), step.poll
        request = Sent(poll.method, self._filled(poll.path))
        while True:
            reply = self._transport.send(request).reply(_PATIENCE)
            passed = self._transport.now() - began
            if self._answer(reply).body == poll.until_body:
                return Poll(poll=poll, seconds=round(passed))
            if passed >= poll.at_most_seconds:
                return Poll(poll=poll, seconds=None)
            self._transport.wait(poll.every_seconds)

    def _send(self, request: Request) -> Pending:
        body = request.body
        if isinstance(body, Hex):
            payload: bytes | None = bytes.fromhex(body.hex)
        elif isinstance(body, Repeated):
            payload = (body.repeat * body.times).encode()
        else:
            payload = None if body is None else self._filled(body).encode()
        return self._transport.send(Sent(request.method, self._filled(request.path), request.headers, payload))

    def _finish(self, step: Exchange, pending: Pending) -> Exchange:
        reply = pending.reply(step.seconds + _PATIENCE)
        if reply.failure:
            return step.model_copy(update={"answer": reply.failure})
        answer = self._answer(reply)
        self._capture(step.request, answer)
        return step.model_copy(update={"answer": answer})

    def _answer(self, reply: Reply) -> Answer:
        headers = {canonical(name): value for name, value in reply.headers}
        kept = {name: value for name, value in headers.items() if name in _KEPT or name.startswith("X-Consul-")}
        body = _body(reply.body, packed=headers.get("Content-Encoding") == "gzip")
        return Answer(
            status=reply.status,
            headers=self._place.taken_out(dict(sorted(kept.items()))),
            body=self._place.taken_out(body),
            seconds=round(reply.seconds, 1) if reply.seconds > _MOMENT else 0,
        )

    def _capture(self, request: Request, answer: Answer) -> None:
        """Keep what the request says; what this answer has not got stays what it was."""
        for name, where in request.capture.items():
            kind, _, place = where.partition(" ")
            value = answer.headers.get(canonical(place)) if kind == "header" else _at(answer.body, place.split())
            if value is not None:
                self._captured[name] = str(value)

    def _filled(self, text: str) -> str:
        return _NAME.sub(lambda found: self._captured.get(found[1], found[0]), text)


def canonical(header: str) -> str:
    """Return a header's name as Go writes it, and with it the transcripts: ``X-Consul-Knownleader``."""
    return "-".join(part.capitalize() for part in header.split("-"))


def _body(raw: bytes, *, packed: bool) -> Json:
    """Return a body as transcripts have it."""
    if packed:
        try:
            gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            return f"<no gzip: {error}>"
        return GZIP
    text = raw.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text if len(text) <= LONGEST_TEXT else f"<{len(raw)} bytes left out>"


def _at(body: Any, keys: list[str]) -> Any:  # noqa: ANN401 - JSON goes in and comes out
    for key in keys:
        if isinstance(body, list) and key.isdecimal() and int(key) < len(body):
            body = body[int(key)]
        elif isinstance(body, dict) and key in body:
            body = body[key]
        else:
            return None
    return body
