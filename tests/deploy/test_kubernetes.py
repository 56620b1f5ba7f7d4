"""The manifests by themselves: that they are Kubernetes', and that what must agree across files does."""

from __future__ import annotations

import copy
import inspect
import re
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate.utils import all_versions

from custom_registry.__main__ import command as registry_command
from discovery import Registrar
from discovery.backends import BackendURL
from discovery.config import ENVIRONMENT_VARIABLE
from tests.deploy import manifests
from tests.deploy.manifests import (
    BASE,
    CONSUL_FILE,
    EXAMPLES_FILE,
    OVERLAY,
    REGISTRY_FILE,
    REPOSITORY,
    Object,
    container_of,
    kustomized,
    option,
    pod_of,
    services,
    workloads,
)

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = manifests.read(REGISTRY_FILE, EXAMPLES_FILE)
CONSUL = manifests.read(CONSUL_FILE)
EXAMPLES = manifests.read(EXAMPLES_FILE)
ALL = PLAIN + CONSUL
IP = "10.0.0.9"
_VARIABLE = re.compile(r"\$\{\w+:-([^}]*)\}")  # of a compose file, with its default


def name_of(each: Any) -> str:
    return f"{each['kind']}-{each['metadata']['name']}" if isinstance(each, dict) else str(each)


def example(name: str) -> Object:
    return manifests.named(PLAIN, "Deployment", name)


def as_text(objects: list[Object]) -> str:
    return yaml.safe_dump_all(sorted(objects, key=name_of), sort_keys=True)


class TestSchemas:
    """Against the schemas that Kubernetes publishes of itself, without fields that these do not know."""

    @pytest.mark.parametrize("version", all_versions())
    def test_every_object_is_one_of_kubernetes(self, version: str) -> None:
        for each in ALL:
            kubernetes_validate.validate(each, version, strict=True)

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("spec", "replica"), 1),
            (("spec", "replicas"), "one"),
            (("spec", "template", "spec", "containers", 0, "readOnlyRootFilesystem"), True),
        ],
    )
    def test_what_is_wrong_is_noticed(self, path: tuple[str | int, ...], value: object) -> None:
        wrong: Any = copy.deepcopy(example("user-service"))
        within = wrong
        for key in path[:-1]:
            within = within[key]
        within[path[-1]] = value

        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, all_versions()[-1], strict=True)


class TestAgreement:
    @pytest.mark.parametrize("workload", workloads(ALL), ids=name_of)
    def test_a_workload_selects_its_own_pods(self, workload: Object) -> None:
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert workload["spec"]["selector"]["matchLabels"] == {"app": workload["metadata"]["name"]}
        assert labels["app"] == workload["metadata"]["name"]
        assert workload["metadata"]["labels"] == labels

    @pytest.mark.parametrize("service", services(ALL), ids=name_of)
    def test_a_service_leads_to_one_workload_and_a_port_of_it(self, service: Object) -> None:
        selected = [
            each
            for each in workloads(ALL)
            if service["spec"]["selector"].items() <= each["spec"]["template"]["metadata"]["labels"].items()
        ]
        assert len(selected) == 1
        [port] = service["spec"]["ports"]
        [listening] = [each for each in container_of(selected[0])["ports"] if each["name"] == port["targetPort"]]
        assert port["port"] == listening["containerPort"]
        assert service["metadata"]["name"] == selected[0]["metadata"]["name"]

    def test_the_registry_is_at_the_port_that_is_documented(self) -> None:
        [service] = services(PLAIN)
        [port] = service["spec"]["ports"]
        assert (service["spec"]["type"], port["port"], port["nodePort"]) == ("NodePort", 5001, 30001)
        script = (REPOSITORY / "deploy-minikube.sh").read_text(encoding="utf-8")
        assert f"node_port={port['nodePort']}\n" in script

    def test_no_two_services_want_the_same_port_of_a_node(self) -> None:
        ports = [port["nodePort"] for service in services(ALL) for port in service["spec"]["ports"]]
        assert len(set(ports)) == len(ports)

    def test_a_registry_listens_where_its_port_is(self) -> None:
        registry = manifests.named(PLAIN, "Deployment", "service-registry")
        variables = manifests.environment_of(registry, IP)
        [port] = container_of(registry)["ports"]
        assert variables["CUSTOM_REGISTRY_PORT"] == str(port["containerPort"])
        assert variables["CUSTOM_REGISTRY_HOST"] == "0.0.0.0"

    @pytest.mark.parametrize("workload", workloads(EXAMPLES), ids=name_of)
    def test_an_example_listens_where_its_port_is_and_says_the_pods_address(self, workload: Object) -> None:
        words = manifests.command_of(workload, IP)
        [port] = container_of(workload)["ports"]
        assert words[2:4] == [workload["metadata"]["name"], str(port["containerPort"])]
        assert f"--advertise={IP}" in words
        assert "--host=0.0.0.0" in words

    @pytest.mark.parametrize("workload", workloads(PLAIN), ids=name_of)
    def test_every_variable_is_read(self, workload: Object) -> None:
        read = {f"CUSTOM_REGISTRY_{parameter.name or ''}".upper() for parameter in registry_command.params}
        words = " ".join(container_of(workload)["args"])
        for name in manifests.environment_of(workload, IP):
            assert name in read | {ENVIRONMENT_VARIABLE} or f"$({name})" in words

    @pytest.mark.parametrize("workload", workloads(EXAMPLES), ids=name_of)
    def test_discovery_url_is_a_service_beside_it(self, workload: Object) -> None:
        url = BackendURL.parse(manifests.environment_of(workload, IP)[ENVIRONMENT_VARIABLE])
        service = manifests.named(PLAIN, "Service", url.host)
        assert [port["port"] for port in service["spec"]["ports"]] == [url.port]

    def test_all_but_consul_run_the_image_that_is_built(self) -> None:
        script = (REPOSITORY / "deploy-minikube.sh").read_text(encoding="utf-8")
        for workload in workloads(PLAIN):
            container = container_of(workload)
            assert f"\nimage={container['image']}\n" in script
            assert container["imagePullPolicy"] == "IfNotPresent"

    def test_consul_is_the_one_of_the_compose_file(self) -> None:
        compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
        images = {str(service.get("image")) for service in compose["services"].values()}
        [consul] = workloads(CONSUL)
        assert container_of(consul)["image"] in {_VARIABLE.sub(r"\1", image) for image in images}

    def test_the_script_deletes_every_kind_that_there_is_and_waits_for_every_deployment(self) -> None:
        script = (REPOSITORY / "deploy-minikube.sh").read_text(encoding="utf-8")
        deleted = re.search(r"on_minikube delete (\S+) ", script)
        assert deleted is not None
        assert set(deleted[1].split(",")) == {each["kind"].lower() for each in ALL}
        assert all(each["metadata"]["labels"]["app.kubernetes.io/part-of"] == "discovery-compare" for each in ALL)
        names = " ".join(each["metadata"]["name"] for each in workloads(PLAIN)[:1] + workloads(EXAMPLES))
        assert f"deployments=({names})" in script


class TestEnds:
    """Grace periods, heartbeats and ttls."""

    @pytest.mark.parametrize("workload", workloads(EXAMPLES), ids=name_of)
    def test_an_example_has_time_to_leave(self, workload: Object) -> None:
        """The registrar waits for its backend so long, then come the seconds for those who had found it."""
        patience = inspect.signature(Registrar).parameters["patience"].default
        needed = patience + float(option(workload, "drain"))
        assert pod_of(workload)["terminationGracePeriodSeconds"] >= needed + 10

    @pytest.mark.parametrize("workload", workloads(EXAMPLES), ids=name_of)
    def test_an_old_example_goes_only_when_a_new_one_can_be_found(self, workload: Object) -> None:
        patience = inspect.signature(Registrar).parameters["patience"].default
        assert workload["spec"]["minReadySeconds"] >= patience
        assert workload["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}

    @pytest.mark.parametrize("workload", workloads(ALL), ids=name_of)
    def test_no_hook_delays_the_end(self, workload: Object) -> None:
        assert "lifecycle" not in container_of(workload)

    def test_there_is_one_registry_and_it_serves_until_the_next_one_does(self) -> None:
        registry = manifests.named(PLAIN, "Deployment", "service-registry")
        assert registry["spec"]["replicas"] == 1
        assert registry["spec"]["strategy"] == {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
        }

    def test_a_registry_is_not_restarted_sooner_than_an_instance_lapses(self) -> None:
        """A restart forgets them all; slow answers alone must not cause one."""
        probe = container_of(manifests.named(PLAIN, "Deployment", "service-registry"))["livenessProbe"]
        ttl = max(float(option(each, "ttl")) for each in workloads(EXAMPLES))
        assert probe["periodSeconds"] * probe["failureThreshold"] > ttl


class TestSecurity:
    """What Kubernetes' Pod Security Standard `restricted` asks for, and more."""

    @pytest.mark.parametrize("workload", workloads(ALL), ids=name_of)
    def test_a_pod_is_restricted(self, workload: Object) -> None:
        pod, container = pod_of(workload), container_of(workload)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["runAsGroup"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert pod["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert all(volume.keys() <= {"name", "emptyDir"} for volume in pod.get("volumes", ()))

    @pytest.mark.parametrize("workload", workloads(ALL), ids=name_of)
    def test_no_service_makes_a_variable_by_its_name(self, workload: Object) -> None:
        """A Service ``custom-registry`` would set CUSTOM_REGISTRY_PORT to an URL."""
        assert pod_of(workload)["enableServiceLinks"] is False

    @pytest.mark.parametrize("workload", workloads(ALL), ids=name_of)
    def test_resources_are_asked_for_and_memory_is_limited(self, workload: Object) -> None:
        resources = container_of(workload)["resources"]
        assert resources["requests"].keys() == {"cpu", "memory"}
        assert resources["limits"].keys() == {"memory"}

    @pytest.mark.parametrize("workload", workloads(PLAIN), ids=name_of)
    @pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
    def test_all_probes_ask_for_health(self, workload: Object, probe: str) -> None:
        assert container_of(workload)[probe]["httpGet"] == {"path": "/health", "port": "http"}


@pytest.mark.integration
class TestKustomize:
    """By the kustomize that is installed, in kubectl or alone."""

    def test_the_base_is_the_two_files(self) -> None:
        assert as_text(kustomized(BASE)) == as_text(PLAIN)

    def test_the_overlay_has_consul_in_the_registrys_place_and_the_same_examples_but_for_one_url(self) -> None:
        url = "consul://consul:8500?deregister_after=1m"
        expected = copy.deepcopy(EXAMPLES) + CONSUL
        for each in workloads(expected[: len(EXAMPLES)]):
            [variable] = [entry for entry in container_of(each)["env"] if entry["name"] == ENVIRONMENT_VARIABLE]
            variable["value"] = url

        assert as_text(kustomized(OVERLAY)) == as_text(expected)
        parsed = BackendURL.parse(url)
        service = manifests.named(CONSUL, "Service", parsed.host)
        assert [port["port"] for port in service["spec"]["ports"]] == [parsed.port]

    def test_the_url_stands_once_in_the_overlay(self) -> None:
        text = (OVERLAY / "kustomization.yaml").read_text(encoding="utf-8")
        assert len(re.findall(r"consul://", text)) == 1

    def test_what_kustomize_makes_is_kubernetes_own_too(self) -> None:
        for each in kustomized(OVERLAY):
            kubernetes_validate.validate(each, all_versions()[-1], strict=True)


_FILES = [REGISTRY_FILE, EXAMPLES_FILE, CONSUL_FILE, BASE / "kustomization.yaml", OVERLAY / "kustomization.yaml"]
_NAMED_FILE = re.compile(r"\b(?:(?:k8s|k8s-overlays|tests)/[\w./-]+|[A-Z]+\.md)")


@pytest.mark.parametrize("file", _FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_every_file_that_a_manifest_names_is_there(file: Path) -> None:
    for named in _NAMED_FILE.findall(file.read_text(encoding="utf-8")):
        assert (REPOSITORY / named.rstrip(".")).exists(), f"{file.name} names {named}"
