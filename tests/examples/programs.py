"""Runs the example programs as a user does; it must not know what they do."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LONGEST = 60.0  # seconds; far above the usual, for a busy machine
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


def environment(url: str | None) -> dict[str, str]:
    """This process's own, with this DISCOVERY_URL or none."""
    inherited = {name: value for name, value in os.environ.items() if name != "DISCOVERY_URL"}
    return inherited if url is None else inherited | {"DISCOVERY_URL": url}


def run_example(program: str, *arguments: str, url: str | None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [sys.executable, str(EXAMPLES / program), *arguments],
        env=environment(url),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )


@contextlib.contextmanager
def running_example(program: str, *arguments: str, url: str | None) -> Iterator[subprocess.Popen[str]]:
    """Start a program that goes on by itself; killed at the end of the block if it still runs, and after a minute."""
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / program), *arguments],
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        watchdog = threading.Timer(LONGEST, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()  # nothing, once it has been waited for


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Read what it prints up to the line that contains the text, and return all of it."""
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if text in line:
            return printed
    raise AssertionError(f"it ended without {text!r}; it printed\n{printed}")


def ports_in(text: str) -> set[int]:
    """The ports of the addresses that were printed."""
    return {int(port) for port in _ADDRESS.findall(text)}


def runs(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
