"""What every command that works for a while needs: to be stopped in order, and to refuse a bad output file at once."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import FrameType


def require_folders(files: Iterable[Path]) -> None:
    """Refuse a file that cannot be written before the work rather than after it."""
    for file in files:
        if not file.absolute().parent.is_dir():
            raise click.UsageError(f"{file}: there is no folder {file.absolute().parent}")


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Return an event that is set by the first SIGINT or SIGTERM; a second one acts as it always did."""
    stop = threading.Event()
    earlier = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        restore()

    def restore() -> None:
        for number, handler in earlier.items():
            signal.signal(number, handler)

    for number in earlier:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        restore()
