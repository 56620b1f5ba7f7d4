"""The command as a process of its own: a tiny run, for its correctness and never for its numbers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compare.bench.api import apis
from compare.bench.sources import AtURL, Consul, OwnRegistry, resolve
from compare.sources import NoConsul, TargetMissing
from compare.targets import UnknownTarget
from tests.compare.test_command import children, private_folder  # noqa: F401 - a fixture
from tests.support.consul import missing

if TYPE_CHECKING:
    from compare.stage import RealClock

COMMAND = [sys.executable, "-m", "compare", "bench"]
LONGEST = 240.0


def command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )


def test_a_tiny_run_measures_what_was_asked_for(private_folder: dict[str, str], tmp_path: Path) -> None:  # noqa: F811
    files = tmp_path / "run.json", tmp_path / "page.html"
    only = [f"--only={work}" for work in ("discover-1", "deregister", "mix", "library-heartbeat", "waiting-20")]
    done = command(private_folder, "facade", "custom", "--tiny", *only, f"--json={files[0]}", f"--html={files[1]}")
    assert done.returncode == 0, done.stdout + done.stderr
    run = json.loads(files[0].read_text())
    assert run["schema"] == 1
    measured = {(one["work"], one["target"]): one for one in run["measurements"]}
    assert all(not one["problem"] for one in measured.values()), measured
    for work in ("discover-1", "register-new", "deregister", "mix", "library-heartbeat"):
        for target in ("facade", "custom"):
            assert measured[work, target]["values"]["per_second"]["median"] > 0
    assert ("heartbeat", "facade") not in measured
    assert measured["discover-1", "ceiling"]["values"]["per_second"]["median"] > 0
    assert measured["waiting-20", "custom"]["values"]["last"]["median"] > 0
    assert measured["start", "facade"]["values"]["seconds"]["median"] > 0
    assert "facade" in files[1].read_text()
    assert "to be reached" not in done.stdout
    assert "discover-1 at 100 on facade" in done.stderr
    assert children(private_folder) == []
    shown = command(private_folder, f"--show={files[0]}")
    assert shown.returncode == 0
    assert shown.stdout == done.stdout


@pytest.mark.integration
def test_a_tiny_run_beside_a_real_consul(private_folder: dict[str, str], tmp_path: Path) -> None:  # noqa: F811
    if shutil.which("consul") is None:
        missing("no consul is installed; scripts/install-consul does it on Debian")
    file = tmp_path / "run.json"
    only = [f"--only={work}" for work in ("list", "heartbeat", "deregister", "waiting-20", "lapses-20")]
    done = command(private_folder, "facade", "consul", "--tiny", *only, f"--json={file}")
    assert done.returncode == 0, done.stdout + done.stderr
    run = json.loads(file.read_text())
    assert [target["name"] for target in run["targets"]] == ["facade", "consul-dev", "consul-server"]
    assert [target["reference"] for target in run["targets"]] == [False, True, True]
    problems = {one["work"]: one["problem"] for one in run["measurements"] if one["problem"]}
    assert {work for work, said in problems.items() if said.startswith(("wrong", "refused"))} == set(), problems
    assert "to be reached beside Consul" in done.stdout


def test_ctrl_c_writes_what_there_is_and_leaves_nothing(private_folder: dict[str, str], tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "run.json"
    with subprocess.Popen(
        [*COMMAND, "facade", "--tiny", "--seconds=30", "--only=heartbeat", f"--json={file}"],
        env=private_folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if "fill at 100" in line:
                break
        time.sleep(1)  # into the load, whichever generator makes it
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted after" in stdout
    run = json.loads(file.read_text())
    assert run["interrupted"]
    assert [one["work"] for one in run["measurements"]] == ["start", "fill"]
    assert children(private_folder) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "no target 'nobody'; there are: facade, custom, consul"),
        (["facade", "facade"], "a target is named twice"),
        (["facade", "--only=everything"], "no work 'everything'; there are: discover-1, "),
        (["facade", "--seconds=0"], "0.0 is not in the range"),
        (["--show=/nowhere.json"], "does not exist"),
        (["facade", "--json=/nowhere/run.json"], "there is no folder /nowhere"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    done = command(dict(os.environ), *arguments)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_a_target_that_cannot_be_had() -> None:
    done = command(dict(os.environ), "consul", "--consul-binary=/nowhere/consul")
    assert done.returncode == 3
    assert done.stderr == "Error: --consul-binary /nowhere/consul: there is no such program\n"


def test_names_and_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve("facade") == (OwnRegistry("facade", "consul"),)
    assert resolve("custom") == (OwnRegistry("custom", "native"),)
    binary = sys.executable
    assert resolve("consul", binary=binary) == (Consul(Path(binary), "dev"), Consul(Path(binary), "server"))
    assert resolve("consul-server", binary=binary) == (Consul(Path(binary), "server"),)
    assert resolve("http://h:1") == (AtURL("http://h:1", "http://h:1", "consul"),)
    assert resolve("old=registry://h:1") == (AtURL("old", "registry://h:1", "native"),)
    for wrong in ("ftp://h:1", "http://", "Facade", ""):
        with pytest.raises(UnknownTarget):
            resolve(wrong)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoConsul):
        resolve("consul")


def test_at_a_url_nothing_is_left(clock: RealClock, private_folder: dict[str, str], tmp_path: Path) -> None:  # noqa: F811
    started = OwnRegistry("own", "consul").start(clock)
    file = tmp_path / "run.json"
    try:
        url = f"mine=http://{started.target.address}"
        done = command(private_folder, url, "--tiny", "--only=register-new", "--generator=own", f"--json={file}")
        assert done.returncode == 0, done.stdout + done.stderr
        run = json.loads(file.read_text())
        assert run["generator"] == "own generator"
        fill = next(one for one in run["measurements"] if one["work"] == "fill")
        assert "memory" not in fill["values"]
        again = OwnRegistry("own", "consul")
        assert again.api == apis()["consul"].name
        from compare.bench.asking import total_of  # noqa: PLC0415

        assert total_of(started.target) == 0
    finally:
        started.target.stop()


def test_a_url_at_which_nobody_is(clock: RealClock) -> None:
    with pytest.raises(TargetMissing, match="does not answer"):
        AtURL("mine", "http://127.0.0.1:9", "consul").start(clock)
