"""Starts our own registry as a target, spoken to natively or as Consul: by its command, importing nothing of it."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import requests
from packaging.version import InvalidVersion, Version

from compare.processes import Child, Life, StartFailed
from compare.readiness import CONSUL_SETTINGS
from compare.sources import Running, TargetMissing
from discovery import open_discovery

if TYPE_CHECKING:
    from compare.stage import Clock

_WITHIN = 20.0
_NO_CLEANUP = "3600"
_URL = re.compile(r"http://[^\s:]+:(\d+)")
DIALECTS = ("1.21", "1.8")
"""The versions of Consul that our registry can answer as, by their first two numbers; the newest first."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Our own registry, started here."""

    name: str
    profile: str
    complete: bool

    def start(self, clock: Clock, *, alone: bool) -> Running:
        """Start it on a free port.

        What lapses is removed at the next cleanup, whenever that is: scenarios that share a registry would sometimes
        see it and sometimes not. So cleanup runs, at its default interval, only where a scenario is alone.
        """
        arguments = ["--profile", self.profile, "--log-level", "warning"]
        if not alone:
            arguments += ["--cleanup-interval", _NO_CLEANUP]
        port, life = _launched(arguments, "--port", clock)
        how = f"our registry, profile {self.profile}, started on a free port"
        return Running(f"registry://127.0.0.1:{port}", how, life.stop, life.restart)


@dataclass(frozen=True, slots=True)
class Facade:
    """Our own registry in place of a Consul agent, started here: it is spoken to as one, by Consul's client.

    Args:
        name: what it is called in the comparison.
        dialect: one of ``DIALECTS``; ``None`` to follow the reference.
        complete: whether every operation is expected of it.
    """

    name: str = "facade"
    dialect: str | None = None
    complete: bool = True

    def beside(self, reference: str) -> Facade:
        """Answer as the reference does, unless a dialect was asked for."""
        return replace(self, dialect=self.dialect or dialect_of(reference))

    def start(self, clock: Clock, *, alone: bool) -> Running:  # noqa: ARG002 - its intervals are Consul's in any case
        """Start it as a Consul agent is started, on a free port."""
        dialect = self.dialect or DIALECTS[0]
        arguments = ["agent", "-dev", "-node=discovery-compare", "-log-level=warn", f"-consul-version={dialect}"]
        port, life = _launched(arguments, "-http-port", clock)
        with open_discovery(f"registry://127.0.0.1:{port}") as native:
            version = f"{native.ping()} as Consul {dialect}"
        how = "our registry, spoken to as a Consul agent, started on a free port"
        return Running(f"consul://127.0.0.1:{port}?{CONSUL_SETTINGS}", how, life.stop, life.restart, version)


def dialect_of(reference: str) -> str:
    """Return the dialect that comes nearest to a reference: the newest that is not newer, or the oldest.

    Args:
        reference: what it says of itself, as in ``Consul 1.8.7``; where it is no Consul, the newest dialect is taken.
    """
    product, _, number = reference.partition(" ")
    try:
        version = Version(number)
    except InvalidVersion:
        return DIALECTS[0]
    if product != "Consul":
        return DIALECTS[0]
    return next((dialect for dialect in DIALECTS if Version(dialect) <= version), DIALECTS[-1])


def _launched(arguments: list[str], port_option: str, clock: Clock) -> tuple[str, Life]:
    """Start our command on a free port.

    Returns:
        The port, and the means to stop it and to start it there again.

    Raises:
        TargetMissing: it does not come up.
        Interrupted: the run was stopped meanwhile.
    """
    command = [sys.executable, "-m", "custom_registry", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CUSTOM_REGISTRY_")}

    def launch(port: str) -> Child:
        child = Child([*command, f"{port_option}={port}"], environment)
        child.wait_until(lambda: _answers_all(child.stdout()), clock, _WITHIN)
        return child

    try:
        first = launch("0")
    except StartFailed as error:
        raise TargetMissing(str(error)) from error
    ready = _URL.search(first.stdout())
    port = ready[1] if ready else ""
    return port, Life(first, lambda: launch(port))


def _answers_all(said: str) -> bool:
    """Return whether it is ready by what it said, and has loaded what it does only once it is ready.

    That takes up to a second on a busy machine, which a scenario would take for the time of its first step.
    """
    ready = _URL.search(said)
    if ready is None:
        return False
    try:
        requests.get(f"http://127.0.0.1:{ready[1]}/", timeout=_WITHIN)  # nobody's path, so nothing answers it early
    except requests.RequestException:
        return False
    return True
