"""JSON over HTTP to a registry, with connections that are reused; the one place where errors become the contract's.

It knows no operation of the registry and no value of the contract but its errors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, InvalidChunkLength, LocationParseError, ProtocolError, ReadTimeoutError

from discovery.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    ConfigurationError,
    DiscoveryError,
    InvalidRequest,
    NotOffered,
    PermissionDenied,
    RequestRefused,
    UnknownInstance,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT_CONNECTIONS = 128  # as many threads can use one client without any of them opening a connection for each request
_SHOWN = 160  # characters of what is quoted in a message: a name, or what a server sent, may be of any length
_UNAVAILABLE = {408, 429, 502, 503, 504}  # 408: a proxy closes a connection that was idle for long, and says so
_DENIED = {401, 403}
_NOT_OFFERED = {404, 405, 501}
_UNKNOWN = ("unknown_instance", "no_heartbeat")  # codes of those that no heartbeat renews


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registry answered when it did what it was asked: a JSON object, and the headers beside it."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]


class _Session(requests.Session):
    """Follows no redirect, and does not even look where one leads, as requests does: it may be no URL at all."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Lead nowhere."""


class Transport:
    """A connection pool to one registry; any number of threads may use it.

    The environment's proxies, certificates and netrc are left aside (``trust_env``): a registry is spoken to directly,
    above all one on 127.0.0.1, and what its URL says is all there is.

    Args:
        base: ``http://host:port``, without a slash at its end.
        timeout: seconds for a connection, and again for each silence of the server before its answer is complete.
        verify: whether to verify a certificate, or the file or folder of the authorities to trust.
    """

    def __init__(self, base: str, *, timeout: float, verify: bool | str = True) -> None:
        """Open nothing yet."""
        self._base = base
        self._timeout = timeout
        self._session = _Session()
        self._session.trust_env = False
        self._session.verify = verify
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_KEPT_CONNECTIONS))

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._session.close()

    def get(self, path: str, arguments: Mapping[str, str] | None = None, *, patience: float = 0.0) -> Answer:
        """Ask for a path.

        Args:
            path: quoted, from the slash on.
            arguments: of the query, unquoted.
            patience: seconds for which the server may let the answer wait, on top of the timeout.

        Raises:
            DiscoveryError: one of the errors that every operation of a backend may raise, or ``InvalidRequest``.
        """
        try:
            query = f"?{urlencode(arguments)}" if arguments else ""
        except UnicodeEncodeError as error:
            raise InvalidRequest(f"half of a surrogate pair cannot be sent: {error}") from error
        return self._ask("GET", f"{path}{query}", None, InvalidRequest, patience)

    def post(self, path: str, body: Mapping[str, object], *, refusal: type[RequestRefused] = InvalidRequest) -> Answer:
        """Send a JSON object to a path.

        Args:
            path: quoted, from the slash on.
            body: what is None in it is left out.
            refusal: what to raise when the server calls it wrong.

        Raises:
            DiscoveryError: as for ``get``, and ``refusal``.
        """
        content = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
        return self._ask("POST", path, content, refusal, 0.0)

    def _ask(
        self, method: str, target: str, content: bytes | None, refusal: type[RequestRefused], patience: float
    ) -> Answer:
        where = f"{method} {self._base}{target[:_SHOWN]}"
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            prepared = self._session.prepare_request(requests.Request(method, self._base, headers, data=content))
            # Not prepared by requests: it would take a service named ".." for the folder above, quoted or not.
            prepared.url = f"{self._base}{target}"
            response = self._send(prepared, (self._timeout, self._timeout + patience))
        except (OSError, HTTPError) as error:  # all of requests' are OSErrors; of urllib3's some slip through it
            raise translate(error, where) from error
        body = _decode(response.content)
        if not 200 <= response.status_code < 300:  # noqa: PLR2004 - HTTP's own division
            raise _refused(response, body or {}, where, refusal)
        if body is None:
            raise BackendError(f"{where}: the answer is not a JSON object: {response.content[:_SHOWN]!r}")
        return Answer(body, response.headers)

    def _send(self, prepared: requests.PreparedRequest, timeout: tuple[float, float]) -> requests.Response:
        """Send, and once more where a connection was closed without an answer.

        A server closes connections that were idle for long; one that does so just as a request is sent on it has not
        read it. Every request of the registry's API may be repeated, done twice is done once; only of a deregistration
        that had been read all the same is it said then that there was nothing to remove.
        """
        try:
            return self._session.send(prepared, timeout=timeout)
        except requests.ConnectionError as error:
            if not _closed_unanswered(error):
                raise
        return self._session.send(prepared, timeout=timeout)


def translate(error: OSError | HTTPError, where: str) -> DiscoveryError:
    """Return the contract's error for one of requests' or urllib3's.

    Args:
        error: what was raised instead of an answer.
        where: the request, for the message.
    """
    cause = error.args[0] if error.args else None
    reason = _root(error)
    if isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
        return BackendTimeout(f"{where}: no answer in time")
    if isinstance(error, requests.exceptions.InvalidURL | LocationParseError):
        return ConfigurationError(f"{where}: the host cannot be reached under this name: {reason}")
    if isinstance(error, requests.exceptions.SSLError):
        return BackendError(f"{where}: no TLS connection: {reason}")
    if _answered_nonsense(cause):
        return BackendError(f"{where}: the answer is not HTTP: {reason}")
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return BackendUnavailable(f"{where}: {reason}")
    return BackendError(f"{where}: {reason}")


def _root(error: BaseException) -> str:
    """Say what happened first: two libraries have wrapped it, each with the address once more."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return str(error)[:_SHOWN] or type(error).__name__


def _closed_unanswered(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, ProtocolError) and isinstance(cause.args[-1], ConnectionError)


def _answered_nonsense(cause: object) -> bool:
    """Tell whether something came that is no HTTP. What only broke off may come whole another time."""
    seen = cause.args[-1] if isinstance(cause, ProtocolError) else None
    if isinstance(seen, InvalidChunkLength):  # urllib3 makes an IncompleteRead of it
        return True
    return isinstance(seen, HTTPException) and not isinstance(seen, OSError | IncompleteRead)


def _decode(content: bytes) -> Mapping[str, Any] | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _refused(
    response: requests.Response, body: Mapping[str, Any], where: str, refusal: type[RequestRefused]
) -> DiscoveryError:
    """Return the error for a status; the registry's own refusals say what is wrong, and with which field."""
    status = response.status_code
    message, field = body.get("error"), body.get("field")
    if not isinstance(message, str):
        message = f"{where}: answered {status}"
        if response.is_redirect:
            message += f", a redirect to {response.headers['Location'][:_SHOWN]!r}"
    if not isinstance(field, str):
        field = None
    if status in _DENIED:
        return PermissionDenied(message)
    if status in _UNAVAILABLE:
        return BackendUnavailable(message)
    if body.get("code") in _UNKNOWN:
        return UnknownInstance(message, field=field)
    if status in _NOT_OFFERED:
        return NotOffered(message)
    if 400 <= status < 500:  # noqa: PLR2004 - HTTP's own division
        return refusal(message, field=field)
    return BackendError(message)
