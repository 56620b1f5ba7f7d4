from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from discovery import leave_on_signals, signals

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = [signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_block_and_what_follows_goes_on(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    reached = []

    with leave_on_signals():
        reached.append("block")
        signal.raise_signal(number)
        reached.append("after the signal")

    assert reached == ["block"]
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_code_that_catches_every_exception_does_not_keep_the_block_alive() -> None:
    with leave_on_signals():
        try:
            signal.raise_signal(signal.SIGTERM)
        except Exception as error:  # noqa: BLE001 - as servers do around a request
            pytest.fail(f"caught {error!r}")


def leave_and_get_another_signal() -> None:
    with leave_on_signals():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)


def test_a_further_signal_at_once_is_taken_for_an_echo() -> None:
    leave_and_get_another_signal()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own handling of SIGINT, also where a shell has started the tests in the background, with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_later_signal_does_what_it_did_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "_ECHO", -1)

    with pytest.raises(KeyboardInterrupt):
        leave_and_get_another_signal()

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_handlers_come_back_without_a_signal_and_after_an_error() -> None:
    before = [signal.getsignal(each) for each in SIGNALS]

    with pytest.raises(ZeroDivisionError), leave_on_signals():
        _ = 1 / 0

    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_another_thread_is_refused() -> None:
    raised: list[BaseException] = []

    def enter() -> None:
        try:
            with leave_on_signals():
                pass
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()

    assert [str(error) for error in raised] == [
        "signals can only be handled in the main thread: call leave_on_signals there"
    ]
