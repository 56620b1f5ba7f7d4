"""Two agents that are sent the same, and how they are made as good as new between two sequences; it judges nothing."""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from urllib.parse import quote

from compare.wire.player import HTTP_PORT, Player
from compare.wire.transcript import Exchange, Pause, Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from compare.wire.sources import Serving, WireSource
    from compare.wire.transcript import Request, Step
    from compare.wire.transport import Transport

SETTLED_AFTER = 0.2
"""Seconds to let pass after a write to an agent, where nobody can look whether its catalog has it already."""

_SETTLES_WITHIN = 2.0
_BETWEEN_LOOKS = 0.005
_ANSWERS_WITHIN = 10.0
_OWN_SERVICE, _OWN_CHECK = "consul", "serfHealth"
_SERVICE_FIELDS = ("Service", "Tags", "Address", "Port", "Meta", "Weights", "EnableTagOverride", "TaggedAddresses")
_CHECK_FIELDS = ("Name", "Status", "Notes", "ServiceID", "Type")
_NO_ANSWER = (OSError, http.client.HTTPException, ValueError, LookupError, TypeError)

_Objects: TypeAlias = dict[str, dict[str, Any]]
_View: TypeAlias = tuple[dict[str, list[Any]], dict[str, list[Any]]]


class NotClean(Exception):
    """An agent keeps what was to be removed, or does not say what it has; the message says which."""


class Agent:
    """One agent that runs.

    Args:
        serving: the agent.
        transport: the way to it for what is compared.
    """

    def __init__(self, serving: Serving, transport: Transport) -> None:
        self._serving = serving
        self._transport = transport
        port = next(own for own, recorded in serving.place.ports.items() if recorded == HTTP_PORT)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWERS_WITHIN)
        self._player = Player(transport, serving.place)
        self.unsettled = 0

    def stop(self) -> None:
        """Stop it."""
        self._connection.close()
        self._serving.stop()

    def forget(self) -> None:
        """Forget what was captured."""
        self._player = Player(self._transport, self._serving.place)

    def play(self, transcript: Transcript) -> Transcript:
        """Play a transcript as it is, and return what is answered."""
        return self._player.play(transcript)

    def send(self, requests: Sequence[Request]) -> tuple[Step, ...]:
        """Send requests, and return them with their answers, once what they wrote has settled."""
        seen = self.play(Transcript(consul="", scenario="", steps=tuple(map(unsent, requests)))).steps
        if any(map(_was_written, seen)):
            self.settle()
        return seen

    def settle(self) -> None:
        """Wait until the catalog has what the agent has, and has twice the same: Consul syncs a moment later."""
        deadline, before = time.monotonic() + _SETTLES_WITHIN, None
        while time.monotonic() < deadline:
            try:
                views = self._views()
            except _NO_ANSWER:
                views = None
            if views is not None and views == before and views[0] == views[1]:
                return
            before = views
            time.sleep(_BETWEEN_LOOKS)
        self.unsettled += 1

    def clean(self) -> None:
        """Remove all that is not the agent's own.

        Raises:
            NotClean: something stays, or it does not say what it has.
        """
        try:
            self._remove_all()
            self.settle()
            left = [self._others(), *(part for view in self._views() for part in view)]
        except _NO_ANSWER as failure:
            raise NotClean(f"it does not say what it has: {failure!r}") from failure
        if any(left):
            raise NotClean(f"it keeps {left}")

    def _remove_all(self) -> None:
        for service in self._ask("GET", "/v1/agent/services"):
            self._ask("PUT", f"/v1/agent/service/deregister/{quote(service, safe='')}")
        for check in self._ask("GET", "/v1/agent/checks"):
            self._ask("PUT", f"/v1/agent/check/deregister/{quote(check, safe='')}")
        for node in self._others():
            self._ask("PUT", "/v1/catalog/deregister", {"Node": node})

    def _others(self) -> list[str]:
        nodes = (node["Node"] for node in self._ask("GET", "/v1/catalog/nodes"))
        return [node for node in nodes if node != self._serving.place.node]

    def _views(self) -> tuple[_View, _View]:
        """Return services and checks as the agent has them, and as the catalog has them."""
        node = self._serving.place.node
        found = self._ask("GET", f"/v1/catalog/node/{node}")["Services"]
        listed = {check["CheckID"]: check for check in self._ask("GET", f"/v1/health/node/{node}")}
        found.pop(_OWN_SERVICE)
        listed.pop(_OWN_CHECK)
        services, checks = self._ask("GET", "/v1/agent/services"), self._ask("GET", "/v1/agent/checks")
        return _view(services, checks), _view(found, listed)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask on a connection of our own, which nothing that is compared uses."""
        self._connection.request(method, path, None if body is None else json.dumps(body))
        said = self._connection.getresponse().read()
        return json.loads(said) if method == "GET" else said


def _view(services: _Objects, checks: _Objects) -> _View:
    return _parts(services, _SERVICE_FIELDS), _parts(checks, _CHECK_FIELDS)


def _parts(objects: _Objects, fields: Sequence[str]) -> dict[str, list[Any]]:
    return {key: [value.get(name) or None for name in fields] for key, value in objects.items()}


@dataclass
class Pair:
    """The agent that is judged by, and the one that is judged; at the end of the block they are stopped.

    Args:
        reference: where the one that is judged by comes from.
        target: where the one that is judged comes from.
        through: what stands between us and the target, for what is compared.
    """

    reference: WireSource
    target: WireSource
    through: Callable[[Transport], Transport] = lambda transport: transport
    agents: list[Agent] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._pool.shutdown()

    def stop(self) -> None:
        """Stop both."""
        while self.agents:
            self.agents.pop().stop()

    def renew(self) -> None:
        """Have two agents on which nothing has happened yet."""
        self.stop()
        self.agents.append(self._started(self.reference))
        self.agents.append(self._started(self.target))

    def begin(self) -> None:
        """Begin a sequence on agents that are as good as new.

        Raises:
            NotClean: one of them is not, and cannot be made so.
        """
        for agent in self.agents:
            agent.forget()
        list(self._pool.map(Agent.clean, self.agents))

    def send(self, requests: Sequence[Request]) -> list[tuple[Step, Step]]:
        """Send the same to both at once, and return what each answered."""
        mine, theirs = self._pool.map(lambda agent: agent.send(requests), self.agents)
        return list(zip(mine, theirs, strict=True))

    def play(self, transcript: Transcript) -> tuple[Transcript, Transcript]:
        """Play a transcript to both, as it is, and return what each answered."""
        mine, theirs = self._pool.map(lambda agent: agent.play(transcript), self.agents)
        return mine, theirs

    def _started(self, source: WireSource) -> Agent:
        serving = source.start(threading.Event())
        way = self.through(serving.transport) if source is self.target else serving.transport
        return Agent(serving, way)


def unsent(request: Request) -> Exchange:
    """Return a request as a step that nobody has played."""
    return Exchange(request=request, response="not sent yet")


def pauses(requests: Sequence[Request]) -> list[Pause]:
    """Return the pause that, in a transcript, stands for the waiting after a write to an agent; none without one."""
    return [Pause(wait_seconds=SETTLED_AFTER)] * any(map(_is_agent_write, requests))


def _was_written(step: Step) -> bool:
    if not isinstance(step, Exchange) or not _is_agent_write(step.request):
        return False
    return isinstance(step.answer, str) or step.answer.status == HTTPStatus.OK


def _is_agent_write(request: Request) -> bool:
    return request.method == "PUT" and request.path.startswith("/v1/agent/")
