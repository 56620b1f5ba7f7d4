"""The script that stops a leader: how it counts, and that it really does so, as processes and as containers."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from outages import Call, Client, summed_up

from discovery import BackendUnavailable
from tests.support.consul import missing
from tests.support.engine import REPOSITORY, composers, consul_version, run, succeeded
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path


def client_with(*calls: tuple[float, float, str | None]) -> Client:
    return Client("discover", lambda: None, [Call(*call) for call in calls])


def test_the_longest_time_without_a_success_reaches_from_one_to_the_next() -> None:
    client = client_with((0, 1, None), (2, 3, "no leader"), (4, 7, "no leader"), (8, 10, None), (11, 12, None))
    row = summed_up(client)
    assert (row.calls, row.failed, row.longest_without_success, row.first_error) == (5, 2, 9, "no leader")
    assert (row.slowest, row.usual) == (2, 1)


@pytest.mark.parametrize(
    ("calls", "well"),
    [
        ([(9.0 + n / 10, 9.1 + n / 10, None) for n in range(10)], True),
        ([(9.0 + n / 10, 9.1 + n / 10, None) for n in range(9)], False),  # too few: one hangs
        ([(9.0 + n / 10, 9.1 + n / 10, "no leader" if n == 4 else None) for n in range(11)], False),
        ([(8.0, 8.1, "no leader"), *((9.0 + n / 10, 9.1 + n / 10, None) for n in range(10))], True),  # that is over
    ],
)
def test_a_client_is_well_again_after_many_successes(
    calls: list[tuple[float, float, str | None]], *, well: bool
) -> None:
    assert client_with(*calls).is_well_since(9.0) is well


def test_what_a_call_raises_is_kept() -> None:
    def fail() -> None:
        raise BackendUnavailable("no leader")

    client = Client("discover", fail)
    client.call()
    assert [call.error for call in client.calls] == ["BackendUnavailable: no leader"]


def failed_over(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """Run the script, and return the outcome that it writes."""
    file = tmp_path / "outcome.json"
    done = run(sys.executable, "scripts/failover.py", "--json", str(file), *arguments)
    assert "no success for" in succeeded(done)
    outcome: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return outcome


def assert_all_went_on(outcome: dict[str, Any]) -> None:
    assert outcome["leads"] != outcome["stopped"]
    assert outcome["found"] >= outcome["acknowledged"] > 1
    rows = {row["client"]: row for row in outcome["clients"]}
    assert rows.keys() == {"discover", "discover, stale", "register", "heartbeat"}
    # Nobody can write before there is a leader, so a client that noticed nothing was not watched.
    assert rows["register"]["longest_without_success"] > rows["register"]["usual"] * 5


@pytest.mark.integration
def test_processes_go_on_after_their_leader_is_killed(tmp_path: Path) -> None:
    if shutil.which("consul") is None:
        missing("no consul is installed; scripts/install-consul does it on Debian")
    assert_all_went_on(failed_over(tmp_path, "--processes"))


@pytest.mark.integration
def test_containers_go_on_after_their_leader_is_killed(
    image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert image
    assert composers()
    monkeypatch.setenv("CONSUL_VERSION", consul_version())
    assert_all_went_on(failed_over(tmp_path, "--timeout", "1"))


@pytest.mark.integration
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_stops_what_it_started(number: signal.Signals) -> None:
    if shutil.which("consul") is None:
        missing("no consul is installed; scripts/install-consul does it on Debian")
    with subprocess.Popen(
        [sys.executable, "scripts/failover.py", "--processes"], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True
    ) as process:
        eventually(lambda: len(psutil.Process(process.pid).children()) == 5, within=30)
        children = psutil.Process(process.pid).children()
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "all that was started has been stopped" in errors
    assert not [child for child in children if child.is_running()]


def test_without_a_consul_it_says_how_to_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    done = run(sys.executable, "scripts/failover.py", "--processes")
    assert done.returncode == 3
    assert "scripts/install-consul" in done.stderr


def test_without_docker_compose_it_names_the_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    done = run(sys.executable, "scripts/failover.py")
    assert done.returncode == 3
    assert "--processes" in done.stderr
