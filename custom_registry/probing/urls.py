"""Takes the URL of an HTTP check apart, and says what is wrong with it in Go's words; it sends nothing."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from custom_registry.probing.dialing import ProbeError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_KEPT = "%/:@!$&'()*+,;=-._~?[]"  # what quoting leaves alone in a path or query: it may be quoted already


class Target(Struct, frozen=True):
    """Where a request goes.

    Args:
        url: it, without a password: as it is shown.
        tls: whether by https.
        host: without brackets.
        port: as text.
        authority: the ``Host`` header.
        path: with the query, as sent.
        user: ``name:password`` of the URL; None where it has none.
    """

    url: str
    tls: bool
    host: str
    port: str
    authority: str
    path: str
    user: str | None


def check_syntax(url: str) -> None:
    """See whether Go would parse a URL.

    Raises:
        ProbeError: it would not.
    """
    reason = _syntax_error(url)
    if reason:
        quoted = "".join(f"\\x{ord(char):02x}" if _CONTROL.match(char) else char for char in url)
        raise ProbeError(f'parse "{quoted}": {reason}')


def parse(url: str) -> Target:
    """Take a URL apart whose syntax has been checked.

    Raises:
        ProbeError: it is not one of an HTTP server.
    """
    parts = urlsplit(url)
    # urlsplit takes localhost:80 for a scheme and a path, as Go does.
    if parts.scheme not in _DEFAULT_PORTS:
        raise ProbeError(f'unsupported protocol scheme "{parts.scheme}"')
    user, _, authority = parts.netloc.rpartition("@")
    host, port = _host_and_port(authority)
    if not host:
        raise ProbeError("http: no Host in request URL")
    path = quote(parts.path or "/", safe=_KEPT) + (f"?{quote(parts.query, safe=_KEPT)}" if parts.query else "")
    shown = url.replace(f"{user}@", f"{user.partition(':')[0]}:***@", 1) if ":" in user else url
    return Target(
        url=shown,
        tls=parts.scheme == "https",
        host=host,
        port=port or _DEFAULT_PORTS[parts.scheme],
        authority=authority,
        path=path,
        user=unquote(user) if user else None,
    )


def _syntax_error(url: str) -> str | None:  # noqa: PLR0911 - one for each fault
    if _CONTROL.search(url):
        return "net/url: invalid control character in URL"
    if url.startswith(":"):
        return "missing protocol scheme"
    if not _SCHEME.match(url) and ":" in url.partition("/")[0]:
        return "first path segment in URL cannot contain colon"
    bad_escape = _BAD_ESCAPE.search(url)
    if bad_escape:
        return f'invalid URL escape "{url[bad_escape.start() : bad_escape.start() + 3]}"'
    try:
        authority = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:  # brackets without end, or with nonsense in them
        return "missing ']' in host"
    wrong = re.search(r'[ <>"\\^`{|}]', authority)
    if wrong:
        return f'invalid character "{wrong[0]}" in host name'
    _, port = _host_and_port(authority)
    if port and not re.fullmatch(r"[0-9]+", port):
        return f'invalid port ":{port}" after host'
    return None


def _host_and_port(authority: str) -> tuple[str, str]:
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = authority.partition(":")
    return host, port
