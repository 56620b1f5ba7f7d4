"""Consul's endpoints as Flask blueprints, one for each part of the API: routes, and nothing of what they answer.

Paths are told apart as Go's ``ServeMux`` does: exact ones, and beginnings that end with a slash, the longest counting.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import BaseConverter, Rule

from custom_registry.api.body import LARGEST_BODY
from custom_registry.api.consul import envelope
from custom_registry.api.consul.answers import TEXT, Answer, Refused
from custom_registry.api.consul.arguments import Arguments, BrokenQuery
from custom_registry.api.consul.call import Call, Facade
from custom_registry.api.consul.endpoints import ENDPOINTS, Endpoint
from custom_registry.api.consul.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.blueprints import BlueprintSetupState

    from custom_registry.api.consul.call import View


class _Rest(BaseConverter):
    """What a path says below an endpoint: any text at all, and none."""

    regex = "(?s:.*)"
    part_isolating = False


def register(app: Flask, facade: Facade) -> None:
    """Have an application answer under ``/v1`` as Consul does."""
    app.url_map.converters["rest"] = _Rest
    app.before_request(lambda: _put_right(facade))
    for blueprint in blueprints(facade):
        app.register_blueprint(blueprint)


def blueprints(facade: Facade) -> list[Blueprint]:
    """Return a blueprint for each part of the API, and one for the paths that are nobody's."""
    known = [endpoint for endpoint in ENDPOINTS if endpoint.path not in facade.dialect.lacks_endpoints]
    exact = {endpoint.path for endpoint in known}
    made = []
    for part, group in groupby(known, key=lambda endpoint: endpoint.path.split("/")[2]):
        blueprint = Blueprint(f"consul-{part}", __name__)
        for endpoint in group:
            _add(blueprint, endpoint.path, _serve(facade, endpoint, VIEWS.get(endpoint.path, _not_here)))
            bare = endpoint.path.rstrip("/")
            if bare not in exact:
                exact.add(bare)
                _add(blueprint, bare, _redirect(facade, endpoint.path))
        made.append(blueprint)
    others = Blueprint("consul", __name__)
    for path in ("/v1", "/v1/"):
        _add(others, path, _nowhere(facade))
    return [*made, others]


def _add(blueprint: Blueprint, path: str, view: Callable[..., Response]) -> None:
    """Add a route that takes any method: which ones an endpoint takes is Consul's to say, in its own way."""
    endpoint = f"{blueprint.name}.{path}"

    def add(state: BlueprintSetupState) -> None:
        state.app.url_map.add(Rule(path + "<rest:rest>" if path.endswith("/") else path, endpoint=endpoint))
        state.app.view_functions[endpoint] = view

    blueprint.record(add)


def _serve(facade: Facade, endpoint: Endpoint, view: View) -> Callable[..., Response]:
    dialect = facade.dialect

    def serve(rest: str = "") -> Response:
        try:
            arguments = Arguments.parse(request.query_string.decode("latin-1"), dialect)
        except BrokenQuery:
            return envelope.broken_query(dialect)
        if request.method == "OPTIONS":
            answer = envelope.tell_methods(endpoint.methods)
        elif request.method not in endpoint.methods:
            answer = envelope.refuse_method(request.method, endpoint.methods)
        else:
            answer = _answer(facade, endpoint, view, rest, arguments)
        return envelope.respond(answer, dialect, request.headers)

    return serve


def _answer(facade: Facade, endpoint: Endpoint, view: View, rest: str, arguments: Arguments) -> Answer:
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        return _too_large()
    if len(body) > LARGEST_BODY:
        return _too_large()
    call = Call(facade, request.method, endpoint.path, rest, arguments, request.headers, body, request.environ)
    try:
        return view(call)
    except Refused as refused:
        return refused.answer


def _too_large() -> Answer:
    return Answer(f"Request body too large, max size: {LARGEST_BODY} bytes", 413, content_type=TEXT)


def _not_here(call: Call) -> Answer:
    """Say that an endpoint of Consul's is not served, so that nobody takes the lack for an empty answer."""
    raise Refused(501, f"{call.method} {call.path}{call.rest} is not implemented by this registry")


def _nowhere(facade: Facade) -> Callable[..., Response]:
    def answer(rest: str = "") -> Response:
        return envelope.unknown_path(f"{request.path}{rest}", facade.dialect)

    return answer


def _redirect(facade: Facade, path: str) -> Callable[..., Response]:
    def redirect() -> Response:
        return envelope.redirect(_location(path), request.method, facade.dialect)

    return redirect


def _put_right(facade: Facade) -> Response | None:
    """Answer what Consul's server answers before it looks for an endpoint."""
    path = request.environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    cleaned = envelope.clean_path(path)
    if not (cleaned == "/v1" or cleaned.startswith("/v1/")):
        return None
    if not path.isprintable():
        return envelope.unprintable_path()
    if cleaned != path:
        return envelope.redirect(_location(cleaned), request.method, facade.dialect)
    return None


def _location(path: str) -> str:
    query = request.query_string.decode("latin-1")
    return quote(path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
