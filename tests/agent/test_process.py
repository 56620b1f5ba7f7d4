"""The agent as programs that know Consul start it: by a link named ``consul`` on the path, nothing else told."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING
from uuid import uuid4

import pytest
import requests

from tests.support.ports import closed_port
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STOP_TIMEOUT = 10.0  # seconds


@pytest.fixture
def consul(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a link named ``consul`` first on the path; return a directory of the test's own."""
    command = shutil.which("custom-registry", path=str(Path(sys.executable).parent))
    assert command is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "consul").symlink_to(command)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.fixture
def port() -> Iterator[int]:
    """Hold a port that nobody else is given, and on which an agent may listen all the same, since both share it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@contextlib.contextmanager
def started(command: Sequence[str], log: IO[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing, once it has been waited for


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.ConnectionError:
        return False


def log_of(directory: Path) -> IO[str]:
    return (directory / "log").open("w+", encoding="utf-8")


def test_the_go_sdk_would_be_content(consul: Path, port: int) -> None:
    """Start, wait and stop as ``sdk/testutil/server.go`` of Consul does, with the configuration that it writes."""
    told = subprocess.run(["consul", "version", "-format=json"], capture_output=True, text=True, check=True).stdout
    assert json.loads(told)["Version"] == "1.21.4"
    node_id = str(uuid4())
    ports = {"dns": 1, "http": port, "https": 2, "serf_lan": 3, "serf_wan": 4, "server": 5, "grpc": 6}
    configuration = {
        "node_name": f"node-{node_id}",
        "node_id": node_id,
        "performance": {"raft_multiplier": 1},
        "bootstrap": True,
        "server": True,
        "data_dir": str(consul / "data"),
        "segments": None,
        "disable_update_check": True,
        "log_level": "debug",
        "bind_addr": "127.0.0.1",
        "addresses": {},
        "ports": ports | {"grpc_tls": 7},
        "acl": {"tokens": {}},
        "connect": {"enabled": True, "ca_config": {"cluster_id": str(uuid4())}},
        "skip_leave_on_interrupt": True,
        "peering": {"enabled": True},
        "version": "1.21.4",
    }
    (consul / "config.json").write_text(json.dumps(configuration))
    command = ["consul", "agent", "-config-file", str(consul / "config.json")]
    with log_of(consul) as log, started(command, log) as process:
        url = f"http://127.0.0.1:{port}/v1"
        eventually(lambda: answers(f"{url}/status/leader"))
        assert requests.get(f"{url}/status/leader", timeout=10).json() == "127.0.0.1:5"
        nodes = requests.get(f"{url}/catalog/nodes", timeout=10)
        assert nodes.headers["X-Consul-KnownLeader"] == "true"
        assert int(nodes.headers["X-Consul-Index"]) >= 2
        [node] = nodes.json()
        assert (node["ID"], node["Node"], node["Address"]) == (node_id, f"node-{node_id}", "127.0.0.1")
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_TIMEOUT) == 1
    assert not (consul / "data").exists()


def test_the_helpers_of_python_consul_would_be_content(consul: Path, port: int) -> None:
    """Start and wait as the conftest of python-consul and its forks does."""
    ports = {"http": port, "serf_lan": 3, "serf_wan": 4, "server": 5, "dns": -1}
    content = {"ports": ports, "performance": {"raft_multiplier": 1}, "enable_script_checks": True}
    (consul / "etc").mkdir()
    (consul / "etc" / "config.json").write_text(json.dumps(content))
    command = ["consul", "agent", "-dev", "-bind=127.0.0.1", f"-config-dir={consul / 'etc'}"]
    with log_of(consul) as log, started(command, log) as process:
        url = f"http://127.0.0.1:{port}/v1"
        eventually(lambda: answers(f"{url}/status/leader"))
        assert requests.get(f"{url}/status/leader", timeout=10).text.strip() != '""'
        requests.put(f"{url}/agent/service/register", data='{"name": "foo"}', timeout=10)
        assert requests.get(f"{url}/health/service/foo", timeout=10).json() != []
        requests.put(f"{url}/agent/service/deregister/foo", timeout=10)
        process.terminate()
        assert process.wait(STOP_TIMEOUT) == 1


def test_it_shows_itself_as_consul_does_and_survives_a_reload_until_it_leaves(consul: Path, port: int) -> None:
    command = ["consul", "agent", "-dev", "-node=n1", f"-http-port={port}", "-consul-version=1.8"]
    with log_of(consul) as log, started(command, log) as process:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/v1/status/leader"))
        printed = (consul / "log").read_text()
        assert printed.startswith("==> Starting Consul agent...\n")
        assert "Version: '1.8.7' (custom-registry 0." in printed
        assert "Node name: 'n1'" in printed
        assert "==> Consul agent running!" in printed
        process.send_signal(signal.SIGHUP)
        eventually(lambda: "asked to reload" in (consul / "log").read_text())
        assert requests.put(f"http://127.0.0.1:{port}/v1/agent/leave", timeout=10).ok
        assert process.wait(STOP_TIMEOUT) == 0


def test_it_may_listen_on_a_socket_alone(consul: Path) -> None:
    path = consul / "consul.sock"
    (consul / "a.json").write_text(json.dumps({"addresses": {"http": f"unix://{path}"}}))
    with log_of(consul) as log, started(["consul", "agent", "-config-file", str(consul / "a.json")], log) as process:
        eventually(path.exists)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(path))
            client.sendall(b"GET /v1/status/leader HTTP/1.0\r\n\r\n")
            received = b""
            while chunk := client.recv(65_536):
                received += chunk
        assert received.rstrip().endswith(b'"127.0.0.1:8300"')
        process.terminate()
        assert process.wait(STOP_TIMEOUT) == 1
    assert not path.exists()


def test_a_check_that_is_critical_for_long_removes_its_service_in_milliseconds(
    consul: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only custom-registry can, a helper that knows Consul's flags alone is told by variables."""
    for name in ("REAP_INTERVAL", "SHORTEST_DEREGISTER_AFTER", "SHORTEST_CHECK_INTERVAL"):
        monkeypatch.setenv(f"CUSTOM_REGISTRY_{name}", "0.01")
    url = f"http://127.0.0.1:{port}/v1/agent"
    with (
        closed_port() as nobody,
        log_of(consul) as log,
        started(["consul", "agent", "-dev", f"-http-port={port}"], log) as process,
    ):
        eventually(lambda: answers(f"{url}/self"))
        check = {"TCP": f"127.0.0.1:{nobody}", "Interval": "10ms", "DeregisterCriticalServiceAfter": "10ms"}
        assert requests.put(f"{url}/service/register", json={"Name": "web", "Check": check}, timeout=10).ok
        eventually(lambda: requests.get(f"{url}/services", timeout=10).json() == {})
        process.terminate()
        assert process.wait(STOP_TIMEOUT) == 1
