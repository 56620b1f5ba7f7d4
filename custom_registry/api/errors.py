"""The one mapping of errors to HTTP; it knows no route.

Every refusal is JSON: ``error`` says what is wrong and what would be right, ``field`` names the value that is wrong
(null where it is none of them), ``code`` is for programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from custom_registry.api.body import LARGEST_BODY
from discovery.errors import InvalidRequest, RequestRefused, UnknownInstance

if TYPE_CHECKING:
    from flask import Flask


class NoHeartbeat(RequestRefused):
    """An instance is there, but waits for no heartbeat: Consul's API registered it without a TTL check."""


_REFUSALS: dict[type[RequestRefused], tuple[int, str]] = {
    InvalidRequest: (400, "invalid_request"),
    UnknownInstance: (404, "unknown_instance"),
    NoHeartbeat: (409, "no_heartbeat"),
}


def register(app: Flask) -> None:
    """Have an application answer every error in this module's way."""
    for kind in _REFUSALS:
        app.register_error_handler(kind, _refused)
    app.register_error_handler(HTTPException, _failed)


def _refused(error: RequestRefused) -> tuple[Response, int]:
    status, code = _REFUSALS[type(error)]
    return _answer(str(error), code, error.field), status


def _failed(error: HTTPException) -> Response:
    """Answer what Flask refuses itself, keeping its headers (405 needs its Allow)."""
    headers = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
    match error:
        case NotFound():
            answer = _answer(
                f"there is nothing at {request.path}; GET /health says that the registry is there", "unknown_path"
            )
        case MethodNotAllowed(valid_methods=methods):
            allowed = ", ".join(sorted(methods or ()))
            answer = _answer(f"{request.path} does not take {request.method}, only {allowed}", "method_not_allowed")
        case RequestEntityTooLarge():
            answer = _answer(f"the body is too large: at most {LARGEST_BODY // 1024} KiB", "too_large")
        case _:
            answer = _answer(error.description or error.name, error.name.lower().replace(" ", "_"))
    answer.status_code = error.code or 500
    answer.headers.extend(headers)
    return answer


def _answer(message: str, code: str, field: str | None = None) -> Response:
    return jsonify(error=message, field=field, code=code)
