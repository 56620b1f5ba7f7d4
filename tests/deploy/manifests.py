"""Reads the Kubernetes manifests, and says what a kubelet would start of them; it knows no cluster and no engine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.support.consul import missing

REPOSITORY = Path(__file__).resolve().parents[2]
REGISTRY_FILE = REPOSITORY / "k8s" / "registry-deployment.yaml"
EXAMPLES_FILE = REPOSITORY / "k8s" / "example-service-deployment.yaml"
CONSUL_FILE = REPOSITORY / "k8s-overlays" / "consul" / "consul.yaml"
BASE = REPOSITORY / "k8s"
OVERLAY = REPOSITORY / "k8s-overlays" / "consul"

Object = dict[str, Any]

_REFERENCE = re.compile(r"\$\((\w+)\)")


def read(*files: Path) -> list[Object]:
    """Return the objects of files, in their order."""
    return [found for file in files for found in _objects(file.read_text(encoding="utf-8"))]


def kustomized(folder: Path) -> list[Object]:
    """Return the objects that ``kubectl apply -k`` would apply. Without kubectl or kustomize the test is judged."""
    # kubectl has a kustomize of its own, which may be an old one
    programs = [each for each in (["kustomize", "build"], ["kubectl", "kustomize"]) if shutil.which(each[0])]
    if not programs:
        missing("neither kubectl nor kustomize is installed")
    built = subprocess.run([*programs[0], str(folder)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return _objects(built.stdout)


def _objects(text: str) -> list[Object]:
    return [found for found in yaml.safe_load_all(text) if found]


def named(objects: list[Object], kind: str, name: str) -> Object:
    """Return the one object of this kind and name."""
    [found] = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def workloads(objects: list[Object]) -> list[Object]:
    """Return what makes pods."""
    return [each for each in objects if "template" in each["spec"]]


def services(objects: list[Object]) -> list[Object]:
    """Return the Services."""
    return [each for each in objects if each["kind"] == "Service"]


def pod_of(workload: Object) -> Object:
    """Return what each pod of a workload is specified to be."""
    pod: Object = workload["spec"]["template"]["spec"]
    return pod


def container_of(workload: Object) -> Object:
    """Return the one container of a workload's pods."""
    container: Object
    [container] = pod_of(workload)["containers"]
    return container


def environment_of(workload: Object, ip: str) -> dict[str, str]:
    """Return the variables that a pod's process gets whose address is this."""
    fields = {"status.podIP": ip}
    return {
        entry["name"]: entry["value"] if "value" in entry else fields[entry["valueFrom"]["fieldRef"]["fieldPath"]]
        for entry in container_of(workload)["env"]
    }


def command_of(workload: Object, ip: str) -> list[str]:
    """Return the command line of a pod's process, with ``$(NAME)`` filled in as a kubelet does.

    Raises:
        KeyError: a name is not among the container's variables; a kubelet would leave it as it stands.
    """
    variables = environment_of(workload, ip)
    container = container_of(workload)
    words = [*container.get("command", ()), *container["args"]]
    return [_REFERENCE.sub(lambda found: variables[found[1]], word) for word in words]


def option(workload: Object, name: str) -> str:
    """Return what follows ``--name=`` on a workload's command line."""
    [found] = [word for word in container_of(workload)["args"] if word.startswith(f"--{name}=")]
    return str(found).partition("=")[2]
