"""The image, built and run on a real engine: what is in it, and how it behaves as a container."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.support.engine import REPOSITORY, VERSION, docker, run
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")  # as Kubernetes' manifests ask for
SOON = ("--health-interval=1s", "--health-start-period=0s", "--health-retries=1")
MOST_ADDED = 60_000_000  # bytes beside the base image's: about twice what it is
PROMPTLY = 5.0  # seconds to end within; the engine itself kills after ten

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def inspected(image: str) -> dict[str, Any]:
    described: list[dict[str, Any]] = json.loads(docker("image", "inspect", image))
    return described[0]


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[str]:
    """Start a container, and remove it at the end of the block."""
    container = docker("run", "--detach", *arguments).strip()
    try:
        yield container
    finally:
        docker("rm", "--force", container)


def health(container: str) -> str:
    return docker("inspect", "--format", "{{.State.Health.Status}}", container).strip()


def test_its_version_label_is_the_packages(inspected: dict[str, Any]) -> None:
    assert inspected["Config"]["Labels"]["org.opencontainers.image.version"] == VERSION


def test_a_label_that_is_not_the_packages_version_ends_the_build(image: str) -> None:
    assert image
    done = run("docker", "build", "--force-rm", "--build-arg", "VERSION=9.9.9", "--target", "wheel", ".")
    assert done.returncode != 0
    assert "discovery_compare-" in done.stdout + done.stderr


def test_its_user_is_a_number_and_not_root(inspected: dict[str, Any]) -> None:
    user, _, group = inspected["Config"]["User"].partition(":")
    assert int(user) > 0
    assert int(group) > 0


def test_it_adds_little_to_python(inspected: dict[str, Any]) -> None:
    python = next(line.split()[1] for line in _dockerfile() if line.startswith("ARG PYTHON")).removeprefix("PYTHON=")
    base: list[dict[str, Any]] = json.loads(docker("image", "inspect", f"python:{python}-slim"))
    assert 0 < inspected["Size"] - base[0]["Size"] < MOST_ADDED


def test_it_holds_the_programs_and_neither_the_rest_of_the_repository_nor_pip(image: str) -> None:
    files = docker("run", "--rm", image, "find", "/app", "-type", "f").split()
    assert sorted(files) == [f"/app/examples/{name}.py" for name in ("client", "demonstration", "example_service")]
    programs = docker("run", "--rm", image, "ls", "/opt/venv/bin").split()
    assert "custom-registry" in programs
    assert not [name for name in programs if name.startswith("pip")]


def test_it_serves_as_its_environment_says_and_ends_promptly(image: str) -> None:
    settings = ("--env=CUSTOM_REGISTRY_PORT=5050", "--env=CUSTOM_REGISTRY_HEARTBEAT_TIMEOUT=7")
    with running(*HARDENED, *SOON, *settings, "--publish=127.0.0.1::5050", image) as container:
        url = f"http://{docker('port', container, '5050').strip()}"
        eventually(lambda: health(container) == "healthy", within=30)
        registered = requests.post(f"{url}/register", json={"service": "web", "address": "http://a:1"}, timeout=10)
        assert registered.json()["ttl_seconds"] == 7
        assert requests.get(f"{url}/discover/web", timeout=10).json()["count"] == 1
        assert docker("exec", container, "id", "-u").strip() == "10001"
        began = time.monotonic()
        docker("stop", container)
        assert time.monotonic() - began < PROMPTLY
        assert docker("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"


def test_one_that_does_not_answer_is_unhealthy(image: str) -> None:
    with running(*SOON, image, "sleep", "60") as container:
        eventually(lambda: health(container) == "unhealthy", within=30)


def test_a_wrong_setting_is_told(image: str) -> None:
    done = run("docker", "run", "--rm", "--env=CUSTOM_REGISTRY_PORT=http", image)
    assert done.returncode == 2
    assert "port" in done.stderr


def test_it_stands_in_for_a_consul_agent(image: str) -> None:
    with running(
        "--publish=127.0.0.1::8500", image, "custom-registry", "agent", "-dev", "-client=0.0.0.0"
    ) as container:
        url = f"http://{docker('port', container, '8500').strip()}/v1/status/leader"

        def answers() -> bool:
            with contextlib.suppress(requests.ConnectionError):
                return requests.get(url, timeout=10).ok
            return False

        eventually(answers, within=30)


def _dockerfile() -> list[str]:
    return (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").splitlines()
