"""What the pods run, as containers of an engine: the same image, arguments, user and rights, under the Services' names.

There is no Kubernetes in it: no kubelet, no probes but ours, no rolling update.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from typing import TYPE_CHECKING

import pytest
import requests

from discovery import open_discovery
from tests.deploy import manifests
from tests.deploy.manifests import CONSUL_FILE, EXAMPLES_FILE, OVERLAY, REGISTRY_FILE, container_of, pod_of
from tests.support.engine import consul_version, docker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.deploy.manifests import Object

pytestmark = pytest.mark.integration

OBJECTS = manifests.read(REGISTRY_FILE, EXAMPLES_FILE)
REGISTRY = manifests.named(OBJECTS, "Deployment", "service-registry")
USERS = manifests.named(OBJECTS, "Deployment", "user-service")
SUBNETS = [f"10.213.{third}.0/28" for third in range(200, 250)]  # the engine refuses one that is taken


class Cluster:
    """A network of the engine, on which pods get the addresses that their manifests have to know beforehand."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        """Make the network; it goes with the stack, after its pods."""
        self._stack = stack
        self._name = f"test-{uuid.uuid4().hex[:8]}"
        self._addresses = self._make_network()
        stack.callback(docker, "network", "rm", self._name)

    def _make_network(self) -> Iterator[str]:
        for subnet in SUBNETS:
            with contextlib.suppress(AssertionError):
                docker("network", "create", "--subnet", subnet, self._name)
                return (f"{subnet.rpartition('.')[0]}.{last}" for last in range(2, 15))
        raise AssertionError("the engine has no network to spare")

    def start(self, workload: Object, image: str) -> Pod:
        """Start a pod and wait until its startup probe is content."""
        ip = next(self._addresses)
        name = f"{self._name}-{workload['metadata']['name']}"
        docker("run", "--detach", "--name", name, "--network", self._name, "--ip", ip, *_arguments(workload, ip, image))
        self._stack.callback(docker, "rm", "--force", "--volumes", name)
        pod = Pod(workload, name, ip)
        pod.await_probe("startupProbe")
        pod.await_probe("readinessProbe")
        return pod


class Pod:
    """A container that runs."""

    def __init__(self, workload: Object, name: str, ip: str) -> None:
        """Remember which."""
        self.name = name
        self.ip = ip
        self._workload = workload

    @property
    def url(self) -> str:
        """The URL of its port."""
        return f"http://{self.ip}:{self.port}"

    @property
    def port(self) -> int:
        """Its one port."""
        [port] = container_of(self._workload)["ports"]
        return int(port["containerPort"])

    def await_probe(self, name: str) -> None:
        """Ask as often as Kubernetes does before it gives a pod up."""
        probe = container_of(self._workload)[name]
        deadline = time.monotonic() + max(60, probe["periodSeconds"] * probe.get("failureThreshold", 3))
        with requests.Session() as http:
            while time.monotonic() < deadline:
                with contextlib.suppress(requests.RequestException):
                    answer = http.get(f"{self.url}{probe['httpGet']['path']}", timeout=probe["timeoutSeconds"])
                    if answer.ok:
                        return
                time.sleep(0.1)
        raise AssertionError(f"{name} of {self.name} fails; it printed\n{docker('logs', self.name)}")

    def end(self) -> int:
        """Ask it to end, as Kubernetes does, and return its exit code: 137 where it had to be killed."""
        docker("stop", "--time", str(pod_of(self._workload)["terminationGracePeriodSeconds"]), self.name)
        return int(docker("inspect", "--format", "{{.State.ExitCode}}", self.name))


def _arguments(workload: Object, ip: str, image: str) -> Iterator[str]:
    """Yield what makes the engine's container of a pod's."""
    pod, container = pod_of(workload), container_of(workload)
    rights = pod["securityContext"] | container["securityContext"]
    user = f"uid={rights['runAsUser']},gid={rights['runAsGroup']}"
    yield from ("--network-alias", workload["metadata"]["name"])
    yield from ("--user", f"{rights['runAsUser']}:{rights['runAsGroup']}")
    yield from ("--memory", container["resources"]["limits"]["memory"].removesuffix("i"))
    yield from (f"--cap-drop={capability}" for capability in rights["capabilities"]["drop"])
    if rights["readOnlyRootFilesystem"]:
        yield "--read-only"
    if not rights["allowPrivilegeEscalation"]:
        yield "--security-opt=no-new-privileges"
    for name, value in manifests.environment_of(workload, ip).items():
        yield from ("--env", f"{name}={value}")
    for mount in container.get("volumeMounts", ()):
        yield from ("--tmpfs", f"{mount['mountPath']}:{user}")
    program, *words = manifests.command_of(workload, ip)
    if "command" in container:
        yield from ("--entrypoint", program, image, *words)
    else:
        yield from (image, program, *words)


@pytest.fixture
def cluster(image: str) -> Iterator[Cluster]:  # noqa: ARG001 - the images are there
    with contextlib.ExitStack() as stack:
        yield Cluster(stack)


def test_a_pod_registers_is_found_at_its_address_and_leaves_before_it_ends(cluster: Cluster, image: str) -> None:
    registry = cluster.start(REGISTRY, image)
    users = cluster.start(USERS, image)
    with open_discovery(f"registry://{registry.ip}:{registry.port}") as discovery, requests.Session() as http:
        _await_registered(users)
        [found] = discovery.discover("user-service")
        assert found.address == users.url
        assert http.get(found.address, timeout=5).json()["service"] == "user-service"

        assert users.end() == 0
        assert discovery.discover("user-service", healthy_only=False) == []
    assert registry.end() == 0


def test_the_same_pod_does_so_on_the_consul_of_the_overlay(cluster: Cluster, image: str) -> None:
    overlay = manifests.kustomized(OVERLAY)
    [workload] = manifests.workloads(manifests.read(CONSUL_FILE))
    consul = cluster.start(workload, f"hashicorp/consul:{consul_version()}")
    users = cluster.start(manifests.named(overlay, "Deployment", "user-service"), image)
    with open_discovery(f"consul://{consul.ip}:{consul.port}") as discovery:
        _await_registered(users)
        [found] = discovery.discover("user-service")
        assert found.address == users.url

        assert users.end() == 0
        assert discovery.discover("user-service", healthy_only=False) == []


def _await_registered(pod: Pod) -> None:
    deadline = time.monotonic() + 60
    while "serves at" not in docker("logs", pod.name):
        assert time.monotonic() < deadline, docker("logs", pod.name)
        time.sleep(0.1)
