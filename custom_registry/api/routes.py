"""Both APIs on Flask: it reads a request of Flask's, has it answered, and makes a response of the reply.

What Flask itself refuses is told in the native API's way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.routing import BaseConverter

from custom_registry.api.body import LARGEST_BODY
from custom_registry.api.errors import FAULT, refuse
from custom_registry.api.exchange import Asked
from custom_registry.api.waiting import PARKING

if TYPE_CHECKING:
    from flask import Flask

    from custom_registry.api.consul.asking import Consul
    from custom_registry.api.exchange import Reply
    from custom_registry.api.native import Native


class _ServiceName(BaseConverter):
    """Any text at all, slashes and line breaks too: a name that nobody can have registered is not another path."""

    regex = "(?s:.+)"
    part_isolating = False


def register(app: Flask, native: Native, consul: Consul) -> None:
    """Have an application answer both APIs: which method and path is Consul's, is Consul's to say."""
    app.before_request(lambda: _answer_as_consul(consul))
    app.url_map.converters["service"] = _ServiceName
    app.register_blueprint(_blueprint(native))
    app.register_error_handler(HTTPException, _failed)


def _blueprint(native: Native) -> Blueprint:
    def answer(service: str = "") -> Response:  # noqa: ARG001 - it is in the path
        asked = _asked(request.path)
        view = native.find("GET" if asked.method == "HEAD" else asked.method, asked.path)
        if view is None:
            raise NotFound
        return _response(native.ask(view, asked, request.args.to_dict(flat=False)))

    routes = Blueprint("native", __name__)
    for path in ("/register", "/heartbeat", "/deregister"):
        routes.add_url_rule(path, view_func=answer, endpoint=path[1:], methods=["POST"])
    for path in ("/services", "/health", "/discover/<service:service>"):
        routes.add_url_rule(path, view_func=answer, endpoint=path[1:])
    routes.add_url_rule("/discover", view_func=answer, endpoint="discover", strict_slashes=False)
    return routes


def _answer_as_consul(consul: Consul) -> Response | None:
    path = request.environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    if not consul.takes(path):
        return None
    # Flask knows no such route, and keeps the error with the request: a ring that would hold the answer, however large,
    # until the garbage is collected.
    request.routing_exception = None
    return _response(consul.respond(_asked(path)))


def _asked(path: str) -> Asked:
    return Asked(
        method=request.method,
        path=path,
        query=request.query_string.decode("latin-1"),
        headers=request.headers,
        body=_body(),
        parking=request.environ.get(PARKING),
    )


def _body() -> bytes | None:
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        return None
    return body if len(body) <= LARGEST_BODY else None


def _response(reply: Reply) -> Response:
    response = Response(reply.body, reply.status)
    response.headers.clear()
    response.headers.extend(reply.headers)
    return response


def _failed(error: HTTPException) -> Response:
    """Answer what Flask refuses itself, keeping its headers (405 needs its Allow)."""
    headers = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
    code = (error.name or "").lower().replace(" ", "_")
    message = error.description or error.name
    match error:
        case InternalServerError():
            return _response(FAULT)
        case NotFound():
            message = f"there is nothing at {request.path}; GET /health says that the registry is there"
            code = "unknown_path"
        case MethodNotAllowed(valid_methods=methods):
            allowed = ", ".join(sorted(methods or ()))
            message = f"{request.path} does not take {request.method}, only {allowed}"
    return _response(refuse(error.code or 500, message, code, None, *headers))
