"""Starts a child process, waits until it serves, stops it and leaves nothing behind; it must not know which it is."""

from __future__ import annotations

import contextlib
import random
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from compare.stage import Clock

_POLL = 0.05
_STOP_WITHIN = 5.0
_LOWEST_PORT, _HIGHEST_PORT = 20000, 32000  # below the range out of which systems give ports to outgoing connections


class StartFailed(Exception):
    """A process ended, or did not serve in time; the message has the last that it said."""


class Child:
    """A process of ours, in a session of its own, so that a Ctrl-C meant for us reaches it only through us."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start it. What it says goes to files of its own.

        Raises:
            StartFailed: there is no such program, or it cannot be run.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="discovery-compare-"))
        self._command = command
        try:
            with (self._folder / "stdout").open("wb") as stdout, (self._folder / "stderr").open("wb") as stderr:
                self._process = subprocess.Popen(  # noqa: S603 - the command is ours, or the user's --consul-binary
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    env=environment,
                    cwd=self._folder,
                    start_new_session=True,
                )
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise StartFailed(f"{command[0]} cannot be started: {error}") from error

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    def stdout(self) -> str:
        """Return all that it has said on its standard output."""
        return (self._folder / "stdout").read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool], clock: Clock, within: float, poll: float = _POLL) -> None:
        """Wait until it is ready; if it will not be, or the run is stopped, stop it.

        Args:
            ready: whether it is.
            clock: to wait by.
            within: seconds after which it is given up.
            poll: seconds between two looks.

        Raises:
            StartFailed: it ended or took longer.
            Interrupted: the run was stopped.
        """
        deadline = clock.now() + within
        try:
            while not ready():
                self._check(late=clock.now() > deadline)
                clock.wait(poll)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it, by force if it does not go, and remove its files. A second call does nothing."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _check(self, *, late: bool) -> None:
        if self._process.poll() is not None:
            raise StartFailed(f"{self._command[0]} ended with {self._process.returncode}: {self._last_words()}")
        if late:
            raise StartFailed(f"{self._command[0]} does not serve in time: {self._last_words()}")

    def _last_words(self) -> str:
        said = "\n".join((self._folder / name).read_text(errors="replace") for name in ("stdout", "stderr"))
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return " | ".join(lines[-3:]) or "it said nothing"


class Life:
    """A child that can be stopped and started again."""

    def __init__(self, child: Child, launch: Callable[[], Child]) -> None:
        """Keep the child, and how another like it is started."""
        self._child = child
        self._launch = launch

    def stop(self) -> None:
        """Stop the present child."""
        self._child.stop()

    def restart(self) -> None:
        """Stop it and start another in its place."""
        self._child.stop()
        self._child = self._launch()


def free_ports(count: int) -> list[int]:
    """Return free TCP ports of 127.0.0.1; one may be taken before it is used, so be ready to try again."""
    ports: list[int] = []
    for port in random.sample(range(_LOWEST_PORT, _HIGHEST_PORT), k=_HIGHEST_PORT - _LOWEST_PORT):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            ports.append(port)
            if len(ports) == count:
                return ports
    raise StartFailed(f"fewer than {count} free ports between {_LOWEST_PORT} and {_HIGHEST_PORT}")
