"""Checks a page's commands for a cluster without one: that each is what its program takes, on what there is.

kubectl itself reads its arguments and finds nobody; files, names and labels are looked up in the manifests; ``curl``
asks a registry on this machine; the script runs on stand-ins.
"""

from __future__ import annotations

import itertools
import re
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from tests.deploy import manifests
from tests.deploy.manifests import CONSUL_FILE, EXAMPLES_FILE, REGISTRY_FILE, REPOSITORY
from tests.deploy.stand_ins import StandIns
from tests.examples.programs import run_example
from tests.support.kubectl import assert_understood
from tests.support.servers import running_registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from sybil import Example

_OBJECTS = manifests.read(REGISTRY_FILE, EXAMPLES_FILE, CONSUL_FILE)
_NAMED = {f"{each['kind'].lower()}/{each['metadata']['name']}" for each in _OBJECTS}
_MINIKUBE = {"start", "docker-env", "service"}  # taken from its documentation; it cannot be had here
_OF_KUBERNETES = "kubernetes.io/"  # labels that Kubernetes sets itself


def evaluate_commands(example: Example) -> None:
    """Check each command of a ``sh`` block.

    Raises:
        AssertionError: a command is not what it should be.
    """
    for line in str(example.parsed).splitlines():
        found = re.fullmatch(r'eval "\$\((.*)\)"', line)
        program, *words = shlex.split(found[1] if found else line)
        assert program in _CHECKS, f"nothing is known of {program}"
        _CHECKS[program](words)


def _kubectl(words: list[str]) -> None:
    inner = words[words.index("--") + 1 :] if "--" in words else []
    folders = {value for flag, value in itertools.pairwise(words) if flag in {"-k", "kustomize"}}
    for folder in folders:
        assert manifests.kustomized(REPOSITORY / folder)
    if words[0] == "kustomize":
        return
    # an old kubectl builds the base, but not the overlay
    assert_understood([str(manifests.BASE) if word in folders else word for word in words])
    for flag, value in itertools.pairwise(words):
        if flag == "-f":
            assert (REPOSITORY / value).is_file(), value
        elif flag == "--selector":
            assert value.startswith(_OF_KUBERNETES) or _labelled(value), value
    for word in words[: len(words) - len(inner)]:
        assert "/" not in word or word in _NAMED or (REPOSITORY / word).exists() or "=" in word, word
    if words[0] in {"delete", "expose"} and words[-1] in {name.partition("/")[2] for name in _NAMED}:
        assert {f"{kind}/{words[-1]}" for kind in words[1].split(",")} <= _NAMED
    if inner:
        _in_a_pod(inner)


def _labelled(selector: str) -> bool:
    label, _, value = selector.partition("=")
    return any(each["metadata"]["labels"].get(label) == value for each in _OBJECTS)


def _in_a_pod(words: list[str]) -> None:
    assert words[:2] == ["python", "/app/examples/client.py"]
    shown = run_example("client.py", words[2], "--help", url=None)
    assert shown.returncode == 0
    for option in (word for word in words[3:] if word.startswith("--")):
        assert option in shown.stdout


def _minikube(words: list[str]) -> None:
    assert words[0] in _MINIKUBE


def _docker(words: list[str]) -> None:
    script = (REPOSITORY / "deploy-minikube.sh").read_text(encoding="utf-8")
    assert words == ["build", "--tag", "service-registry:latest", "."]
    assert 'docker build --tag "$image" .' in script


def _curl(words: list[str]) -> None:
    [url] = words
    parts = urlsplit(url)
    assert parts.port == 5001
    with running_registry() as registry, requests.Session() as http:
        assert http.get(f"{registry.http}{parts.path}", timeout=5).ok


def _script(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ended = StandIns(Path(folder)).run(*words)
    assert ended.returncode == 0, ended.stderr


_CHECKS: dict[str, Callable[[list[str]], None]] = {
    "kubectl": _kubectl,
    "minikube": _minikube,
    "docker": _docker,
    "curl": _curl,
    "./deploy-minikube.sh": _script,
}
