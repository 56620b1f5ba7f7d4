"""What the wheel does without any extra: the registry and the contract, and clear words for the rest."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import requests

from tests.packaging.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.packaging.conftest import Built, Environment

pytestmark = pytest.mark.integration

MOST_PACKAGES = 20  # this and the next are what docs/operate.md says
MOST_MEGABYTES = 30
BEFORE = {"pip", "setuptools", "pkg_resources", "_distutils_hack"}  # what an environment begins with
OF_THE_EXTRAS = {"grpcio", "psutil", "pydantic", "python-consul2", "PyYAML", "rich", "testcontainers", "tomli_w"}

PROGRAM = """
from discovery import Registrar, Registration, RoundRobin, open_discovery

with open_discovery() as discovery, Registrar(discovery, Registration("orders", "http://10.0.0.1:8001", ttl=5)):
    print(RoundRobin(discovery).pick("orders").address, len(discovery.discover("orders")))
with open_discovery() as discovery:
    print(len(discovery.discover("orders")))
"""

TYPED = """
from custom_registry.registry import Registry
from discovery import Instance, open_discovery

with open_discovery() as discovery:
    found: list[Instance] = discovery.discover("orders")
    wrong: int = discovery.discover("orders")
reveal_type(Registry)
"""


@contextmanager
def running(environment: Environment, *command: str, **variables: str) -> Iterator[str]:
    """Start a program of the environment; yield the first line that names a URL."""
    process = subprocess.Popen(
        [environment.folder / "bin" / command[0], *command[1:]],
        cwd=environment.work,
        env=environment.variables | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process:
        try:
            yield next(line for line in process.stdout if "http://" in line)
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def registry(bare: Environment) -> Iterator[dict[str, str]]:
    """The installed registry, and the setting by which programs find it."""
    with running(bare, "custom-registry", "--port", "0", "--log-level", "error") as ready:
        yield {"DISCOVERY_URL": f"registry://127.0.0.1:{ready.split(':')[2].split()[0]}"}


def test_it_is_small(bare: Environment) -> None:
    listed = json.loads(bare.run("pip", "list", "--format", "json", "--disable-pip-version-check").stdout)
    names = {package["name"] for package in listed} - {"pip", "setuptools"}
    assert len(names - {"discovery-compare"}) <= MOST_PACKAGES
    assert not names & OF_THE_EXTRAS
    (packages,) = bare.folder.glob("lib/python*/site-packages")
    files = [file for file in packages.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    installed = [file for file in files if file.relative_to(packages).parts[0].split("-")[0] not in BEFORE]
    assert 1e6 < sum(file.stat().st_size for file in installed) < MOST_MEGABYTES * 1e6


def test_the_registry_tells_its_version_and_its_help(bare: Environment, built: Built) -> None:
    release = built.wheel.name.split("-")[1]
    assert bare.run("custom-registry", "--version").stdout == f"custom-registry {release}\n"
    assert f"custom-registry {release}" in bare.run("custom-registry", "version").stdout
    shown = bare.run("custom-registry", "--help")
    assert shown.returncode == 0
    assert "--heartbeat-timeout" in shown.stdout


@pytest.mark.parametrize("arguments", [("run",), ("bench", "--quick"), ("--help",)])
def test_the_comparison_says_which_extra_it_needs(bare: Environment, arguments: tuple[str, ...]) -> None:
    refused = bare.run("discovery-compare", *arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith("Error: discovery-compare needs a package that is not installed")
    assert 'pip install "discovery-compare[compare]"' in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_consul_without_its_extra_is_a_clear_error(bare: Environment) -> None:
    refused = bare.run("python", "-c", "from discovery import open_discovery; open_discovery('consul://')")
    assert refused.returncode == 1
    last = refused.stderr.splitlines()[-1]
    assert last.startswith("discovery.errors.UnknownBackend: the backend for consul:// needs a package")
    assert 'pip install "discovery-compare[consul]"' in last


def test_a_program_registers_and_discovers(bare: Environment, registry: dict[str, str]) -> None:
    program = bare.work / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    told = subprocess.run(
        [bare.python, program], cwd=bare.work, env=bare.variables | registry, capture_output=True, text=True, check=True
    )
    assert told.stdout.splitlines() == ["http://10.0.0.1:8001 1", "0"]


def test_the_examples_work_when_copied(bare: Environment, registry: dict[str, str]) -> None:
    copied = bare.work / "examples"
    shutil.copytree(REPOSITORY / "examples", copied, ignore=shutil.ignore_patterns("__pycache__"))
    with running(bare, "python", str(copied / "example_service.py"), "user-service", "0", **registry) as ready:
        address = ready.split()[-1]
        called = subprocess.run(
            [bare.python, copied / "client.py", "call", "user-service", "--count", "1"],
            cwd=bare.work,
            env=bare.variables | registry,
            capture_output=True,
            text=True,
            check=True,
        )
    assert f"{address} answers" in called.stdout


def test_it_answers_as_a_consul_agent(bare: Environment) -> None:
    with running(bare, "custom-registry", "agent", "-dev", "-http-port=0", "-log-level=error") as ready:
        url = ready.split()[-1]
        put = requests.put(f"{url}/v1/agent/service/register", json={"Name": "web", "Port": 80}, timeout=10)
        assert put.status_code == 200
        found = requests.get(f"{url}/v1/health/service/web", timeout=10).json()
    assert [entry["Service"]["Port"] for entry in found] == [80]


def test_mypy_sees_its_types(bare: Environment, tmp_path: Path) -> None:
    program = tmp_path / "typed.py"
    program.write_text(TYPED, encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--python-executable", bare.python, program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    errors = [line for line in told.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1, told.stdout
    assert 'expression has type "list[Instance]", variable has type "int"' in errors[0]
    assert "custom_registry.registry.Registry" in told.stdout
