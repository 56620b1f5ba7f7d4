"""Where a target of the wire comes from: a URL, or an agent that is started here for each scenario."""

from __future__ import annotations

import json
import os
import shutil
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from packaging.version import Version

from compare.consul_agent import GRPC_TLS_SINCE, binary_version
from compare.processes import Child, StartFailed, free_ports
from compare.sources import TargetMissing
from compare.wire.player import HTTP_PORT, NODE, Place
from compare.wire.transcript import BadTranscript, matching, versions
from compare.wire.transport import HTTP, Sent

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from compare.wire.transport import Transport

_ATTEMPTS = 3  # to start an agent, should somebody take one of its ports between our look and its start
_WITHIN = 40.0  # seconds in which an agent must be ready
_FIRST_SYNC: Final = 3.5
"""Seconds: once its server is up, an agent of Consul's waits for up to 3, at random, before it brings all that it has
into the catalog, and until then brings no change: of 24 agents of 1.8.7 nine showed a lapse more than a second late, of
16 that were left alone for so long none."""
_ANSWER_WITHIN = 5.0
_SERVERS = {"http": HTTP_PORT, "server": 8300}
_GOSSIP = {"serf-lan": 8301, "serf-wan": 8302, "dns": 8600, "grpc": 8502}
_SECURE = {"grpc-tls": 8503}


class UnknownTarget(Exception):
    """No target is called so; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Serving:
    """An agent that serves.

    Args:
        transport: the way to it.
        place: what is its own.
        stop: stops what was started here; does nothing for what was there before.
        unsteady: seconds from now on in which, having just been started, it may show changes late.
    """

    transport: Transport
    place: Place
    stop: Callable[[], None] = lambda: None
    unsteady: float = 0.0


class WireSource(Protocol):
    """Where agents come from.

    Args:
        name: what it is called in the comparison.
        how: how it is come by, in words.
        fresh: whether each start gives an agent of its own, on which nothing has happened.
    """

    @property
    def name(self) -> str:
        """Return what it is called in the comparison."""
        ...

    @property
    def how(self) -> str:
        """Return how it is come by, in words."""
        ...

    @property
    def fresh(self) -> bool:
        """Return whether each start gives an agent of its own."""
        ...

    def version(self, stop: threading.Event) -> str:
        """Return the version of Consul that it is, or claims to be.

        Raises:
            TargetMissing: it cannot be had, or does not say.
            Interrupted: the run was stopped meanwhile.
        """
        ...

    def start(self, stop: threading.Event) -> Serving:
        """Have an agent.

        Raises:
            TargetMissing: it cannot be had.
            Interrupted: the run was stopped meanwhile; nothing is left running.
        """
        ...


@dataclass(frozen=True, slots=True)
class AtURL:
    """An agent that is there already, and keeps what each scenario leaves behind."""

    url: str
    name: str = ""
    fresh: bool = False

    def __post_init__(self) -> None:
        """Call it by its URL, unless it has a name."""
        if not self.name:
            object.__setattr__(self, "name", self.url)

    @property
    def how(self) -> str:
        """Return how it is come by, in words."""
        return f"{self.url}, there already, so that what one scenario leaves is there in the next"

    def version(self, stop: threading.Event) -> str:
        """Ask it."""
        return str(_about(HTTP(self.url, stop), self.url).get("Version", ""))

    def start(self, stop: threading.Event) -> Serving:
        """Ask what it is called."""
        transport = HTTP(self.url, stop)
        node = str(_about(transport, self.url).get("NodeName", NODE))
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return Serving(transport, Place(node, {port: HTTP_PORT}))


@dataclass(frozen=True, slots=True)
class Started:
    """Agents that are started here, as those of the transcripts were, each of their ports being a free one.

    Args:
        name: what they are called in the comparison.
        command: what starts one, up to ``agent``.
        how: in words.
        consul: the version that they are, or claim to be.
        ports: which ports they open, each with the one that the transcripts have.
        arguments: further ones.
        unsteady: seconds after its start in which one may show changes late.
    """

    name: str
    command: tuple[str, ...]
    how: str
    consul: str
    ports: Mapping[str, int]
    arguments: tuple[str, ...] = ()
    unsteady: float = 0.0
    fresh: bool = field(default=True, init=False)

    def version(self, stop: threading.Event) -> str:  # noqa: ARG002 - there is nothing to wait for
        """Return the version that they are."""
        return self.consul

    def start(self, stop: threading.Event) -> Serving:
        """Start one; again on other ports if one of them was taken meanwhile."""
        tried = ""
        for _ in range(_ATTEMPTS):
            try:
                return self._launch(stop)
            except StartFailed as error:
                tried = str(error)
                if "address already in use" not in tried:
                    break
        raise TargetMissing(tried)

    def _launch(self, stop: threading.Event) -> Serving:
        own = dict(zip(self.ports, free_ports(len(self.ports)), strict=True))
        identity = str(uuid.uuid4())
        about = [f"-node={NODE}", f"-node-id={identity}", "-bind=127.0.0.1", "-log-level=err"]
        settings = ["agent", "-dev", *about, *self.arguments]
        command = [*self.command, *settings, *(f"-{kind}-port={port}" for kind, port in own.items())]
        # Consul would otherwise ask its makers for a newer version
        child = Child(command, os.environ | {"CHECKPOINT_DISABLE": "1"})
        transport = HTTP(f"http://127.0.0.1:{own['http']}", stop)
        child.wait_until(lambda: _settled(transport, identity), transport.clock, _WITHIN)
        place = Place(NODE, {own[kind]: port for kind, port in self.ports.items()})
        return Serving(transport, place, child.stop, self.unsteady)


def resolve(text: str, *, binary: str | None = None) -> WireSource:
    """Return what a name or a URL on the command line means; nothing is started.

    Args:
        text: ``facade``, ``facade:<version>``, ``consul``, a URL, or ``<name>=<URL>``.
        binary: the program to take for ``consul``, in place of the one on PATH.

    Raises:
        UnknownTarget: it is none of these; the message says what there is.
        TargetMissing: there is no such program.
    """
    name, separator, url = text.partition("=")
    if "://" in text:
        given, url = (name, url) if separator and "://" not in name else ("", text)
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise UnknownTarget(f"{url}: an agent's URL is of the form http://host:port")
        return AtURL(url.rstrip("/"), given)
    kind, _, wanted = text.partition(":")
    if kind == "facade":
        return _facade(text, wanted)
    if text == "consul":
        return _consul(binary)
    raise UnknownTarget(f"no target {text!r}; there are: facade, facade:<version>, consul, <URL>, <name>=<URL>")


def is_own(name: str) -> bool:
    """Whether a target of this name is our own registry, of which our list of exceptions speaks."""
    return name.partition(":")[0] == "facade"


def _facade(text: str, wanted: str) -> Started:
    try:
        version = matching(wanted or versions()[0])
    except BadTranscript as error:
        raise UnknownTarget(str(error)) from error
    minor = ".".join(version.split(".")[:2])
    command = (sys.executable, "-m", "custom_registry")
    return Started(
        text, command, "our registry, one for each scenario", version, _SERVERS, (f"--consul-version={minor}",)
    )


def _consul(binary: str | None) -> Started:
    path = shutil.which(binary or "consul")
    if path is None:
        raise TargetMissing(f"there is no program {binary or 'consul'}; on Debian, scripts/install-consul installs one")
    try:
        version = binary_version(Path(path))
    except StartFailed as error:
        raise TargetMissing(str(error)) from error
    ports = _SERVERS | _GOSSIP | (_SECURE if Version(version) >= GRPC_TLS_SINCE else {})
    how = f"{path}, one for each scenario"
    return Started("consul", (str(Path(path).absolute()),), how, version, ports, unsteady=_FIRST_SYNC)


def _about(transport: Transport, url: str) -> dict[str, object]:
    """Return what an agent says of its configuration.

    Raises:
        TargetMissing: it does not answer.
    """
    reply = transport.send(Sent("GET", "/v1/agent/self")).reply(_ANSWER_WITHIN)
    try:
        config = json.loads(reply.body)["Config"]
    except (ValueError, LookupError, TypeError) as error:
        said = reply.failure or f"{reply.status} {reply.body[:80]!r}"
        raise TargetMissing(f"{url}/v1/agent/self does not say what agent this is: {said}") from error
    return dict(config)


def _settled(transport: Transport, identity: str) -> bool:
    """Whether an agent has brought itself into its catalog: it was then that the transcripts began.

    Another agent may have taken the port first, so that this one is about to end; that one has another id.
    """
    reply = transport.send(Sent("GET", "/v1/health/service/consul")).reply(_ANSWER_WITHIN)
    try:
        found = json.loads(reply.body)[0]
        node = found["Node"]
        return bool(node["ID"] == identity and node["TaggedAddresses"] and node["Meta"] and found["Checks"])
    except (ValueError, LookupError, TypeError):
        return False
