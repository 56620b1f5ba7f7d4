"""The command as a process of its own, on real registries."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "compare"]
LONGEST = 60.0


@pytest.fixture
def private_folder(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment whose temporary files are in a folder of the test's own, which must be empty in the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    yield os.environ | {"TMPDIR": str(folder)}
    assert list(folder.iterdir()) == []


def children(environment: dict[str, str]) -> list[int]:
    """Find the processes that run in a folder of this test: every child of ours does."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            here = str((process / "cwd").readlink())
        except OSError:
            continue  # ended meanwhile, or somebody else's
        if here.startswith(environment["TMPDIR"]):
            found.append(int(process.name))
    return found


def test_our_registry_does_not_differ_from_another_of_its_kind(private_folder: dict[str, str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = subprocess.run(
        [*COMMAND, "run", "custom", "--reference", "custom", "--noise", "--html", str(page)],
        env=private_folder,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 noise" in result.stdout or "noise" not in result.stdout.splitlines()[-1]
    assert page.read_text().startswith("<!DOCTYPE html>")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["starting", "running"])
def test_an_interrupted_run_leaves_no_process_and_writes_what_it_has(
    private_folder: dict[str, str], tmp_path: Path, number: signal.Signals, when: str
) -> None:
    report = tmp_path / "run.json"
    process = subprocess.Popen(
        [*COMMAND, "run", "basic", "custom", "--reference", "custom", "--json", str(report)],
        env=private_folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    if when == "running":
        for line in process.stderr:
            if re.match(r"\[\d+/", line):
                break
    else:
        deadline = time.monotonic() + LONGEST
        while not children(private_folder):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert children(private_folder)
    process.send_signal(number)
    _, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 130, errors
    assert children(private_folder) == []
    assert '"interrupted": true' in report.read_text()
