from __future__ import annotations

import re
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from discovery import BackendUnavailable, open_discovery
from tests.examples.programs import read_until, run_example, running_example, runs

if TYPE_CHECKING:
    from tests.support.consul import ConsulAgent


def processes_in(printed: str) -> list[int]:
    return [int(pid) for pid in re.findall(r"http\S+ +process (\d+)", printed)]


@pytest.fixture(params=["its own registry", pytest.param("Consul", marks=pytest.mark.integration)])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where the demonstration registers; ``None`` lets it start a registry of its own."""
    if request.param == "its own registry":
        return None
    agent: ConsulAgent = request.getfixturevalue("consul_agent")
    return agent.url


def test_it_shows_services_come_be_called_leave_and_vanish(url: str | None) -> None:
    shown = run_example("example_service.py", "demo", url=url)

    assert shown.returncode == 0, shown.stderr
    started, called, left, killed, last = shown.stdout.split("\n\n")[1:]
    assert Counter(re.findall(r"(\S+-service) +http\S+ +process \d+ +passing", started)) == {
        "user-service": 3,
        "payment-service": 1,
    }
    assert sorted(Counter(re.findall(r"(http\S+) answers", called)).values()) == [2, 2, 2]
    assert re.search(r"no longer discovered; 2 left", left)
    assert re.search(r"still discovered\n.* no longer discovered; 1 left", killed)
    assert len(set(re.findall(r"(http\S+) answers", last))) == 1
    assert not any(map(runs, processes_in(started)))
    if url is not None:  # a backend that lives on, and may keep what was killed
        with open_discovery(url) as discovery:
            kept = discovery.discover("user-service", healthy_only=False)
        assert {instance.metadata.get("pid") for instance in kept}.isdisjoint(map(str, processes_in(started)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_behind(url: str | None, number: signal.Signals) -> None:
    with running_example("example_service.py", "demo", url=url) as process:
        printed = read_until(process, "Six calls")
        process.send_signal(number)
        rest = process.communicate()[0]

    assert process.returncode == 130
    assert "interrupted; all that was started has been stopped" in rest
    assert len(processes_in(printed)) == 4
    assert not any(map(runs, processes_in(printed)))
    if url is None:
        [own_registry] = re.findall(r"registry://\S+", printed)
        with open_discovery(own_registry) as discovery, pytest.raises(BackendUnavailable):
            discovery.ping()


def test_a_backend_that_is_not_there_is_one_clear_line() -> None:
    shown = run_example("example_service.py", "demo", url="registry://127.0.0.1:1")

    assert shown.returncode == 1
    assert re.fullmatch(r"Error: BackendUnavailable: .*\n", shown.stderr)
