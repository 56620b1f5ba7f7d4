"""The command as a process of its own, on real registries."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.consul import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "compare"]
LONGEST = 60.0


@pytest.fixture
def private_folder(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment whose temporary files are in a folder of the test's own, which must be empty in the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    elsewhere = {"CONSUL_HTTP_ADDR", "CONSUL_HTTP_TOKEN"}
    yield {name: value for name, value in os.environ.items() if name not in elsewhere} | {"TMPDIR": str(folder)}
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


def finished(environment: dict[str, str], report: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = subprocess.run(
        [*COMMAND, "run", *arguments, "--json", str(report)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert report.exists(), result.stdout + result.stderr
    return result.returncode, json.loads(report.read_text())


def test_our_registry_does_not_differ_from_another_of_its_kind(private_folder: dict[str, str], tmp_path: Path) -> None:
    code, run = finished(private_folder, tmp_path / "run.json", "custom", "--reference", "custom", "--noise")
    assert run["noise"] == []
    assert {verdict["judgement"] for verdict in run["verdicts"]} == {"same"}
    assert code == 0


@pytest.mark.integration
def test_every_difference_from_the_real_consul_is_known(private_folder: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("consul") is None:
        missing("no consul is installed; scripts/install-consul does it on Debian")
    code, run = finished(private_folder, tmp_path / "run.json")
    assert [verdict for verdict in run["verdicts"] if verdict["judgement"] in {"unexpected", "unknown"}] == []
    assert run["stale"] == []
    assert all(target["live"] for target in run["targets"])
    assert code == 0
    assert run["seconds"] < 60


def wait_until_it_is(when: str, process: subprocess.Popen[str], environment: dict[str, str]) -> None:
    """Wait until the run's first registry exists, or until its first scenario has ended."""
    if when == "starting":
        deadline = time.monotonic() + LONGEST
        while not children(environment):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
    else:
        assert process.stderr is not None
        assert any(re.match(r"\[\d+/", line) for line in process.stderr), "it ended before any scenario had"
        assert children(environment)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["starting", "running"])
def test_an_interrupted_run_leaves_no_process_and_writes_what_it_has(
    private_folder: dict[str, str], tmp_path: Path, number: signal.Signals, when: str
) -> None:
    report = tmp_path / "run.json"
    with subprocess.Popen(
        [*COMMAND, "run", "basic", "custom", "--reference", "custom", "--json", str(report)],
        env=private_folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_until_it_is(when, process, private_folder)
        process.send_signal(number)
        _, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 130, errors
    assert children(private_folder) == []
    assert '"interrupted": true' in report.read_text()


def test_an_installation_without_the_extra_is_told_in_one_line() -> None:
    without = "import sys; sys.modules['rich'] = None; from compare.__main__ import main; main()"
    told = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, timeout=LONGEST, check=False)
    assert told.returncode == 2
    assert re.fullmatch(
        r'Error: discovery-compare needs a package that is not installed \(.*rich.*\); try: pip install ".*"\n',
        told.stderr,
    )
