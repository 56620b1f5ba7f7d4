"""Where the bench's targets come from: our registry, a real Consul in both modes, or a URL; it measures no load."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from packaging.version import Version

from compare.bench.api import WrongAnswer, apis
from compare.bench.asking import Refused, discovered
from compare.bench.run import TargetInfo
from compare.bench.target import Target
from compare.consul_agent import GRPC_TLS_SINCE, binary_version
from compare.processes import Child, StartFailed, free_ports
from compare.sources import NoConsul, TargetMissing, without_secrets
from compare.targets import UnknownTarget, is_consul
from discovery import DiscoveryError, open_discovery

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.stage import Clock

_ATTEMPTS = 3  # to start one, should somebody take one of its ports between our look and its start
_WITHIN = 60.0  # seconds in which a target must answer
_POLL = 0.005
_HOST = "127.0.0.1"
_NOBODY = "nobody-is-called-so"
_ALIAS = re.compile(r"(?P<name>[a-z][\w-]*)=(?P<url>\w+://.*)")
_SCHEMES = {"http": "consul", "https": "", "consul": "consul", "registry": "native"}
_LIBRARIES = {"consul": "consul", "native": "registry"}
_WHOSE = {"consul": "Consul's", "native": "its own"}
_SETTINGS = "limits { http_max_conns_per_client = 10000 } disable_update_check = true"
"""By default Consul closes what is above 200 connections of a client, seen on 1.8.7; 20,000 is more than the open files
that machines mostly allow."""


@dataclass(frozen=True, slots=True)
class Started:
    """A target, what is known of it, and in how many seconds it gave its first answer, where it was started here."""

    target: Target
    info: TargetInfo
    seconds: float | None


class Source(Protocol):
    """Where a target comes from."""

    @property
    def name(self) -> str:
        """Return what it is called."""
        ...

    @property
    def anew(self) -> bool:
        """Whether it is started here, and can be again."""
        ...

    def start(self, clock: Clock) -> Started:
        """Have it serve.

        Raises:
            TargetMissing: it cannot be had.
            Interrupted: the run was stopped meanwhile; nothing is left running.
        """
        ...


@dataclass(frozen=True, slots=True)
class OwnRegistry:
    """Our own registry, started here and asked in one of its two APIs."""

    name: str
    api: str
    anew: bool = True

    def start(self, clock: Clock) -> Started:
        """Start it on a free port."""

        def prepare() -> tuple[list[str], int]:
            (port,) = free_ports(1)
            return [sys.executable, "-m", "custom_registry", "--port", str(port), "--log-level", "warning"], port

        how = f"our registry, a process of its own, asked in {_WHOSE[self.api]} API"
        return _started(prepare, Target(self.name, apis()[self.api], _HOST, 0, "", reference=False), how, clock)


@dataclass(frozen=True, slots=True)
class Consul:
    """A real Consul, started here.

    Args:
        binary: the program.
        mode: ``dev``: nothing on disk, JSON indented; or ``server``: a data directory, and JSON without blanks.
    """

    binary: Path
    mode: str
    anew: bool = True

    @property
    def name(self) -> str:
        """Return what it is called."""
        return f"consul-{self.mode}"

    def start(self, clock: Clock) -> Started:
        """Start it, each of its ports being a free one."""

        def prepare() -> tuple[list[str], int]:
            http, server, lan, wan = free_ports(4)
            return self._command(http, server, lan, wan), http

        how = f"{self.binary}, " + ("a dev agent" if self.mode == "dev" else "a server with a data directory")
        return _started(prepare, Target(self.name, apis()["consul"], _HOST, 0, "", reference=True), how, clock)

    def _command(self, http: int, server: int, lan: int, wan: int) -> list[str]:
        ports = {"http": http, "server": server, "serf-lan": lan, "serf-wan": wan, "dns": -1, "grpc": -1}
        if Version(binary_version(self.binary)) >= GRPC_TLS_SINCE:
            ports["grpc-tls"] = -1
        # The data directory is below the child's own folder, which goes with it
        mode = ["-dev"] if self.mode == "dev" else ["-server", "-bootstrap-expect=1", "-data-dir=data"]
        settings = [f"-bind={_HOST}", "-node=bench", "-log-level=warn", f"-hcl={_SETTINGS}"]
        return [str(self.binary), "agent", *mode, *settings, *(f"-{name}-port={port}" for name, port in ports.items())]


@dataclass(frozen=True, slots=True)
class AtURL:
    """A registry that is there already."""

    name: str
    url: str
    api: str
    anew: bool = False

    def start(self, clock: Clock) -> Started:  # noqa: ARG002 - there is nothing to wait for
        """Make sure that it answers."""
        parts = urlsplit(self.url)
        port = parts.port or 80
        library = f"{_LIBRARIES[self.api]}://{parts.netloc}"
        host, reference = parts.hostname or "", is_consul(self.name)
        target = Target(self.name, apis()[self.api], host, port, library, reference=reference)
        if not _answers(target):
            raise TargetMissing(f"{without_secrets(self.url)} does not answer")
        return Started(target, _info(target, "there already"), None)


def resolve(text: str, *, binary: str | None = None) -> tuple[Source, ...]:
    """Return what a name or a URL on the command line means: ``consul`` means both of its modes. Nothing is started.

    Args:
        text: ``facade``, ``custom``, ``consul``, ``consul-dev``, ``consul-server``, a URL (``http://`` and
            ``consul://`` for Consul's API, ``registry://`` for the native one), or ``<name>=<URL>``.
        binary: the program to take for Consul, in place of the one on PATH.

    Raises:
        UnknownTarget: it is none of these; the message says what there is.
        TargetMissing: there is no such program.
        NoConsul: likewise, and none in particular was asked for.
    """
    if text == "facade":
        return (OwnRegistry(text, "consul"),)
    if text == "custom":
        return (OwnRegistry(text, "native"),)
    if text in {"consul", "consul-dev", "consul-server"}:
        modes = ("dev", "server") if text == "consul" else (text.removeprefix("consul-"),)
        return tuple(Consul(_program(binary), mode) for mode in modes)
    alias = _ALIAS.fullmatch(text)
    url = alias["url"] if alias else text
    api = _SCHEMES.get(urlsplit(url).scheme)
    if api and urlsplit(url).hostname:
        return (AtURL(alias["name"] if alias else without_secrets(url), url, api),)
    known = "facade, custom, consul, consul-dev, consul-server, http://, consul:// and registry:// URLs, <name>=<URL>"
    raise UnknownTarget(f"no target {text!r}; there are: {known}")


def _program(binary: str | None) -> Path:
    path = shutil.which(binary or "consul")
    if path:
        return Path(path).absolute()
    if binary:
        raise TargetMissing(f"--consul-binary {binary}: there is no such program")
    raise NoConsul("no program consul on PATH; on Debian, scripts/install-consul installs one")


def _started(prepare: Callable[[], tuple[list[str], int]], shape: Target, how: str, clock: Clock) -> Started:
    """Start a child until it answers; again on other ports if one of them was taken meanwhile."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CUSTOM_REGISTRY_")}
    tried = ""
    for _ in range(_ATTEMPTS):
        command, port = prepare()
        try:
            begun = clock.now()
            child = Child(command, environment)
            library = f"{_LIBRARIES[shape.api.name]}://{_HOST}:{port}"
            target = replace(shape, port=port, url=library, pid=child.pid, stop=child.stop)
            child.wait_until(lambda: _answers(target), clock, _WITHIN, _POLL)  # noqa: B023 - it is over before the next
            seconds = clock.now() - begun
            return Started(target, _info(target, how), seconds)
        except StartFailed as error:
            tried = str(error)
            if "address already in use" not in tried:
                break
    raise TargetMissing(tried)


def _answers(target: Target) -> bool:
    """Whether it answers a discovery; a Consul does once it has a leader."""
    try:
        discovered(target, _NOBODY)
    except (Refused, WrongAnswer):
        return False
    return True


def _info(target: Target, how: str) -> TargetInfo:
    try:
        with open_discovery(target.url) as backend:
            answered = backend.ping()
            version = answered if target.reference or target.api.name == "native" else f"as {answered}"
    except DiscoveryError as error:
        version = f"does not say what it is: {error}"
    return TargetInfo(target.name, version, how, target.api.name, target.reference)
