"""Real clients, unmodified, tell one story to a real Consul and to our registry, which they must not tell apart.

Each has a program beside this file, in its own language: it registers, sends heartbeats, discovers, filters, waits,
lists, goes into maintenance, is refused and deregisters, and asserts on each answer. A real Consul is told the story
too, so that nothing is asked for in which Consul itself would fail.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clients import programs
from tests.support.consul import missing, running_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.support.consul import ConsulAgent

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]  # the first of a client fetches and builds it

STORY = (
    *("agent", "register", "heartbeat", "discover", "filter", "watch", "lapse"),
    *("catalog", "maintenance", "refusal", "deregister"),
)
_TELLING_TIMEOUT = 60  # seconds; far above the usual, for a busy machine

CLIENTS: dict[str, Callable[[Path], programs.Program]] = {
    "python-consul2": programs.python_consul2,
    "py-consul": programs.py_consul,
    "go": programs.go,
    "node": programs.node,
    "command": programs.command,
}
_OURS = str(Path(sys.executable).with_name("custom-registry"))
# The story takes the whole node into maintenance, so these agents serve no other test.
AGENTS: dict[str, Callable[[], AbstractContextManager[ConsulAgent]]] = {
    "consul": running_agent,
    "facade": lambda: running_agent(program=_OURS),
    "facade-1.8": lambda: running_agent("-consul-version=1.8", program=_OURS),
}


@pytest.fixture(scope="module")
def cache(pytestconfig: pytest.Config) -> Path:
    """What is kept from one run to the next."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("clients")


@pytest.fixture(params=CLIENTS)
def program(request: pytest.FixtureRequest, cache: Path) -> programs.Program:
    """A client's program."""
    return CLIENTS[request.param](cache)


@pytest.fixture(scope="module", params=AGENTS)
def agent(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an agent."""
    with AGENTS[request.param]() as running:
        yield running.http


def test_a_real_client_tells_the_whole_story(program: programs.Program, agent: str) -> None:
    told = subprocess.run(
        [*program.command, agent],
        cwd=programs.ROOT,
        env=os.environ | dict(program.environment),
        capture_output=True,
        text=True,
        timeout=_TELLING_TIMEOUT,
        check=False,
    )

    assert told.returncode == 0, f"after\n{told.stdout}it failed:\n{told.stderr}"
    assert [json.loads(line)["step"] for line in told.stdout.splitlines()] == list(STORY)


@pytest.mark.parametrize(
    ("started", "version"), [("consul", ""), (_OURS, "1.21"), (_OURS, "1.8")], ids=["consul", "facade", "facade-1.8"]
)
def test_the_helper_of_tests_in_go_starts_whatever_is_named_consul(
    cache: Path, tmp_path: Path, started: str, version: str
) -> None:
    found = shutil.which(started)
    if found is None:
        missing("no consul is installed; scripts/install-consul does it on Debian")
    (tmp_path / "consul").symlink_to(found)
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))

    done = subprocess.run(
        programs.go_helper(cache).command,
        env=os.environ | {"PATH": path, "CUSTOM_REGISTRY_CONSUL_VERSION": version},
        capture_output=True,
        text=True,
        timeout=_TELLING_TIMEOUT,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stdout
