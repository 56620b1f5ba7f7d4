"""Starts a generator's process, gives it its job and hears its results; it knows no job."""

from __future__ import annotations

import queue
import subprocess
import sys
import tempfile
import threading
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec

if TYPE_CHECKING:
    from compare.bench.jobs import Job
    from compare.stage import Clock

_POLL = 0.01
_STOP_WITHIN = 5.0

Result = TypeVar("Result", bound=msgspec.Struct)


class GeneratorFailed(Exception):
    """A generator ended, or said nothing in time; the message has its last words."""


class Worker:
    """A generator at work, in a session of its own, so that a Ctrl-C meant for us reaches it only through us.

    To be used in a ``with`` block, at whose end it is gone.
    """

    def __init__(self, job: Job, clock: Clock) -> None:
        """Start it."""
        self._clock = clock
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the process
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "compare.bench.generator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.say(msgspec.json.encode(job))

    def __enter__(self) -> Self:
        """Enter the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, by force if it does not go."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream:
                stream.close()

    def say(self, line: bytes) -> None:
        """Send a line."""
        assert self._process.stdin  # noqa: S101 - for the type only
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise GeneratorFailed(self._last_words()) from None

    def hear(self, kind: type[Result], within: float) -> Result:
        """Wait for a result.

        Raises:
            GeneratorFailed: there is none in time.
            Interrupted: the run was stopped meanwhile.
        """
        deadline = self._clock.now() + within
        while self._lines.empty():
            if self._process.poll() is not None and not self._reader.is_alive() and self._lines.empty():
                raise GeneratorFailed(self._last_words())
            if self._clock.now() > deadline:
                raise GeneratorFailed(f"it said nothing for {within:.0f} s; {self._last_words()}")
            self._clock.wait(_POLL)
        return msgspec.json.decode(self._lines.get(), type=kind)

    def _read(self) -> None:
        assert self._process.stdout  # noqa: S101 - for the type only
        for line in self._process.stdout:
            self._lines.put(line)

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return f"the generator's last words: {lines[-1] if lines else 'none'}"


def run(job: Job, kind: type[Result], clock: Clock, within: float) -> Result:
    """Do a job that has one result.

    Raises:
        GeneratorFailed: there is none in time.
        Interrupted: the run was stopped meanwhile.
    """
    with Worker(job, clock) as worker:
        return worker.hear(kind, within)
