"""Starts the registry as a user does, as a process of its own, and stops it again; it imports nothing of it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

START_TIMEOUT = 20.0  # seconds; far above the usual, for a busy machine
STOP_TIMEOUT = 10.0
COMMAND = str(Path(sys.executable).with_name("custom-registry"))
"""The command as it is installed, for what starts a program by its name or path."""

_READY = re.compile(r"http://(\S+):(\d+)")


@dataclass(frozen=True)
class RegistryProcess:
    """A registry that runs.

    Args:
        process: the process.
        ready_line: what it printed when it began to serve.
        host: what it listens on.
        port: its real port.
        log: what it writes to standard error; a file, since nobody reads a pipe while the test runs.
    """

    process: subprocess.Popen[str]
    ready_line: str
    host: str
    port: int
    log: IO[str]

    @property
    def http(self) -> str:
        """The URL of its HTTP API, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL for ``open_discovery``."""
        return f"registry://{self.host}:{self.port}"

    def stop(self, with_signal: signal.Signals = signal.SIGTERM, timeout: float = STOP_TIMEOUT) -> str:
        """Ask it to stop, and return what it wrote to standard error.

        Raises:
            AssertionError: it ended with another exit code than 0.
            subprocess.TimeoutExpired: it still runs after the timeout, in seconds.
        """
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        self.process.wait(timeout)
        self.log.seek(0)
        errors = self.log.read()
        assert self.process.returncode == 0, f"exit code {self.process.returncode}, standard error:\n{errors}"
        return errors


@contextlib.contextmanager
def running_registry(
    *arguments: str, port: int = 0, environment: Mapping[str, str] | None = None
) -> Iterator[RegistryProcess]:
    """Start ``python -m custom_registry`` and stop it at the end of the block, insisting on exit code 0.

    Args:
        arguments: further arguments of the command.
        port: 0 for a free one; another only where a test must come back to the same.
        environment: variables to set beside this process's own.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, "-m", "custom_registry", "--port", str(port), *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | dict(environment or {}),
        ) as process,
    ):
        try:
            registry = _await_ready(process, log)
            yield registry
            registry.stop()
        finally:
            process.kill()  # nothing, once it has been waited for


def _await_ready(process: subprocess.Popen[str], log: IO[str]) -> RegistryProcess:
    assert process.stdout is not None
    watchdog = threading.Timer(START_TIMEOUT, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline()
    finally:
        watchdog.cancel()
    found = _READY.search(line)
    if found is None:
        process.kill()
        process.wait()
        log.seek(0)
        raise AssertionError(f"the registry did not become ready; it printed {line!r} and\n{log.read()}")
    return RegistryProcess(process, line.strip(), found[1], int(found[2]), log)
