"""What KUBERNETES.md shows of the script and of the registry is what these print and answer."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import pytest
import requests
from kubernetes_validate.utils import all_versions
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser

from discovery import Registrar
from tests.deploy import manifests
from tests.deploy.manifests import REPOSITORY
from tests.deploy.stand_ins import StandIns
from tests.support.cluster_page import evaluate_commands
from tests.support.servers import running_registry

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (REPOSITORY / "KUBERNETES.md").read_text(encoding="utf-8")


@pytest.fixture
def shown() -> str:
    [block] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    return str(block)


def test_the_script_prints_what_the_page_shows(shown: str, tmp_path: Path) -> None:
    [answer] = re.findall(r"What it has: +(.*)\n", shown)
    ended = StandIns(tmp_path, answers={"curl": [(0, f"{answer}\n")]}).run()

    of_kubectl = "successfully rolled out\n"
    assert ended.stdout.replace(of_kubectl, "").startswith(shown)


def test_the_registry_answers_what_the_page_shows(shown: str) -> None:
    [answer] = re.findall(r"What it has: +(.*)\n", shown)
    with running_registry() as registry, requests.Session() as http:
        for workload in manifests.workloads(manifests.read(manifests.EXAMPLES_FILE)):
            for number in range(workload["spec"]["replicas"]):
                body = {"service": workload["metadata"]["name"], "address": f"http://10.244.0.{number}:8001"}
                assert http.post(f"{registry.http}/register", json=body, timeout=5).ok
        assert http.get(f"{registry.http}/services", timeout=5).text.strip() == answer


def test_the_page_gives_the_versions_and_seconds_of_today() -> None:
    oldest, *_, newest = (version.removesuffix(".0") for version in all_versions())
    assert f"({oldest} to {newest}, strictly)" in PAGE
    for workload in manifests.workloads(manifests.read(manifests.EXAMPLES_FILE)):
        grace = manifests.pod_of(workload)["terminationGracePeriodSeconds"]
        patience = inspect.signature(Registrar).parameters["patience"].default
        ttl, drain = (float(manifests.option(workload, name)) for name in ("ttl", "drain"))
        assert f"Each example may take {grace} s to leave" in PAGE
        assert f"needs at most {patience:g} + {drain:g};" in PAGE
        assert f"its ttl of {ttl:g} s passes without a heartbeat" in PAGE
        assert f"of {ttl:g} s the heartbeat comes every {ttl / 3:g} s" in " ".join(PAGE.split())


@pytest.mark.parametrize(
    "command",
    [
        "./deploy-minikube.sh --destroy",
        "kubectl apply -f k8s/nothing.yaml",
        "kubectl get pods --selektor app=user-service",
        "kubectl get pods --selector app=nobody",
        "kubectl rollout status deployment/nobody",
        "kubectl exec deployment/user-service -- python /app/examples/client.py call user-service --times 4",
        "curl http://localhost:5001/nothing",
        "minikube begin",
        "helm install consul",
    ],
)
def test_a_wrong_command_on_the_page_would_be_noticed(command: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```sh\n{command}\n```\n", encoding="utf-8")
    parser = CodeBlockParser("sh", evaluate_commands)
    [example] = Sybil(parsers=[parser], patterns=["*.md"]).parse(page).examples()

    with pytest.raises(AssertionError):
        example.evaluate()
