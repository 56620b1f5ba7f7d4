"""What the pods run, as processes: how the examples leave, and what becomes of them when the registry is replaced.

Of Kubernetes there is only what a Service does to connections.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import socketserver
import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

from discovery import BackendUnavailable, DiscoveryError, Instance, open_discovery
from tests.deploy import manifests
from tests.deploy.manifests import EXAMPLES_FILE, REGISTRY_FILE, command_of, container_of, option, pod_of
from tests.examples.programs import read_until, running_example
from tests.support.servers import running_registry

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.deploy.manifests import Object
    from tests.support.servers import RegistryProcess

OBJECTS = manifests.read(REGISTRY_FILE, EXAMPLES_FILE)
REGISTRY = manifests.named(OBJECTS, "Deployment", "service-registry")
USERS = manifests.named(OBJECTS, "Deployment", "user-service")
PAYMENTS = manifests.named(OBJECTS, "Deployment", "payment-service")
USER_SERVICE = "user-service"
LOOPBACK = "127.0.0.1"
HEARTBEAT = 2.0  # seconds between two of them, where the ttl is three times that
PATIENCE = 20.0  # seconds; far above the usual, for a busy machine


class ServicePort(socketserver.ThreadingTCPServer):
    """What a Service of Kubernetes does to connections: new ones go to the pod that is ready, open ones stay."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, pod: int) -> None:
        """Listen for the pod at this port of the loopback address."""
        self.pod = pod
        super().__init__((LOOPBACK, 0), _Forwarding)

    @property
    def url(self) -> str:
        """The URL for ``open_discovery``."""
        return f"registry://{LOOPBACK}:{self.server_address[1]}"


class _Forwarding(socketserver.BaseRequestHandler):
    """One connection."""

    def handle(self) -> None:
        assert isinstance(self.server, ServicePort)
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, self.server.pod)) as pod:
            back = threading.Thread(target=_copy, args=[pod, self.request], daemon=True)
            back.start()
            _copy(self.request, pod)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def service_port(pod: int) -> Iterator[ServicePort]:
    with ServicePort(pod) as service:
        thread = threading.Thread(target=service.serve_forever, args=[0.05])
        thread.start()
        try:
            yield service
        finally:
            service.shutdown()
            thread.join()


@contextlib.contextmanager
def running_pod(workload: Object, url: str, **changed: str) -> Iterator[subprocess.Popen[str]]:
    """Run an example by the command line of its manifest, on a free port."""
    python, program, name, _port, *options = command_of(workload, LOOPBACK)
    assert (python, program) == ("python", "/app/examples/example_service.py")
    options = [word for word in options if word.removeprefix("--").partition("=")[0] not in changed]
    options += [f"--{option}={value}" for option, value in changed.items()]
    with running_example("example_service.py", name, "0", *options, url=url) as process:
        yield process


@pytest.mark.parametrize("workload", [USERS, PAYMENTS], ids=["user-service", "payment-service"])
def test_on_sigterm_it_deregisters_answers_on_and_ends_within_the_grace_period(workload: Object) -> None:
    name = workload["metadata"]["name"]
    with (
        running_registry() as registry,
        open_discovery(registry.url) as discovery,
        running_pod(workload, registry.url) as process,
    ):
        read_until(process, "registered as")
        [instance] = discovery.discover(name)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        while discovery.discover(name, healthy_only=False):
            assert time.monotonic() - began < PATIENCE
            time.sleep(0.01)
        with requests.Session() as http:
            after_leaving = http.get(instance.address, timeout=5)
        assert process.poll() is None
        rest = process.communicate()[0]
        took = time.monotonic() - began

    assert after_leaving.ok
    assert after_leaving.json()["service"] == name
    assert process.returncode == 0
    assert rest.endswith(f"{name} has left\n")
    assert float(option(workload, "drain")) <= took < pod_of(workload)["terminationGracePeriodSeconds"]


def test_a_second_signal_ends_what_is_left_of_it() -> None:
    with running_registry() as registry, running_pod(USERS, registry.url, drain="600") as process:
        read_until(process, "registered as")
        process.send_signal(signal.SIGTERM)
        read_until(process, "deregistered")
        time.sleep(0.2)  # the line comes from a thread, a moment before the block has ended
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)

    assert process.returncode == 0


def test_it_ends_within_the_grace_period_though_the_registry_hangs() -> None:
    with running_registry() as registry, running_pod(USERS, registry.url) as process:
        read_until(process, "registered as")
        registry.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE * 2)
            took = time.monotonic() - began
        finally:
            registry.process.send_signal(signal.SIGCONT)

    assert process.returncode == 0
    assert took < pod_of(USERS)["terminationGracePeriodSeconds"]


def test_the_registry_is_healthy_on_every_address_and_ends_within_its_grace_period() -> None:
    environment = {**manifests.environment_of(REGISTRY, LOOPBACK), "CUSTOM_REGISTRY_PORT": "0"}
    probe = container_of(REGISTRY)["livenessProbe"]["httpGet"]
    with running_registry(environment=environment) as registry:
        assert registry.host == "0.0.0.0"
        with requests.Session() as http:
            assert http.get(f"http://{LOOPBACK}:{registry.port}{probe['path']}", timeout=5).ok
        began = time.monotonic()
        registry.stop()
        assert time.monotonic() - began < pod_of(REGISTRY)["terminationGracePeriodSeconds"]


def test_an_example_is_found_within_a_heartbeat_after_a_rolling_update_and_nobody_is_refused() -> None:
    """The new registry is ready before the old one goes."""
    with replaceable_registry() as (old, service, before), running_registry() as new:
        with asking(service.url) as answers:
            service.pod = new.port
            old.stop()
            after, took = found_after(new.url)
        with open_discovery(service.url) as discovery:
            assert [instance.id for instance in discovery.discover(USER_SERVICE)] == [after.id]

    assert (after.id, after.port) == (before.id, before.port)
    assert took <= HEARTBEAT + 1  # what a busy machine adds to it
    assert set(answers) <= {1, 0}
    assert answers[0] == 1


def test_an_example_is_found_within_a_heartbeat_after_the_registry_was_gone_for_a_while() -> None:
    """As after a crash, or after the update of a deployment whose strategy is Recreate."""
    with replaceable_registry() as (old, service, before):
        old.stop()
        with open_discovery(service.url) as discovery, pytest.raises(BackendUnavailable):
            discovery.discover(USER_SERVICE)
        with running_registry() as new:
            service.pod = new.port
            after, took = found_after(new.url)

    assert (after.id, after.port) == (before.id, before.port)
    assert took <= HEARTBEAT + 1


@contextlib.contextmanager
def replaceable_registry() -> Iterator[tuple[RegistryProcess, ServicePort, Instance]]:
    """Run a registry behind a Service, and an example that has registered with it."""
    with (
        running_registry() as registry,
        service_port(registry.port) as service,
        running_pod(USERS, service.url, ttl=str(HEARTBEAT * 3)) as process,
    ):
        read_until(process, "serves at")
        with open_discovery(registry.url) as discovery:
            [instance] = discovery.discover(USER_SERVICE)
        yield registry, service, instance


@contextlib.contextmanager
def asking(url: str) -> Iterator[list[int | DiscoveryError]]:
    """Ask again and again for the example, and note how many there were, or the error."""
    answers: list[int | DiscoveryError] = []
    ended = threading.Event()

    def ask() -> None:
        with open_discovery(url) as discovery:
            while not ended.wait(0.01):
                try:
                    answers.append(len(discovery.discover(USER_SERVICE)))
                except DiscoveryError as error:
                    answers.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        while not answers:
            time.sleep(0.01)
        yield answers
    finally:
        ended.set()
        thread.join()


def found_after(url: str) -> tuple[Instance, float]:
    """Return the example as soon as this registry has it, and how many seconds that took."""
    began = time.monotonic()
    with open_discovery(url) as discovery:
        while not (instances := discovery.discover(USER_SERVICE)):
            assert time.monotonic() - began < PATIENCE
            time.sleep(0.01)
    return instances[0], time.monotonic() - began
