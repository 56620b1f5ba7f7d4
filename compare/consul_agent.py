"""Finds or starts a real Consul: the environment's, or a binary's as a dev agent; it imports no client of Consul."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from packaging.version import Version

from compare.container import ConsulContainer
from compare.processes import Child, Life, StartFailed, free_ports
from compare.readiness import CONSUL_SETTINGS, WITHIN, Readiness
from compare.sources import ByURL, NoConsul, Running, TargetMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.stage import Clock

DEFAULT_TAG = "1.21.4"
"""The newest Consul whose behaviour is on record here (transcripts 1.21.4)."""

_ATTEMPTS = 3
GRPC_TLS_SINCE = Version("1.14")
"""From then on dev mode opens a second gRPC port, and has a flag to close it."""


@dataclass(frozen=True, slots=True)
class ConsulBinary:
    """A Consul agent in dev mode, from a binary on this machine."""

    binary: Path
    name: str = "consul"
    complete: bool = True

    def start(self, clock: Clock, *, alone: bool) -> Running:  # noqa: ARG002 - its intervals are the same in any case
        """Start it, each of its ports being a free one; again on others if one was taken meanwhile."""
        tried = ""
        for _ in range(_ATTEMPTS):
            try:
                return self._launch(clock)
            except StartFailed as error:
                tried = str(error)
                if "address already in use" not in tried:
                    break
        raise TargetMissing(tried)

    def _launch(self, clock: Clock) -> Running:
        http, server, lan, wan = free_ports(4)
        command = self._command(http, server, lan, wan)
        url = f"consul://127.0.0.1:{http}?{CONSUL_SETTINGS}"

        def launch() -> Child:
            child = Child(command)
            child.wait_until(Readiness(url, clock), clock, WITHIN)
            return child

        life = Life(launch(), launch)
        return Running(url, f"{self.binary}, started as a dev agent", life.stop, life.restart)

    def _command(self, http: int, server: int, lan: int, wan: int) -> list[str]:
        ports = {"http": http, "server": server, "serf-lan": lan, "serf-wan": wan, "dns": -1, "grpc": -1}
        if Version(binary_version(self.binary)) >= GRPC_TLS_SINCE:
            ports["grpc-tls"] = -1
        settings = ["-bind=127.0.0.1", "-node=discovery-compare", "-log-level=warn", "-hcl=disable_update_check = true"]
        return [str(self.binary), "agent", "-dev", *settings, *(f"-{name}-port={port}" for name, port in ports.items())]


@dataclass(frozen=True, slots=True)
class AnyConsul:
    """A real Consul, wherever it is found: the environment's, a binary's, a container's, in this order."""

    binary: str | None = None
    tag: str = DEFAULT_TAG
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    name: str = "consul"
    complete: bool = True

    def start(self, clock: Clock, *, alone: bool) -> Running:
        """Take the first that there is. One that was named, but is not there, is an error and not passed over."""
        if self.environment.get("CONSUL_HTTP_ADDR"):
            return ByURL(consul_url(self.environment)).start(clock, alone=alone)
        path = shutil.which(self.binary or "consul", path=self.environment.get("PATH"))
        if path:
            return ConsulBinary(Path(path).absolute()).start(clock, alone=alone)
        if self.binary:
            raise TargetMissing(f"--consul-binary {self.binary}: there is no such program")
        try:
            return ConsulContainer(self.tag).start(clock, alone=alone)
        except TargetMissing as error:
            raise NoConsul(
                f"no real Consul: CONSUL_HTTP_ADDR is not set; no program consul on PATH; {error}"
            ) from error


def binary_version(binary: Path) -> str:
    """Return the version of a Consul on this machine, as in ``1.8.7``.

    Raises:
        StartFailed: it does not say, or is no Consul.
    """
    try:
        command = [str(binary), "version"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout  # noqa: S603 - the user's
    except (OSError, subprocess.SubprocessError) as error:
        raise StartFailed(f"{binary} does not tell its version: {error}") from error
    if "custom-registry" in said:  # a link named consul: our registry must not be its own judge
        raise StartFailed(f"{binary} is custom-registry in Consul's place, and not Consul; name one by --consul-binary")
    found = re.search(r"Consul v(\d+\.\d+\.\d+)", said)
    if not found:
        raise StartFailed(f"{binary} is no Consul: {said[:80]!r}")
    return found[1]


def consul_url(environment: Mapping[str, str]) -> str:
    """Return the URL that Consul's own environment variables mean, by the meaning that its command gives them."""
    address = environment["CONSUL_HTTP_ADDR"]
    scheme, separator, rest = address.rpartition("://")
    secure = scheme == "https" or environment.get("CONSUL_HTTP_SSL", "").lower() in {"1", "true"}
    if separator and scheme not in {"http", "https"}:
        raise TargetMissing(f"CONSUL_HTTP_ADDR={address}: only http and https can be spoken here")
    settings = [CONSUL_SETTINGS]
    if secure:
        settings.append("scheme=https")
    if environment.get("CONSUL_HTTP_TOKEN"):
        settings.append(f"token={quote(environment['CONSUL_HTTP_TOKEN'], safe='')}")
    return f"consul://{rest.rstrip('/')}?{'&'.join(settings)}"
