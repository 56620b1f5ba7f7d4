"""Makes the programs that tell a client's story, each with its client at one pinned version; it knows no agent.

What was installed is kept in pytest's cache, under the digest of what pins it: a second run installs nothing.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from tests.support.consul import missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parents[2]  # from where the programs in Python are run
_HERE = Path(__file__).parent
_CONSTRAINTS = ROOT / "constraints.txt"
_FETCH_TIMEOUT = 120  # seconds, for each try
_PAUSES = (2, 10)  # seconds between the tries: an index is not always well
_BUILD_TIMEOUT = 480  # seconds; Go compiles its own library first, where it never did


@dataclass(frozen=True)
class Program:
    """A program that takes an agent's URL and tells the story; it is run from ``ROOT``.

    Args:
        command: what to run, without the URL.
        environment: variables to set beside this process's own.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def _once(make: Callable[[Path], Program]) -> Callable[[Path], Program]:
    """Make a program once in a run; where that failed, it fails again for the same reason, without another try."""

    @functools.cache
    def tried(cache: Path) -> Program | Exception:
        try:
            return make(cache)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return error

    def made(cache: Path) -> Program:
        outcome = tried(cache)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return made


def python_consul2(_cache: Path) -> Program:
    """Use the client that the project itself depends on."""
    return Program([sys.executable, "-m", "tests.clients.python_story", "python-consul2"])


@_once
def py_consul(cache: Path) -> Program:
    """Install py-consul where python-consul2 is not: both are imported by the same name."""
    wanted = _HERE / "py-consul.txt"

    def install(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
        _fetch([*pip, "--disable-pip-version-check", "--requirement", str(wanted), "--constraint", str(_CONSTRAINTS)])

    folder = _kept(cache, "py-consul", [wanted, _CONSTRAINTS], install)
    return Program([str(folder / "bin" / "python"), "-m", "tests.clients.python_story", "py-consul"])


@_once
def go(cache: Path) -> Program:
    """Build the story of Go's client."""
    return Program([str(_built_by_go(cache / "go-story", "build"))])


@_once
def go_helper(cache: Path) -> Program:
    """Build a test by which HashiCorp's helper for tests in Go starts the ``consul`` on PATH; it takes no URL."""
    return Program([str(_built_by_go(cache / "go-helper", "test", "-c"))])


@_once
def node(cache: Path) -> Program:
    """Install npm's client beside nothing else."""
    wanted = _HERE / "node" / "package.json"
    _require("node", "Node")
    _require("npm", "npm")

    def install(folder: Path) -> None:
        folder.mkdir()
        shutil.copy(wanted, folder)
        _fetch(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder)

    modules = _kept(cache, "node", [wanted], install) / "node_modules"
    return Program(["node", str(_HERE / "node" / "story.js")], {"NODE_PATH": str(modules)})


def command(_cache: Path) -> Program:
    """Use the installed ``consul``, as a client."""
    _require("consul", "Consul; scripts/install-consul installs it on Debian")
    return Program([sys.executable, "-m", "tests.clients.command_story"])


def _built_by_go(program: Path, *command: str) -> Path:
    """Build it each time, which is quick where nothing changed: Go keeps a cache of its own."""
    module = _HERE / "go"
    _require("go", "Go")
    wanted = next(line.split()[1] for line in (module / "go.mod").read_text().splitlines() if line.startswith("go "))
    asked = ["go", "env", "GOVERSION"]  # an older Go may fetch the one that is wanted
    found = subprocess.run(asked, cwd=module, capture_output=True, text=True, timeout=_BUILD_TIMEOUT, check=False)
    if found.returncode != 0 or Version(found.stdout.strip().removeprefix("go")) < Version(wanted):
        missing(f"the client needs Go {wanted}, and there is {found.stdout}{found.stderr}".strip())
    _fetch(["go", "mod", "download"], cwd=module)
    _run(["go", *command, "-buildvcs=false", "-mod=readonly", "-o", str(program), "."], cwd=module)
    return program


def _require(program: str, name: str) -> None:
    if shutil.which(program) is None:
        missing(f"no {program} is on PATH; this client needs {name}")


def _kept(cache: Path, name: str, pins: Sequence[Path], install: Callable[[Path], None]) -> Path:
    """Return the folder in which it is installed; what was half installed or pinned otherwise goes first."""
    digest = hashlib.sha256(b"\0".join([sys.version.encode(), *(path.read_bytes() for path in pins)])).hexdigest()
    folder, stamp = cache / name, cache / f"{name}.installed"
    if not (folder.is_dir() and stamp.is_file() and stamp.read_text() == digest):
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        install(folder)
        stamp.write_text(digest)
    return folder


def _fetch(command: Sequence[str], cwd: Path | None = None) -> None:
    """Run what needs a package index, and try again where that does not answer."""
    for pause in _PAUSES:
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            return _run(command, cwd, _FETCH_TIMEOUT)
        time.sleep(pause)
    return _run(command, cwd, _FETCH_TIMEOUT)


def _run(command: Sequence[str], cwd: Path | None = None, timeout: float = _BUILD_TIMEOUT) -> None:
    done = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
