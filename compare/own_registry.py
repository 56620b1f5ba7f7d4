"""Starts our own registry as a target, by its command; it imports nothing of it."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.processes import Child, Life, StartFailed
from compare.sources import Running, TargetMissing

if TYPE_CHECKING:
    from compare.stage import Clock

_WITHIN = 20.0
_NO_CLEANUP = "3600"
_URL = re.compile(r"http://[^\s:]+:(\d+)")


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
        command = [sys.executable, "-m", "custom_registry", "--profile", self.profile, "--log-level", "warning"]
        if not alone:
            command += ["--cleanup-interval", _NO_CLEANUP]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CUSTOM_REGISTRY_")}

        def launch(port: str) -> Child:
            child = Child([*command, "--port", port], environment)
            child.wait_until(lambda: _URL.search(child.stdout()) is not None, clock, _WITHIN)
            return child

        try:
            first = launch("0")
        except StartFailed as error:
            raise TargetMissing(str(error)) from error
        ready = _URL.search(first.stdout())
        port = ready[1] if ready else ""
        life = Life(first, lambda: launch(port))
        how = f"our registry, profile {self.profile}, started on a free port"
        return Running(f"registry://127.0.0.1:{port}", how, life.stop, life.restart)
