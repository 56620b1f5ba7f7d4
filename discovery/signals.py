"""Turns SIGTERM and SIGINT into an orderly end of a block; it knows nothing of what the block does."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_ECHO = 1.0  # seconds


class _Signalled(BaseException):
    """A signal has come. Not an ``Exception``, so that no server takes it for a failed request and goes on."""


@contextmanager
def leave_on_signals() -> Iterator[None]:
    """End the block when SIGTERM or SIGINT comes; what follows it goes on.

    The block ends wherever it is, as Ctrl-C ends it by ``KeyboardInterrupt``, and what it has opened is left in order::

        with leave_on_signals(), Registrar(discovery, registration):
            server.serve_forever()
        print("gone")

    A further signal within a second is taken for an echo of the first: Ctrl-C reaches a whole process group, and a
    parent in it often passes it on. After that a signal does what it did before, and so ends a program that takes too
    long to leave. At the end of the block the earlier handlers are in force again.

    Raises:
        RuntimeError: this is not the main thread, the only one in which Python lets signals be handled.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("signals can only be handled in the main thread: call leave_on_signals there")
    earlier = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in earlier.items():
            # None stands for a handler that was not set from Python and can't be set back
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    left: float | None = None

    def leave(number: int, _frame: object) -> None:
        nonlocal left
        if left is None:
            left = time.monotonic()
            raise _Signalled
        if time.monotonic() - left > _ECHO:
            restore()
            signal.raise_signal(number)

    try:
        for number in _SIGNALS:
            signal.signal(number, leave)
        yield
    except _Signalled:
        pass
    finally:
        restore()
