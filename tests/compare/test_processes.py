from __future__ import annotations

import os
import socket
import sys
import threading

import pytest

from compare.processes import Child, Life, StartFailed, free_ports
from compare.stage import Interrupted, RealClock

SPEAKS = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)",
]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ready(child: Child) -> bool:
    return "ready" in child.stdout()


def clock() -> RealClock:
    return RealClock(threading.Event())


def test_a_child_serves_and_leaves_nothing_behind() -> None:
    child = Child(SPEAKS)
    child.wait_until(lambda: ready(child), clock(), 20)
    folder = child._folder
    assert alive(child.pid)
    assert folder.is_dir()
    child.stop()
    child.stop()
    assert not alive(child.pid)
    assert not folder.exists()


def test_a_child_that_does_not_go_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compare.processes._STOP_WITHIN", 0.1)
    child = Child(STUBBORN)
    child.wait_until(lambda: ready(child), clock(), 20)
    child.stop()
    assert not alive(child.pid)


def test_a_child_that_ends_is_told_with_its_last_words() -> None:
    child = Child([sys.executable, "-c", "import sys; sys.exit('the port is taken')"])
    with pytest.raises(StartFailed, match="ended with 1: the port is taken"):
        child.wait_until(lambda: False, clock(), 20)
    assert not child._folder.exists()


def test_a_child_that_is_not_ready_in_time_is_stopped() -> None:
    child = Child(SPEAKS)
    with pytest.raises(StartFailed, match="does not serve in time"):
        child.wait_until(lambda: False, clock(), 0.1)
    assert not alive(child.pid)


def test_a_child_that_is_starting_when_the_run_stops_is_stopped() -> None:
    stop = threading.Event()
    child = Child(SPEAKS)
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(Interrupted):
        child.wait_until(lambda: False, RealClock(stop), 20)
    assert not alive(child.pid)


def test_a_program_that_is_none_is_told() -> None:
    with pytest.raises(StartFailed, match="cannot be started"):
        Child(["/nowhere/at/all"])


def test_a_ctrl_c_at_the_terminal_does_not_reach_a_child() -> None:
    child = Child(SPEAKS)
    try:
        assert os.getpgid(child.pid) != os.getpgid(0)
    finally:
        child.stop()


def test_a_restarted_child_is_another() -> None:
    life = Life(Child(SPEAKS), lambda: Child(SPEAKS))
    first = life._child.pid
    life.restart()
    second = life._child.pid
    life.stop()
    assert first != second
    assert not alive(first)
    assert not alive(second)


def test_free_ports_are_free_and_different() -> None:
    ports = free_ports(4)
    assert len(set(ports)) == 4
    for port in ports:
        assert port < 32768
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
