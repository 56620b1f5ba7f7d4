"""Makes the examples of the Markdown pages tests: Python blocks are executed, console blocks are run and compared.

The pages of the root are followed in the repository, as by one who has cloned it; those of ``docs/`` in an empty
folder, as by one who has only installed it. A block with ``title="FILE"`` is written there as that file.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser
from sybil.sybil import SybilCollection

from tests.support.cluster_page import evaluate_commands
from tests.support.console import Console, FileBlockParser, evaluate_console, evaluate_python
from tests.support.pages import CLUSTER_PAGE, REPOSITORY, ROOT_PAGES


def _open_in_the_repository(namespace: dict[str, Any]) -> None:
    _open(namespace, REPOSITORY)


def _open_in_an_empty_folder(namespace: dict[str, Any]) -> None:
    folder = namespace["folder"] = tempfile.TemporaryDirectory()
    _open(namespace, Path(folder.name))


def _open(namespace: dict[str, Any], folder: Path) -> None:
    console = namespace["console"] = Console(folder)
    patch = namespace["patch"] = pytest.MonkeyPatch()
    patch.setenv("DISCOVERY_URL", f"registry://127.0.0.1:{console.port('5001')}")


def _close(namespace: dict[str, Any]) -> None:
    with ExitStack() as stack:
        if "folder" in namespace:
            stack.callback(namespace["folder"].cleanup)
        stack.callback(namespace["console"].close)
        namespace["patch"].undo()


_PARSERS = [
    CodeBlockParser("python", evaluate_python),
    CodeBlockParser("console", evaluate_console),
    FileBlockParser(),
]

_RUN_HERE = [page.name for page in ROOT_PAGES if page != CLUSTER_PAGE]

pytest_collect_file = SybilCollection(
    [
        Sybil(_PARSERS, patterns=_RUN_HERE, setup=_open_in_the_repository, teardown=_close),
        Sybil(_PARSERS, patterns=["docs/*.md"], setup=_open_in_an_empty_folder, teardown=_close),
        Sybil([CodeBlockParser("sh", evaluate_commands)], patterns=[CLUSTER_PAGE.name]),
    ]
).pytest()
