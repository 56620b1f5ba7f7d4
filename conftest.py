"""Makes the examples of the Markdown pages tests: Python blocks are executed, console blocks are run and compared."""

from __future__ import annotations

from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser

from tests.support.cluster_page import evaluate_commands
from tests.support.console import Console, evaluate_console, evaluate_python


def _open_console(namespace: dict[str, Any]) -> None:
    console = namespace["console"] = Console()
    patch = namespace["patch"] = pytest.MonkeyPatch()
    patch.setenv("DISCOVERY_URL", f"registry://127.0.0.1:{console.port('5001')}")


def _close_console(namespace: dict[str, Any]) -> None:
    namespace["patch"].undo()
    namespace["console"].close()


_run_here = Sybil(
    parsers=[CodeBlockParser("python", evaluate_python), CodeBlockParser("console", evaluate_console)],
    patterns=["README.md", "CONSUL.md", "CONTRIBUTING.md"],
    setup=_open_console,
    teardown=_close_console,
)
_for_a_cluster = Sybil(parsers=[CodeBlockParser("sh", evaluate_commands)], patterns=["KUBERNETES.md"])

pytest_collect_file = (_run_here + _for_a_cluster).pytest()
