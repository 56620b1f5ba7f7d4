"""Has a request under ``/v1`` answered: finds the endpoint, asks its view, puts the answer into its envelope.

It is the one way from a request to a reply, whoever serves: Flask (``api.routes``), or the event loop itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from custom_registry.api.body import LARGEST_BODY
from custom_registry.api.consul import envelope
from custom_registry.api.consul.answers import NOTHING, TEXT, Answer, Refused
from custom_registry.api.consul.arguments import Arguments, BrokenQuery
from custom_registry.api.consul.call import Call, Facade
from custom_registry.api.consul.mux import Mux
from custom_registry.api.consul.views import VIEWS

if TYPE_CHECKING:
    from custom_registry.api.consul.call import View
    from custom_registry.api.consul.endpoints import Endpoint
    from custom_registry.api.exchange import Asked, Headers, Reply
    from custom_registry.api.waiting import Parking


class Question(Struct, frozen=True):
    """A request that an endpoint takes, all but its body understood: it can be asked again and again.

    Args:
        endpoint: whose it is.
        view: what answers it.
        method: of HTTP.
        rest: what the path says beyond the endpoint's.
        arguments: of the query string.
        headers: of the request.
    """

    endpoint: Endpoint
    view: View
    method: str
    rest: str
    arguments: Arguments
    headers: Headers

    def about(self, rest: str) -> Question:
        """Return the same, but for what the path says beyond the endpoint's."""
        return Question(self.endpoint, self.view, self.method, rest, self.arguments, self.headers)


class Consul:
    """Consul's API.

    Args:
        facade: over what, and in which dialect.
    """

    def __init__(self, facade: Facade) -> None:
        """Answer nothing yet."""
        self._facade = facade
        self._dialect = facade.dialect
        self._mux = Mux(facade.dialect)
        self._nothing = envelope.respond(NOTHING, facade.dialect, {})

    def takes(self, path: str) -> bool:
        """Return whether a path, however it is written, is one of Consul's API."""
        cleaned = envelope.clean_path(path)
        return cleaned == "/v1" or cleaned.startswith("/v1/")

    def respond(self, asked: Asked) -> Reply:
        """Answer any request under ``/v1``."""
        found = self._find(asked.path)
        if found is None:
            return self._show_the_way(asked)
        endpoint, rest = found
        try:
            arguments = Arguments.parse(asked.query, self._dialect)
        except BrokenQuery:
            return envelope.broken_query(self._dialect)
        if asked.method not in endpoint.methods:
            return self._respond(envelope.refuse_method(asked.method, endpoint.methods), asked.headers)
        if asked.body is None:
            return self._respond(_TOO_LARGE, asked.headers)
        question = _question(endpoint, asked.method, rest, arguments, asked.headers)
        return self.ask(question, asked.body, asked.parking)

    def understand(self, asked: Asked) -> Question | None:
        """Return what an endpoint is asked; None where the request is none that an endpoint takes."""
        found = self._find(asked.path)
        if found is None or asked.method not in found[0].methods:
            return None
        try:
            arguments = Arguments.parse(asked.query, self._dialect)
        except BrokenQuery:
            return None
        return _question(found[0], asked.method, found[1], arguments, asked.headers)

    def ask(self, question: Question, body: bytes, parking: Parking | None) -> Reply:
        """Have a question answered."""
        call = Call(
            self._facade,
            question.method,
            question.endpoint.path,
            question.rest,
            question.arguments,
            question.headers,
            body,
            parking,
        )
        try:
            answer = question.view(call)
        except Refused as refused:
            answer = refused.answer
        return self._respond(answer, question.headers, pretty=self._facade.pretty or "pretty" in question.arguments)

    def _find(self, path: str) -> tuple[Endpoint, str] | None:
        clean = path.isprintable() and envelope.clean_path(path) == path
        return self._mux.find(path) if clean else None

    def _show_the_way(self, asked: Asked) -> Reply:
        """Answer a path that is no endpoint's: Consul's server does so before it looks at anything else."""
        path = asked.path
        if not path.isprintable():
            return envelope.unprintable_path()
        put_right = envelope.clean_path(path)
        if put_right == path and self._mux.lacks_slash(path):
            put_right = f"{path}/"
        if put_right == path:
            return envelope.unknown_path(path, self._dialect)
        return envelope.redirect(_location(put_right, asked.query), asked.method, self._dialect)

    def _respond(self, answer: Answer, headers: Headers, *, pretty: bool = False) -> Reply:
        if answer is NOTHING:  # as to most writes: it is always the same
            return self._nothing
        return envelope.respond(answer, self._dialect, headers, pretty=pretty)


_TOO_LARGE = Answer(f"Request body too large, max size: {LARGEST_BODY} bytes", 413, content_type=TEXT)


def _question(endpoint: Endpoint, method: str, rest: str, arguments: Arguments, headers: Headers) -> Question:
    return Question(endpoint, VIEWS.get(endpoint.path, _not_here), method, rest, arguments, headers)


def _not_here(call: Call) -> Answer:
    """Say that an endpoint of Consul's is not served, so that nobody takes the lack for an empty answer."""
    raise Refused(501, f"{call.method} {call.path}{call.rest} is not implemented by this registry")


def _location(path: str, query: str) -> str:
    return quote(path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
