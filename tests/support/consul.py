"""Finds and starts real Consul agents for tests, as a process and as a container; it knows no adapter."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_TIMEOUT = 30.0  # seconds; far above the usual, for a busy machine
_ATTEMPTS = 5  # to start an agent, should somebody take one of its ports between our look and its start
_PORTS = range(10000, 32000)  # below those that systems give to outgoing connections
_SCRIPTS = Path(__file__).parents[2] / "scripts"


@dataclass(frozen=True)
class ConsulAgent:
    """An agent that runs, with a leader.

    Args:
        host: where its HTTP API listens.
        port: of its HTTP API.
    """

    host: str
    port: int

    @property
    def http(self) -> str:
        """The URL of its HTTP API, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL for ``open_discovery``."""
        return f"consul://{self.host}:{self.port}"


def missing(reason: str) -> NoReturn:
    """Skip the test, since a real component is not there; under ``REQUIRE_CONSUL=1`` fail it.

    This is the only place where the absence of Consul, of a container engine or of curl is judged.
    """
    if os.environ.get("REQUIRE_CONSUL") == "1":
        pytest.fail(f"REQUIRE_CONSUL=1, but {reason}", pytrace=False)
    pytest.skip(reason)


@contextlib.contextmanager
def running_agent(*arguments: str, port: int | None = None, program: str = "consul") -> Iterator[ConsulAgent]:
    """Start ``consul agent -dev`` on free ports, and stop it at the end of the block.

    Args:
        arguments: further arguments of the agent.
        port: of the HTTP API, where a test must come back to the same.
        program: another than Consul, where it is to be started as Consul is.
    """
    found = shutil.which(program)
    if found is None:
        missing("no consul is installed; scripts/install-consul does it on Debian")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        for _ in range(_ATTEMPTS):
            free, server, serf_lan, serf_wan = _free_ports(4)
            http = port or free
            command = [
                *(found, "agent", "-dev", "-bind=127.0.0.1", "-log-level=warn", "-grpc-port=-1", "-dns-port=-1"),
                *(f"-http-port={http}", f"-server-port={server}"),
                *(f"-serf-lan-port={serf_lan}", f"-serf-wan-port={serf_wan}"),
                *arguments,
            ]
            with _stopped_at_the_end(subprocess.Popen(command, stdout=log, stderr=log)) as process:
                agent = ConsulAgent("127.0.0.1", http)
                if _has_leader(agent, process):
                    yield agent
                    return
        log.seek(0)
        raise AssertionError(f"no agent started; the last of them said:\n{log.read()[-4000:]}")


@contextlib.contextmanager
def running_container(image: str | None = None) -> Iterator[ConsulAgent]:
    """Start an agent in a container, and remove it at the end of the block.

    Args:
        image: without one, ``CONSUL_IMAGE`` of the environment, or the version that is tested against.
    """
    image = image or os.environ.get("CONSUL_IMAGE", "hashicorp/consul:1.8.7")
    require_image(image, made_by="make-consul-image")
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - slow, and needed here only

    container = DockerContainer(image).with_command("agent -dev -client=0.0.0.0").with_exposed_ports(8500)
    with container as started:
        agent = ConsulAgent(started.get_container_host_ip(), started.get_exposed_port(8500))
        if not _has_leader(agent):
            raise AssertionError(f"the container does not serve; it said:\n{started.get_logs()}")
        yield agent


def require_image(image: str, made_by: str) -> None:
    """Have an image: one that is there, or is pulled, or is made on this machine by one of ``scripts/``."""
    import docker  # noqa: PLC0415 - slow, and needed here only

    why_no_engine = _why_no_engine_answers()
    if why_no_engine is not None:
        missing(f"no container engine answers ({why_no_engine})")
    with contextlib.closing(docker.from_env()) as client:
        with contextlib.suppress(docker.errors.ImageNotFound):
            client.images.get(image)
            return
        try:
            client.images.pull(image)
        except docker.errors.APIError as error:
            _make_stand_in(client, image, made_by, because=str(error))


def _why_no_engine_answers() -> str | None:
    import docker  # noqa: PLC0415 - slow, and needed here only

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # docker leaves its socket open when nobody answers
        try:
            docker.from_env().close()
        except docker.errors.DockerException as error:
            why = str(error)
        else:
            return None
        gc.collect()
    return why


def _make_stand_in(client: Any, image: str, made_by: str, because: str) -> None:
    """Make the image out of what this machine has, where its true version is the wanted one."""
    import docker  # noqa: PLC0415 - slow, and needed here only

    made = subprocess.run([_SCRIPTS / made_by], capture_output=True, text=True, timeout=600, check=False)
    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        missing(f"{image} can neither be pulled ({because}) nor made ({made.stdout}{made.stderr})")


def _free_ports(count: int) -> Sequence[int]:
    """Return ports that are free for TCP and UDP: serf needs both."""
    ports: list[int] = []
    for port in random.sample(_PORTS, k=len(_PORTS)):
        with contextlib.suppress(OSError), socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            ports.append(port)
        if len(ports) == count:
            return ports
    raise AssertionError(f"fewer than {count} free ports")


@contextlib.contextmanager
def _stopped_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _has_leader(agent: ConsulAgent, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Wait until the cluster has a leader; not, when the process ended or it takes too long."""
    deadline = time.monotonic() + START_TIMEOUT
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < deadline and (process is None or process.poll() is None):
            with contextlib.suppress(requests.RequestException):
                answer = session.get(f"{agent.http}/v1/status/leader", timeout=5)
                if answer.ok and re.fullmatch(r'"\S+:\d+"\s*', answer.text):
                    return True
            time.sleep(0.05)
    return False
