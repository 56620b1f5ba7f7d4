"""Runs the ``console`` blocks of a Markdown page as a reader types them; of what they are about it knows the ports."""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sybil import Lexeme
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

from tests.support.consul import missing, running_agent
from tests.support.pages import FILE_BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sybil import Document, Example, Region

_PORTS = re.compile(r"\b(?:5001|800[12]|850[0-3])\b")  # as documented: the registry, two services, agents
_REGISTRY, _CONSUL = "5001", "8500"
_START_CONSUL = "consul agent -dev"
_LONGEST_COMMAND = 90.0  # seconds
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_COMMAND = re.compile(r"^\$ ", re.MULTILINE)


@dataclass
class Console:
    """The shell of one page: a command that ends in ``&`` lives until the page's end.

    Every command runs in one folder, the repository's root or an empty one. The documented ports are replaced by free
    ones, in commands and in what they are expected to print, so that a page can be run where they are taken. The first
    command that needs a Consul agent starts one, whose other ports are free ones too; where there is no Consul, its
    block is judged as any test is.
    """

    folder: Path
    ports: dict[str, str] = field(default_factory=dict)
    background: list[subprocess.Popen[str]] = field(default_factory=list)
    agent: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def run_block(self, source: str) -> None:
        """Run each ``$ command`` of a block and compare what it prints with the lines below it.

        Raises:
            AssertionError: a command printed something else, or ended in an error that is not shown.
        """
        for entry in _COMMAND.split(source)[1:]:
            command, _, expected = entry.partition("\n")
            while command.endswith("\\"):
                line, _, expected = expected.partition("\n")
                command = f"{command[:-1]}{line.removeprefix('> ').strip()}"
            if command.startswith(_START_CONSUL):
                self.port(_CONSUL)
            else:
                self._run(self.on_free_ports(command), self.on_free_ports(expected))

    def write(self, name: str, text: str) -> None:
        """Write a file that the page shows, as its reader would.

        Raises:
            AssertionError: it would be written outside the page's folder.
        """
        file = (self.folder / name).resolve()
        assert file.is_relative_to(self.folder.resolve()), f"{name} is outside the folder that the page is followed in"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.on_free_ports(text), encoding="utf-8")

    def port(self, documented: str) -> str:
        """Return the port that stands for a documented one."""
        if documented not in self.ports:
            if documented == _CONSUL:
                self.ports[_CONSUL] = str(self.agent.enter_context(running_agent()).port)
            else:
                self.ports[documented] = str(_free_port())
        return self.ports[documented]

    def on_free_ports(self, text: str) -> str:
        """Return a text with the ports that stand for those in it."""
        return _PORTS.sub(lambda found: self.port(found[0]), text)

    def _run(self, command: str, expected: str) -> None:
        if command.startswith("make "):
            command = command.replace("make ", "make --dry-run ", 1)  # the page is part of `make test`
            expected = "..."
        if command.endswith("&"):
            printed = self._start(command.removesuffix("&"), lines=len(expected.splitlines()))
        else:
            finished = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder,
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=_LONGEST_COMMAND,
                check=False,
            )
            printed = finished.stdout
        if not doctest.OutputChecker().check_output(expected, printed, _FLAGS):
            raise AssertionError(f"$ {command}\nexpected:\n{expected}\nprinted:\n{printed}")

    def _start(self, command: str, *, lines: int) -> str:
        process = subprocess.Popen(
            ["bash", "-c", f"exec env {command}"],  # a command may begin with settings
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.background.append(process)
        assert process.stdout is not None
        watchdog = threading.Timer(_LONGEST_COMMAND, process.kill)
        watchdog.start()
        try:
            return "".join(process.stdout.readline() for _ in range(lines))
        finally:
            watchdog.cancel()

    def _environment(self) -> dict[str, str]:
        scripts = Path(sys.executable).parent
        return os.environ | {
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "CUSTOM_REGISTRY_PORT": self.port(_REGISTRY),
            "DISCOVERY_URL": f"registry://127.0.0.1:{self.port(_REGISTRY)}",
            "NO_COLOR": "1",
            "COLUMNS": "100",
        }

    def close(self) -> None:
        """Stop what still runs in the background."""
        for process in self.background:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=10)
            assert process.stdout is not None
            process.stdout.close()
        self.agent.close()


def evaluate_console(example: Example) -> None:
    """Run one block in its page's console."""
    block = str(example.parsed)
    if "$ curl " in block and shutil.which("curl") is None:
        missing("no curl is installed, which this example uses")
    console: Console = example.namespace["console"]
    console.run_block(block)


def evaluate_python(example: Example) -> None:
    """Run one block of Python in its page's namespace, on its console's ports."""
    console: Console = example.namespace["console"]
    example.parsed = Lexeme(
        console.on_free_ports(str(example.parsed)), example.parsed.offset, example.parsed.line_offset
    )
    PythonEvaluator()(example)


class FileBlockParser:
    """Finds the blocks that are files: those with ``title="FILE"`` behind their language."""

    def __call__(self, document: Document) -> Iterator[Region]:
        """Yield them, each to be written when its turn comes."""
        for region in RawFencedCodeBlockLexer(FILE_BLOCK)(document):
            region.parsed = region.lexemes["source"]
            region.evaluator = _write_file
            yield region


def _write_file(example: Example) -> None:
    console: Console = example.namespace["console"]
    console.write(example.region.lexemes["file"], str(example.parsed))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
