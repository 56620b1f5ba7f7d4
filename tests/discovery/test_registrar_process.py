"""The Registrar over the end of a process, which only a process of its own can show."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PROLOGUE = """
    import os, signal, sys, threading, warnings
    from discovery import Registrar, Registration, leave_on_signals
    from tests.discovery.fakes import MemoryDiscovery

    class Printing(MemoryDiscovery):
        def _called(self, name):
            print(name, flush=True)

    registrar = Registrar(Printing(), Registration("users", "127.0.0.1:8001"), patience=2)
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROLOGUE) + textwrap.dedent(script)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("script", "exit_code", "printed"),
    [
        ("registrar.start()", 0, "register deregister"),
        ("registrar.start(); sys.exit(3)", 3, "register deregister"),
        ("registrar.start(); raise ValueError", 1, "register deregister"),
        (
            """
            with leave_on_signals(), registrar:
                os.kill(os.getpid(), signal.SIGTERM)
                threading.Event().wait(10)
            print("left")
            """,
            0,
            "register deregister left",
        ),
        (
            """
            warnings.simplefilter("ignore")  # Python 3.12 and later warn of a fork beside threads
            registrar.start()
            child = os.fork()
            if child == 0:
                registrar.stop()
                sys.exit(0)
            os.waitpid(child, 0)
            print("registered" if registrar.registered else "lost", flush=True)
            """,
            0,
            "register registered deregister",
        ),
    ],
    ids=["falls off the end", "sys.exit", "an error", "SIGTERM", "a fork"],
)
def test_the_instance_is_deregistered_once_at_the_end(script: str, exit_code: int, printed: str) -> None:
    finished = run(script)

    assert finished.stdout.split() == printed.split(), finished.stderr
    assert finished.returncode == exit_code


def test_a_backend_that_hangs_does_not_hold_up_the_end_of_the_process() -> None:
    finished = run(
        """
        registrar = Registrar(Printing(), Registration("users", "127.0.0.1:8001"), patience=0.05)
        registrar._discovery.deregister = lambda instance_id: threading.Event().wait()
        registrar.start()
        """
    )

    assert finished.returncode == 0
    assert "left without waiting" in finished.stderr
