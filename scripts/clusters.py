"""Starts a Consul of three servers and an agent, as containers or as processes, and a service that registers with it.

It must not know what is tried with it. Whatever it starts it stops, and nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import requests
from packaging.version import Version

from compare.consul_agent import GRPC_TLS_SINCE, binary_version
from compare.processes import Child, StartFailed, free_ports

if TYPE_CHECKING:
    import signal
    from contextlib import ExitStack

SERVERS = ("consul-server-1", "consul-server-2", "consul-server-3")
SERVICE = "user-service"
WITHIN = 60.0  # seconds in which a cluster must have started

_REPOSITORY = Path(__file__).resolve().parents[1]
_POLL = 0.1
_PROJECT = "consul-failover"  # of docker compose: a cluster of our own beside any other


class Cluster(Protocol):
    """A cluster that runs."""

    port: int
    """Of the agent's HTTP API, on 127.0.0.1."""

    def end(self, server: str, number: signal.Signals) -> None:
        """Send one of the servers a signal that ends it."""
        ...


class Containers:
    """The profile ``cluster`` of docker-compose.yml, under a project and a port of its own."""

    def __init__(self, stack: ExitStack, raft_multiplier: int) -> None:
        """Start it; the end of the stack removes it.

        Raises:
            StartFailed: there is no docker compose, or it does not come up.
        """
        (self.port,) = free_ports(1)
        self._command = [
            *_compose(),
            "-p",
            _PROJECT,
            "-f",
            str(_REPOSITORY / "docker-compose.yml"),
            "--profile=cluster",
        ]
        self._environment = os.environ | {
            "CONSUL_PORT": str(self.port),
            "CONSUL_RAFT_MULTIPLIER": str(raft_multiplier),
        }
        if self._run("ps", "-q"):
            raise StartFailed(f"there are containers of a project {_PROJECT} already: is another run under way?")
        stack.callback(self._run, "down", "--volumes")
        self._run("up", "--detach", f"{SERVICE}-on-consul")

    def end(self, server: str, number: signal.Signals) -> None:
        """Send the signal to the container, through the engine."""
        container = self._run("ps", "-q", server).strip()
        _run(["docker", "kill", f"--signal={number.name}", container], self._environment)

    def _run(self, *arguments: str) -> str:
        return _run([*self._command, *arguments], self._environment)


class Processes:
    """The same as processes of this machine, for where there is no container engine."""

    def __init__(self, stack: ExitStack, raft_multiplier: int) -> None:
        """Start it; the end of the stack stops it.

        Raises:
            StartFailed: there is no such Consul, or it does not start.
        """
        found = shutil.which("consul")
        if found is None:
            raise StartFailed("there is no program consul: scripts/install-consul installs it on Debian")
        self.port, *ports = free_ports(9)
        lan, rpc = ports[:4], ports[4:]
        common = [
            *(found, "agent", "-bind=127.0.0.1", "-dns-port=-1", "-grpc-port=-1", "-serf-wan-port=-1"),
            *("-log-level=warn", "-retry-interval=1s", "-hcl=disable_update_check = true", "-data-dir=data"),
            *(f"-retry-join=127.0.0.1:{port}" for port in lan[:3]),
        ]
        if Version(binary_version(Path(found))) >= GRPC_TLS_SINCE:
            common.append("-grpc-tls-port=-1")
        self._servers = {}
        for number, server in enumerate(SERVERS):
            own = [f"-node={server}", f"-serf-lan-port={lan[number]}", f"-server-port={rpc[number]}", "-http-port=-1"]
            raft = ["-server", "-bootstrap-expect=3", f"-hcl=performance {{ raft_multiplier = {raft_multiplier} }}"]
            self._servers[server] = _started(stack, [*common, *own, *raft])
        _started(
            stack,
            [
                *common,
                "-node=consul-agent",
                f"-serf-lan-port={lan[3]}",
                f"-server-port={rpc[3]}",
                f"-http-port={self.port}",
            ],
        )
        service = [sys.executable, str(_REPOSITORY / "examples" / "example_service.py"), SERVICE, "0"]
        _started(stack, service, os.environ | {"DISCOVERY_URL": f"consul://127.0.0.1:{self.port}"})

    def end(self, server: str, number: signal.Signals) -> None:
        """Send the signal to the process."""
        os.kill(self._servers[server].pid, number)


def leader(cluster: Cluster) -> str | None:
    """Return the name of the server that leads, or None while there is none."""
    try:
        answer = _ask(cluster, "/v1/operator/raft/configuration?stale")  # whichever server knows
        return next((server["Node"] for server in answer.json()["Servers"] if server["Leader"]), None)
    except requests.RequestException:
        return None


def version(cluster: Cluster) -> str:
    """Return which Consul it is."""
    return str(_ask(cluster, "/v1/agent/self").json()["Config"]["Version"])


def wait_until_whole(cluster: Cluster) -> None:
    """Wait until all servers vote, one of them leads, and the service is found.

    Raises:
        StartFailed: it takes too long.
    """
    deadline = time.monotonic() + WITHIN
    while not _is_whole(cluster):
        if time.monotonic() > deadline:
            raise StartFailed(f"the cluster is not whole after {WITHIN:g} s")
        time.sleep(_POLL)


def _is_whole(cluster: Cluster) -> bool:
    try:
        servers = _ask(cluster, "/v1/operator/raft/configuration").json()["Servers"]
        found = _ask(cluster, f"/v1/health/service/{SERVICE}?passing").json()
    except requests.RequestException:
        return False
    return len(servers) == len(SERVERS) and all(server["Voter"] for server in servers) and bool(found)


def _ask(cluster: Cluster, path: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"http://127.0.0.1:{cluster.port}{path}", timeout=1)
        answer.raise_for_status()
        return answer


def _started(stack: ExitStack, command: list[str], environment: dict[str, str] | None = None) -> Child:
    child = Child(command, environment)
    stack.callback(child.stop)
    return child


def _compose() -> list[str]:
    """Return the command of docker compose that there is: the plugin of Docker's command, or the older program."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if (
            shutil.which(command[0])
            and subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0
        ):
            return command
    raise StartFailed("there is no docker compose; --processes needs none")


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StartFailed(f"{' '.join(command)}:\n{done.stderr.strip()}")
    return done.stdout
