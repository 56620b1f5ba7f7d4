"""docker-compose.yml: what must agree in it with the code and the pages, and that it runs as the pages say."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from custom_registry.config import Settings
from discovery.backends import BackendURL
from tests.support.engine import (
    COMPARE_IMAGE,
    COMPOSE_FILE,
    IMAGE,
    REPOSITORY,
    Composition,
    composers,
    composition,
    consul_version,
    docker,
    run,
    succeeded,
)
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
COMPARISON = "run --rm compare"
DIFFERS = 1  # its exit code when a busy machine is late; that it runs is tested here, how it judges elsewhere
OWNER = 12345  # of the folder that the report lands in


def of_profile(profile: str) -> set[str]:
    return {name for name, service in SERVICES.items() if profile in service.get("profiles", [])}


def test_the_registry_alone_has_no_profile() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" not in service] == ["registry"]


def test_the_profiles_are_what_the_readme_says() -> None:
    assert of_profile("compare") == {"consul", "user-service", "payment-service", "compare"}
    assert of_profile("cluster") == {
        *(f"consul-server-{number}" for number in (1, 2, 3)),
        "consul-agent",
        "user-service-on-consul",
        "payment-service-on-consul",
    }


def test_nothing_is_in_it_that_an_older_docker_compose_refuses() -> None:
    top = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    assert {key for key in top if not key.startswith("x-")} == {"services"}  # no name


def test_the_registry_is_what_the_dockerfile_makes_when_asked_for_nothing_else() -> None:
    assert re.findall(r"^FROM .* AS (\S+)$", DOCKERFILE, re.MULTILINE)[-1] == "registry"
    assert SERVICES["registry"]["image"] == IMAGE
    assert (SERVICES["compare"]["image"], SERVICES["compare"]["build"]["target"]) == (COMPARE_IMAGE, "compare")


def test_the_dockerfile_needs_no_buildkit() -> None:
    assert not re.search(r"^# *syntax|--mount|--chmod|--link|<<", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("service", ["user-service", "payment-service"])
def test_the_examples_differ_from_profile_to_profile_by_one_url(service: str) -> None:
    own = {"profiles", "depends_on", "environment"}
    here, there = SERVICES[service], SERVICES[f"{service}-on-consul"]
    assert {k: v for k, v in here.items() if k not in own} == {k: v for k, v in there.items() if k not in own}
    assert here["environment"].keys() == there["environment"].keys() == {"DISCOVERY_URL"}


@pytest.mark.parametrize("service", [name for name in SERVICES if "service" in name])
def test_the_examples_register_with_a_service_that_they_wait_for(service: str) -> None:
    url = BackendURL.parse(SERVICES[service]["environment"]["DISCOVERY_URL"])
    assert SERVICES[service]["depends_on"] == {url.host: {"condition": "service_healthy"}}
    assert SERVICES[url.host or ""]["ports"][0].endswith(f":{url.port}")


def test_the_registry_takes_the_settings_that_there_are() -> None:
    known = {f"CUSTOM_REGISTRY_{field.name.upper()}" for field in fields(Settings)}
    assert set(SERVICES["registry"]["environment"]) <= known
    assert set(re.findall(r"\bCUSTOM_REGISTRY_\w+(?==)", DOCKERFILE)) <= known


def test_the_registrys_port_is_its_own_everywhere() -> None:
    port = Settings().port
    assert f"\nEXPOSE {port}\n" in DOCKERFILE
    assert f"CUSTOM_REGISTRY_PORT={port}" in DOCKERFILE
    assert SERVICES["registry"]["ports"][0].endswith(f":{port}")


def test_everything_listens_on_this_machine_only() -> None:
    assert all(port.startswith("127.0.0.1:") for service in SERVICES.values() for port in service.get("ports", []))


@pytest.mark.integration
@pytest.mark.parametrize("profile", ["", "compare", "cluster"])
def test_every_docker_compose_that_there_is_takes_it(profile: str) -> None:
    for command in composers():
        succeeded(run(*command, "--file", str(COMPOSE_FILE), "--profile", profile, "config", "--quiet"))


def commands(page: str, heading: str) -> list[str]:
    """Return the commands of a section's blocks of ``sh``, one a line, but for our scripts, which other tests run."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {heading}$(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [line for block in blocks if "scripts/" not in block for line in block.splitlines()]


def follow(composed: Composition, page: str, heading: str, awaited: dict[str, str]) -> dict[str, str]:
    """Do what a section says, in a shell, in our composition and on its ports; return what each command printed.

    Args:
        composed: where.
        page: which.
        heading: of the section.
        awaited: what is to be printed by the commands in which a text occurs. They are given again until it is, as a
            reader would who is quicker than what he has just started.
    """
    return {command: told(composed, command, awaited) for command in commands(page, heading)}


def told(composed: Composition, command: str, awaited: dict[str, str]) -> str:
    wanted = [text for part, text in awaited.items() if part in command]
    for documented, port in (("localhost:5001", composed.registry_port), ("127.0.0.1:8500", composed.consul_port)):
        command = command.replace(documented, f"{documented.partition(':')[0]}:{port}")
    command = command.replace("docker compose", " ".join(composed.command))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    printed = ""

    def is_told() -> bool:
        nonlocal printed
        done = run("bash", "-c", command, environment=composed.settings | {"PATH": path})
        if COMPARISON not in command or done.returncode != DIFFERS:
            succeeded(done)
        printed = done.stdout
        return all(text in printed for text in wanted)

    eventually(is_told, within=30)
    return printed


@pytest.fixture
def composed(image: str, tmp_path: Path) -> Iterator[Composition]:
    assert image
    tmp_path.chmod(0o755)
    with composition(CONSUL_VERSION=consul_version(), REPORT_FOLDER=str(tmp_path / "results")) as running:
        yield running


@pytest.mark.integration
def test_the_readme_can_be_followed(composed: Composition, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    if succeeded(run("id", "-u")).strip() == "0":
        succeeded(run("chown", f"{OWNER}:{OWNER}", str(results)))
    owner = results.stat().st_uid
    awaited = {
        "discover/web": '"address":"http://localhost:8001"',
        "discover/user-service": '"count":1',
        "client.py call payment-service": "answers",
    }
    printed = follow(composed, "README.md", "In containers", awaited)
    assert f"Consul {composed.settings['CONSUL_VERSION']}" in one(printed, COMPARISON)
    assert {file.name: file.stat().st_uid for file in results.iterdir()} == {
        "comparison.html": owner,
        "comparison.json": owner,
    }
    report = json.loads((results / "comparison.json").read_text(encoding="utf-8"))
    assert {target["name"] for target in report["targets"]} == {"basic", "custom", "facade", "consul"}
    assert {history["scenario"] for history in report["histories"] if history["target"] == "consul"} == {
        scenario["name"] for scenario in report["scenarios"]
    }


def one(printed: dict[str, str], part: str) -> str:
    """Return what the one command printed in which a text occurs."""
    (found,) = [output for command, output in printed.items() if part in command]
    return found


@pytest.mark.integration
def test_settings_reach_the_registry_from_the_environment(composed: Composition) -> None:
    composed.settings |= {"CUSTOM_REGISTRY_HEARTBEAT_TIMEOUT": "7", "CUSTOM_REGISTRY_LOG_FORMAT": "json"}
    composed("up", "--detach")
    eventually(lambda: "heartbeat timeout 7 s" in composed("logs", "--no-color", "registry"), within=30)


@pytest.mark.integration
def test_an_example_leaves_before_it_ends(composed: Composition) -> None:
    composed("--profile", "compare", "up", "--detach", "user-service")
    url = f"http://localhost:{composed.registry_port}/discover/user-service?healthy_only=false"

    def count() -> int:
        return int(json.loads(succeeded(run("curl", "--silent", url)))["count"])

    eventually(lambda: count() == 1, within=30)
    composed("--profile", "compare", "stop", "user-service")
    assert count() == 0
    assert docker("inspect", "--format", "{{.State.ExitCode}}", composed.container("user-service")).strip() == "0"


@pytest.mark.integration
def test_the_examples_register_with_the_cluster(composed: Composition) -> None:
    awaited = {"client.py find user-service": "passing  http://", "consul members": "consul-server-3"}
    printed = follow(composed, "CONSUL.md", "A Consul of three servers", awaited)
    assert one(printed, "consul members").count("server  ") == 3
