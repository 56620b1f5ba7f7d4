"""Runs an HTTP check once; it knows of the check no more than the request and its limits.

It speaks HTTP by h11 on asyncio's streams, since a request that hangs must hold no thread. What is sent and what is
said of the answer is as on Consul 1.8.7: a connection of its own for each request, at most ten redirects, the end of a
body rather than its beginning, and an answer whose body breaks off or never ends still counts. Unlike Consul it asks
for no gzip and goes through no proxy.
"""

from __future__ import annotations

import asyncio
import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import h11
from msgspec import Struct, field
from msgspec.structs import replace

from custom_registry.core.probes import HttpRequest, Result
from custom_registry.probing import urls
from custom_registry.probing.dialing import ProbeError, Stream, connect, read_failure
from discovery.model import Health

if TYPE_CHECKING:
    from custom_registry.probing.urls import Target

_MOST_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}
_SAME_METHOD = {307, 308}
_TOO_MANY_REQUESTS = 429
_SECRETS = {"authorization", "cookie"}  # not for another host
_CHUNK = 65_536
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class _Answer(Struct):
    """What has come of an answer so far; of the body no more than its end."""

    first_line: str = ""
    status: int = 0
    reason: str = ""
    location: str = ""
    body: bytearray = field(default_factory=bytearray)

    def begin_anew(self) -> None:
        self.first_line, self.status, self.reason, self.location = "", 0, "", ""
        self.body.clear()

    def take(self, data: bytes, limit: int) -> None:
        self.body += data
        del self.body[:-limit]


async def request(action: HttpRequest, time_limit: float, output_limit: int) -> Result:
    """Send the request, follow where it is sent, and judge the answer.

    Args:
        action: what to send.
        time_limit: seconds for all of it.
        output_limit: bytes of the body to keep.
    """
    method = action.method or "GET"
    answer = _Answer()
    try:
        _check(method, action.url)
        async with asyncio.timeout(time_limit):
            await _follow(replace(action, method=method), answer, time_limit, output_limit)
    except ProbeError as error:
        return Result(Health.CRITICAL, str(error))
    except TimeoutError:
        if not answer.status:
            reason = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            return Result(Health.CRITICAL, str(_failed(method, action.url, reason)))
    body = answer.body.decode("utf-8", "replace")
    output = f"HTTP {method} {action.url}: {answer.status} {answer.reason} Output: {body}"
    return Result(_health(answer.status), output)


def _check(method: str, url: str) -> None:
    if not _METHOD.fullmatch(method):
        raise ProbeError(f'net/http: invalid method "{method}"')
    urls.check_syntax(url)


async def _follow(action: HttpRequest, answer: _Answer, time_limit: float, output_limit: int) -> None:
    """Ask, and ask again where the answer says. What there is of the last answer stands in ``answer`` at any time."""
    for _ in range(_MOST_REDIRECTS):
        try:
            target = urls.parse(action.url)
            await _exchange(action, target, answer, time_limit, output_limit)
        except ProbeError as error:
            raise _failed(action.method, action.url, str(error)) from error
        if action.disable_redirects or answer.status not in _REDIRECTS or not answer.location:
            return
        action = _redirected(action, answer)
        last_location = answer.location
        answer.begin_anew()
    raise _failed(action.method, last_location, f"stopped after {_MOST_REDIRECTS} redirects")


async def _exchange(action: HttpRequest, target: Target, answer: _Answer, time_limit: float, output_limit: int) -> None:
    """Send one request and read its answer.

    Raises:
        ProbeError: no answer came.
    """
    connection = h11.Connection(h11.CLIENT)
    try:
        sent = _encode(connection, action, target)
    except h11.LocalProtocolError as error:
        raise ProbeError(f"net/http: {error}") from error
    stream = await connect(target.host, target.port, time_limit, action.tls if target.tls else None)
    try:
        stream.writer.write(sent)
        await _read(connection, stream, answer, output_limit)
    except h11.RemoteProtocolError as error:
        if not answer.status:
            reason = f'malformed HTTP response "{answer.first_line}"'
            raise ProbeError(f"net/http: HTTP/1.x transport connection broken: {reason}") from error
    except OSError as error:
        if not answer.status:
            raise read_failure(stream, error) from error
    finally:
        stream.close()


async def _read(connection: h11.Connection, stream: Stream, answer: _Answer, output_limit: int) -> None:
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await stream.reader.read(_CHUNK)
            if not data and not answer.status:
                raise ProbeError("EOF")
            answer.first_line = answer.first_line or data.partition(b"\n")[0].rstrip().decode("latin-1")
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            answer.status = event.status_code
            answer.reason = event.reason.decode("latin-1")
            headers = {name: value for name, value in event.headers if name == b"location"}
            answer.location = headers.get(b"location", b"").decode("latin-1")
        elif isinstance(event, h11.Data):
            answer.take(bytes(event.data), output_limit)
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED:
            return


def _encode(connection: h11.Connection, action: HttpRequest, target: Target) -> bytes:
    body = action.body.encode()
    event = h11.Request(method=action.method.encode(), target=target.path, headers=_headers(action, target, len(body)))
    sent = (
        connection.send(event),
        connection.send(h11.Data(body)) if body else b"",
        connection.send(h11.EndOfMessage()),
    )
    return b"".join(part or b"" for part in sent)


def _headers(action: HttpRequest, target: Target, length: int) -> list[tuple[bytes, bytes]]:
    given = [(name, value) for name, values in action.header.items() for value in values]
    names = {name.lower() for name, value in given if value}
    headers = [("Host", target.authority)] if "host" not in names else []
    if "user-agent" not in names:
        headers.append(("User-Agent", "Consul Health Check"))
    if "accept" not in names:
        headers.append(("Accept", "text/plain, text/*, */*"))
    if target.user is not None and "authorization" not in names:
        headers.append(("Authorization", f"Basic {base64.b64encode(target.user.encode()).decode()}"))
    headers += [(name, value) for name, value in given if name.lower() not in ("content-length", "connection")]
    if length:
        headers.append(("Content-Length", str(length)))
    headers.append(("Connection", "close"))
    return [(name.encode(), value.encode()) for name, value in headers]


def _redirected(action: HttpRequest, answer: _Answer) -> HttpRequest:
    """Return the request that an answer asks for instead."""
    url = urljoin(action.url, answer.location)
    urls.check_syntax(url)
    header = action.header
    if urlsplit(url).netloc != urlsplit(action.url).netloc:
        header = {name: values for name, values in header.items() if name.lower() not in _SECRETS | {"host"}}
    if answer.status in _SAME_METHOD or action.method in ("GET", "HEAD"):
        return replace(action, url=url, header=header)
    return replace(action, url=url, header=header, method="GET", body="")


def _health(status: int) -> Health:
    if 200 <= status <= 299:  # noqa: PLR2004 - HTTP's class of success
        return Health.PASSING
    return Health.WARNING if status == _TOO_MANY_REQUESTS else Health.CRITICAL


def _failed(method: str, url: str, reason: str) -> ProbeError:
    try:
        shown = urls.parse(url).url
    except ProbeError:
        shown = url
    return ProbeError(f'{method[:1]}{method[1:].lower()} "{shown}": {reason}')
