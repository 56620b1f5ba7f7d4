from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from discovery import (
    BackendError,
    BackendUnavailable,
    InvalidRegistration,
    PermissionDenied,
    Registrar,
    Registration,
    UnknownInstance,
)
from discovery.registrar import Timing
from tests.discovery.fakes import PATIENCE, ManualTime, MemoryDiscovery, an_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS = Registration("users", "127.0.0.1:8001", ttl=30)
USERS_ID = "users@127.0.0.1:8001"


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("registrar-")] == []


@pytest.fixture
def backend() -> MemoryDiscovery:
    return MemoryDiscovery()


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


def a_registrar(backend: MemoryDiscovery, time: ManualTime, registration: Registration = USERS) -> Registrar:
    return Registrar(backend, registration, timing=Timing(clock=time.clock, wait=time.wait, chance=lambda: 0.0))


class Gate:
    """Holds a call of a backend back until it is opened; opened at the latest at the end of the test."""

    def __init__(self) -> None:
        self._opened = threading.Event()

    def pass_through(self, *_arguments: object) -> str:
        self._opened.wait(PATIENCE)
        return USERS_ID

    def open(self) -> None:
        self._opened.set()
        for thread in threading.enumerate():
            if thread.name.startswith("registrar-"):
                thread.join(PATIENCE)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


def test_a_block_has_its_instance_registered(backend: MemoryDiscovery, time: ManualTime) -> None:
    registrar = a_registrar(backend, time)
    assert not registrar.registered

    with registrar as entered:
        assert entered is registrar
        assert registrar.registered
        assert registrar.instance_id == USERS_ID
        assert list(backend.instances) == [USERS_ID]

    assert not registrar.registered
    assert registrar.last_error is None
    assert backend.instances == {}
    assert backend.calls == ["register", "deregister"]


def test_an_error_in_the_block_deregisters_and_goes_on(backend: MemoryDiscovery, time: ManualTime) -> None:
    with pytest.raises(ZeroDivisionError), a_registrar(backend, time):
        _ = 1 / 0

    assert backend.instances == {}


def test_a_heartbeat_is_sent_at_each_third_of_the_ttl(backend: MemoryDiscovery, time: ManualTime) -> None:
    with a_registrar(backend, time):
        for _ in range(3):
            assert time.asked() == 10
            time.elapse()
        time.asked()
        assert backend.calls == ["register"] + ["heartbeat"] * 3


def test_a_slow_backend_does_not_stretch_the_rhythm(
    backend: MemoryDiscovery, time: ManualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_instance_id: str) -> None:
        time.now += 4

    monkeypatch.setattr(backend, "heartbeat", slow)
    with a_registrar(backend, time):
        assert time.asked() == 10
        time.elapse()
        assert time.asked() == 6


def test_without_a_ttl_it_is_30_seconds(backend: MemoryDiscovery, time: ManualTime) -> None:
    registrar = a_registrar(backend, time, Registration("users", "127.0.0.1:8001"))

    assert registrar.registration.ttl == 30
    with registrar:
        assert time.asked() == 10


def test_a_ttl_that_is_none_is_refused_when_it_is_made(backend: MemoryDiscovery, time: ManualTime) -> None:
    with pytest.raises(InvalidRegistration, match="ttl"):
        a_registrar(backend, time, Registration("users", "127.0.0.1:8001", ttl=0))

    assert backend.calls == []


def test_it_starts_while_the_backend_is_down_and_registers_when_it_is_there(
    backend: MemoryDiscovery, time: ManualTime, caplog: pytest.LogCaptureFixture
) -> None:
    backend.failing = BackendUnavailable("connection refused")
    with caplog.at_level("INFO", "discovery.registrar"), a_registrar(backend, time) as registrar:
        assert not registrar.registered
        assert registrar.last_error is backend.failing
        for delay in (0.625, 1.25, 2.5, 5, 10, 10):
            assert time.asked() == delay
            time.elapse()
        time.asked()
        backend.failing = None
        time.elapse()
        time.asked()
        assert registrar.registered
        assert registrar.last_error is None

    assert [record.getMessage() for record in caplog.records] == [
        "users: trying on after BackendUnavailable: connection refused",
        f"users: registered as {USERS_ID}",
        f"users: deregistered {USERS_ID}",
    ]


def test_an_outage_leaves_it_registered_until_the_backend_says_otherwise(
    backend: MemoryDiscovery, time: ManualTime
) -> None:
    with a_registrar(backend, time) as registrar:
        time.asked()
        backend.failing = BackendUnavailable("connection refused")
        time.elapse()
        assert time.asked() == 0.625
        assert registrar.registered
        assert registrar.last_error is backend.failing
        backend.failing = None
        time.elapse()
        assert time.asked() == 10
        assert registrar.last_error is None
        assert backend.calls == ["register", "heartbeat", "heartbeat"]


def test_an_instance_that_was_forgotten_registers_again_at_once(backend: MemoryDiscovery, time: ManualTime) -> None:
    with a_registrar(backend, time) as registrar:
        time.asked()
        backend.instances.clear()
        time.elapse()
        assert time.asked() == 10
        assert registrar.registered
        assert list(backend.instances) == [USERS_ID]
        assert backend.calls == ["register", "heartbeat", "register"]


@pytest.mark.parametrize("refusal", [InvalidRegistration("no such port", field="port"), PermissionDenied("no token")])
def test_what_the_backend_refuses_is_raised_at_the_start(
    backend: MemoryDiscovery, time: ManualTime, refusal: InvalidRegistration | PermissionDenied
) -> None:
    registrar = a_registrar(backend, time)
    backend.failing = refusal

    with pytest.raises(type(refusal)) as raised:
        registrar.start()

    assert raised.value is refusal
    assert backend.calls == ["register"]


def test_a_refused_registration_does_not_remove_another_process_instance(
    backend: MemoryDiscovery, time: ManualTime
) -> None:
    backend.instances["users-1"] = an_instance("users-1")
    backend.failing = InvalidRegistration("taken")
    with pytest.raises(InvalidRegistration):
        a_registrar(backend, time, Registration("users", "127.0.0.1", id="users-1")).start()

    assert list(backend.instances) == ["users-1"]


def test_a_refusal_later_on_is_tried_on(backend: MemoryDiscovery, time: ManualTime) -> None:
    with a_registrar(backend, time) as registrar:
        time.asked()
        backend.failing = PermissionDenied("the token has expired")
        time.elapse()
        assert time.asked() == 0.625
        assert registrar.last_error is backend.failing
        backend.failing = None
        time.elapse()
        assert time.asked() == 10


def test_a_bug_in_the_backend_does_not_end_the_heartbeat(
    backend: MemoryDiscovery, time: ManualTime, caplog: pytest.LogCaptureFixture
) -> None:
    with a_registrar(backend, time) as registrar:
        time.asked()
        backend.failing = ValueError("a bug")
        time.elapse()
        assert time.asked() == 0.625
        assert isinstance(registrar.last_error, BackendError)
        assert "ValueError: a bug" in str(registrar.last_error)
        assert "Traceback" in caplog.text
        backend.failing = None
        time.elapse()
        assert time.asked() == 10


def test_a_backend_that_is_down_at_the_end_is_only_logged(
    backend: MemoryDiscovery, time: ManualTime, caplog: pytest.LogCaptureFixture
) -> None:
    with a_registrar(backend, time) as registrar:
        backend.failing = BackendUnavailable("connection refused")

    assert "not deregistered, it lapses after its ttl: connection refused" in caplog.text
    assert not registrar.registered
    assert registrar.last_error is backend.failing


def test_nothing_is_deregistered_that_was_never_registered(backend: MemoryDiscovery, time: ManualTime) -> None:
    backend.failing = BackendUnavailable("connection refused")
    with a_registrar(backend, time):
        backend.failing = None

    assert backend.calls == ["register"]


def test_a_backend_that_hangs_at_the_start_does_not_hold_up_the_program(
    backend: MemoryDiscovery, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "register", gate.pass_through)
    registrar = Registrar(backend, USERS, patience=0.02)

    registrar.start()

    assert not registrar.registered
    registrar.stop()


def test_a_backend_that_hangs_at_the_end_does_not_hold_up_the_exit(
    backend: MemoryDiscovery, gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backend, "deregister", gate.pass_through)
    registrar = Registrar(backend, USERS, patience=0.02)
    registrar.start()

    registrar.stop()

    assert "the backend keeps silent; left without waiting for it" in caplog.text


def test_what_was_under_way_when_it_stopped_is_deregistered_too(
    backend: MemoryDiscovery, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "register", gate.pass_through)
    registrar = Registrar(backend, USERS, patience=0.02)
    registrar.start()
    registrar.stop()

    gate.open()

    assert backend.calls == ["deregister"]


def test_it_starts_once(backend: MemoryDiscovery, time: ManualTime) -> None:
    with a_registrar(backend, time) as registrar, pytest.raises(RuntimeError, match="started already: make another"):
        registrar.start()

    with pytest.raises(RuntimeError, match="started already"):
        registrar.start()

    assert backend.calls == ["register", "deregister"]


def test_stopping_twice_or_before_the_start_does_nothing(backend: MemoryDiscovery, time: ManualTime) -> None:
    registrar = a_registrar(backend, time)
    registrar.stop()
    registrar.start()
    registrar.stop()
    registrar.stop()

    assert backend.calls == ["register", "deregister"]


def test_a_forked_child_leaves_the_parents_instance_alone(
    backend: MemoryDiscovery, time: ManualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = os.getpid()
    with a_registrar(backend, time) as registrar:
        with monkeypatch.context() as child:
            child.setattr(os, "getpid", lambda: parent + 1)
            with pytest.raises(RuntimeError, match=f"already in process {parent}, from which this was forked"):
                registrar.start()
            registrar.stop()
        assert registrar.registered
        assert list(backend.instances) == [USERS_ID]


class Signalling(MemoryDiscovery):
    """Sends a signal to the main thread when the named call arrives."""

    def __init__(self, number: signal.Signals, *, at: str) -> None:
        super().__init__()
        self._number, self._at = number, at

    def _called(self, name: str) -> None:
        super()._called(name)
        if name == self._at:
            signal.pthread_kill(threading.main_thread().ident or 0, self._number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("at", ["register", "heartbeat"])
def test_it_runs_until_a_signal_and_puts_the_handlers_back(number: signal.Signals, at: str) -> None:
    before = signal.getsignal(number)
    backend = Signalling(number, at=at)

    Registrar(backend, Registration("users", "127.0.0.1:8001", ttl=0.06)).run_until_signal()

    assert signal.getsignal(number) is before
    assert backend.instances == {}
    assert backend.calls[0] == "register"
    assert backend.calls[-1] == "deregister"


def test_unknown_is_what_the_memory_backend_says_of_an_unknown_instance(backend: MemoryDiscovery) -> None:
    with pytest.raises(UnknownInstance):
        backend.heartbeat("nobody")
