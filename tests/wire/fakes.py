"""Agents that are none: one that plays a function on a manual clock, and parts of transcripts to try judging on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from compare.stage import Interrupted
from compare.wire.transcript import Answer, Exchange, Request, Transcript
from compare.wire.transport import Reply, Sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.wire.transcript import Step

UUIDS = ("11111111-2222-3333-4444-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")


def ok(body: object = "", **headers: str) -> Reply:
    named = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(200, tuple(named.items()), json.dumps(body).encode())


@dataclass
class FakeTransport:
    """Answers by a function, at once or after some seconds of a clock that stands still until somebody waits."""

    answer: Callable[[Sent, float], Reply | tuple[float, Reply]]
    clock: float = 0.0
    sent: list[Sent] = field(default_factory=list)
    stop_at: float | None = None

    def send(self, request: Sent) -> FakePending:
        self.sent.append(request)
        given = self.answer(request, self.clock)
        seconds, reply = given if isinstance(given, tuple) and not isinstance(given, Reply) else (0.0, given)
        return FakePending(self, self.clock + seconds, replace(reply, seconds=seconds))

    def wait(self, seconds: float) -> None:
        self.clock += seconds
        if self.stop_at is not None and self.clock >= self.stop_at:
            raise Interrupted

    def now(self) -> float:
        return self.clock


@dataclass
class FakePending:
    transport: FakeTransport
    at: float
    answer: Reply

    def reply(self, at_most: float) -> Reply:  # noqa: ARG002 - it always comes
        self.transport.clock = max(self.transport.clock, self.at)
        return self.answer


def exchange(path: str, body: Any = "", *, status: int = 200, seconds: float = 0, **more: Any) -> Exchange:
    """A GET with its answer."""
    headers = more.pop("headers", {"Content-Type": "application/json"})
    answer = Answer(status=status, headers=headers, body=body, seconds=seconds)
    return Exchange(request=Request(method="GET", path=path, **more), response=answer)


def transcript(*steps: Step, scenario: str = "example") -> Transcript:
    return Transcript(consul="1.8.7", scenario=scenario, steps=steps)
