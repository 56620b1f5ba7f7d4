"""Runs the container engine's commands as a user does, on what this repository builds; it judges nothing."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import subprocess
import uuid
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from compare.consul_agent import DEFAULT_TAG, binary_version
from tests.support.consul import missing, require_image
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
IMAGE = "service-registry:latest"
COMPARE_IMAGE = "service-registry:compare"
COMPOSE_FILE = REPOSITORY / "docker-compose.yml"
VERSION = version("discovery-compare")
LONGEST = 280.0  # seconds, of one command: that which builds everything
_COMPOSERS: tuple[tuple[str, ...], ...] = (
    ("docker", "compose"),
    ("docker-compose",),
)  # the plugin of Docker's command, and the older program


def run(*command: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository, to whatever end."""
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )


def docker(*arguments: str) -> str:
    """Return what the engine's command prints.

    Raises:
        AssertionError: it fails.
    """
    return succeeded(run("docker", *arguments))


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a command printed that must have succeeded."""
    assert done.returncode == 0, f"{done.args} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def require_base_image() -> None:
    """Have what the Dockerfile begins from."""
    if shutil.which("docker") is None:
        missing("no docker command is installed")
    (python,) = re.findall(r"^ARG PYTHON=(\S+)$", (REPOSITORY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    require_image(f"python:{python}-slim", made_by="make-python-image")


@functools.cache
def consul_version() -> str:
    """Have Consul's image in a version, and return that: the environment's, the installed one's, or the newest."""
    installed = shutil.which("consul")
    wanted = os.environ.get("CONSUL_VERSION") or (binary_version(Path(installed)) if installed else DEFAULT_TAG)
    require_image(f"hashicorp/consul:{wanted}", made_by="make-consul-image")
    return wanted


def composers() -> list[tuple[str, ...]]:
    """Return the commands of docker compose that there are."""
    found = [command for command in _COMPOSERS if shutil.which(command[0]) and run(*command, "version").returncode == 0]
    if not found:
        missing("neither docker compose nor docker-compose is installed")
    return found


@dataclass
class Composition:
    """docker-compose.yml under a name and on ports of its own, so that any other run of it is left alone.

    Args:
        settings: the environment of its commands.
    """

    command: tuple[str, ...]
    settings: dict[str, str]
    registry_port: int = field(default_factory=free_port)
    consul_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        """Name it and its ports."""
        self.settings = {
            "COMPOSE_PROJECT_NAME": f"test-{uuid.uuid4().hex[:8]}",
            "REGISTRY_PORT": str(self.registry_port),
            "CONSUL_PORT": str(self.consul_port),
            "IMAGE_VERSION": VERSION,
            **self.settings,
        }

    def __call__(self, *arguments: str) -> str:
        """Return what a command of docker compose prints.

        Raises:
            AssertionError: it fails.
        """
        return succeeded(run(*self.command, *arguments, environment=self.settings))

    def container(self, service: str) -> str:
        """Return the id of a service's one container, running or not."""
        project = f"label=com.docker.compose.project={self.settings['COMPOSE_PROJECT_NAME']}"
        service_label = f"label=com.docker.compose.service={service}"
        return docker("ps", "--all", "--quiet", "--filter", project, "--filter", service_label).strip()

    def down(self) -> None:
        """Take all of it away."""
        self("--profile", "compare", "--profile", "cluster", "down", "--volumes", "--timeout", "5")


@contextlib.contextmanager
def composition(**settings: str) -> Iterator[Composition]:
    """Prepare to run docker-compose.yml; at the end of the block nothing of it is left."""
    composed = Composition(composers()[0], settings)
    try:
        yield composed
    finally:
        composed.down()
