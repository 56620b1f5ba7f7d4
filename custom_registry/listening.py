"""Opens what the server listens on: TCP addresses and Unix sockets; it knows nothing of who is served."""

from __future__ import annotations

import contextlib
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from custom_registry.config import UNIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BACKLOG = 4096  # connections that may wait to be accepted: a burst; the system's own limit (somaxconn) still applies


class StartError(Exception):
    """The server cannot start; the message says why, in one line."""


class Listener(Struct, frozen=True):
    """A socket that listens, and how clients name it: ``http://127.0.0.1:8500`` or ``unix:///run/registry.sock``."""

    socket: socket.socket
    url: str


@contextlib.contextmanager
def listening(hosts: Sequence[str], port: int) -> Iterator[list[Listener]]:
    """Listen, so that what is taken already is known before anything else is done; at the end close all.

    Args:
        hosts: addresses, names, or ``unix://`` and a path.
        port: of all that are no paths; 0 for a free one, the same for all.

    Raises:
        StartError: one of them cannot be listened on.
    """
    with contextlib.ExitStack() as stack:
        listeners = []
        for host in hosts:
            if host.startswith(UNIX):
                opened = stack.enter_context(_unix(host.removeprefix(UNIX)))
                listeners.append(Listener(opened, host))
            else:
                opened = stack.enter_context(_tcp(host, port))
                port = opened.getsockname()[1]
                listeners.append(Listener(opened, f"http://{authority(host, port)}"))
        yield listeners


def authority(host: str, port: int) -> str:
    """Return ``host:port``, with the brackets that an IPv6 address needs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _tcp(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason, _, _ = (error.strerror or str(error)).partition(" (while attempting")  # to bind; the address once more
        raise StartError(f"cannot listen on {authority(host, port)}: {reason}") from error


@contextlib.contextmanager
def _unix(name: str) -> Iterator[socket.socket]:
    """Listen on a path, in place of a socket that someone left behind; at the end it is gone."""
    path = Path(name)
    with socket.socket(socket.AF_UNIX) as opened:
        try:
            if _left_behind(path):
                path.unlink()
            opened.bind(name)
            opened.listen(BACKLOG)
        except OSError as error:
            raise StartError(f"cannot listen on {UNIX}{name}: {error.strerror or error}") from error
        try:
            yield opened
        finally:
            path.unlink(missing_ok=True)


def _left_behind(path: Path) -> bool:
    """Return whether a path is a socket on which nobody listens."""
    with contextlib.suppress(FileNotFoundError), socket.socket(socket.AF_UNIX) as asked:
        if stat.S_ISSOCK(path.stat().st_mode):
            return asked.connect_ex(str(path)) != 0
    return False
