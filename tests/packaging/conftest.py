"""What is published, built once, and installed by pip into fresh environments outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.consul import missing

REPOSITORY = Path(__file__).resolve().parents[2]
_LONGEST = 240.0  # seconds, for an install on a busy machine without a cache
_NO_INDEX = ("Failed to establish a new connection", "Temporary failure in name resolution", "Could not fetch URL")


@dataclass(frozen=True)
class Environment:
    """An environment in which nothing of the repository is to be found.

    Args:
        folder: the environment's.
        work: an empty folder, in which everything is run.
    """

    folder: Path
    work: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def variables(self) -> dict[str, str]:
        """The variables that its programs are given."""
        ours = ("PYTHONPATH", "DISCOVERY_URL", "CUSTOM_REGISTRY_PORT")
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        return inherited | {"PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"}

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment to its end, whatever that is."""
        return subprocess.run(
            [self.folder / "bin" / command[0], *command[1:]],
            cwd=self.work,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )


@dataclass(frozen=True)
class Built:
    """What a build leaves.

    Args:
        sdist: the source distribution.
        wheel: the one built out of it.
    """

    sdist: Path
    wheel: Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sdist of the repository, and the wheel of that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    return Built(sdist, wheel)


def build(into: Path, *options: str) -> None:
    """Build the repository, with the build backend of this environment."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), *options, str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def bare(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the wheel and no extra."""
    return _installed(f"{built.wheel}", tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="session")
def comparing(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the wheel and what the comparison needs."""
    return _installed(f"{built.wheel}[compare]", tmp_path_factory.mktemp("comparing"))


@pytest.fixture(scope="session")
def benching(built: Built, comparing: Environment) -> Environment:
    """The same, with what the bench needs added: what asks for it comes after all that ask for the one without."""
    _install(f"{built.wheel}[bench]", comparing)
    return comparing


def _installed(what: str, folder: Path) -> Environment:
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    environment = Environment(folder / "venv", folder / "work")
    environment.work.mkdir()
    _install(what, environment)
    return environment


def _install(what: str, environment: Environment) -> None:
    quiet = ("--quiet", "--no-compile", "--disable-pip-version-check")
    done = environment.run("pip", "install", *quiet, "--constraint", REPOSITORY / "constraints.txt", what)
    if done.returncode and any(sign in done.stderr for sign in _NO_INDEX):
        missing("no package index answers, out of which the wheel's dependencies could be installed")
    assert done.returncode == 0, done.stderr
