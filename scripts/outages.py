"""Calls again and again from several threads, and tells for how long nothing succeeded; what is called it knows not."""

from __future__ import annotations

import statistics
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import requests

from discovery import DiscoveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAUSE = 0.05  # seconds between two calls of a client: twenty a second at most
SOME = 10  # calls by which a client is well again; in the time that is looked at there are far more where none hangs


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a client: when it was made and answered, in seconds of the monotonic clock, and why it failed."""

    began: float
    ended: float
    error: str | None


@dataclass(slots=True)
class Client:
    """Does the same again and again, and keeps how it went."""

    name: str
    act: Callable[[], object]
    calls: list[Call] = field(default_factory=list)

    def call(self) -> None:
        """Do it once."""
        began, error = time.monotonic(), None
        try:
            self.act()
        except (DiscoveryError, requests.RequestException) as failure:
            error = f"{type(failure).__name__}: {failure}"
        self.calls.append(Call(began, time.monotonic(), error))

    def is_well_since(self, moment: float) -> bool:
        """Whether there were some calls since then, and all of them succeeded."""
        since = [call for call in self.calls if call.began >= moment]
        return len(since) >= SOME and all(call.error is None for call in since)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a client; times in seconds."""

    client: str
    calls: int
    failed: int
    longest_without_success: float
    slowest: float
    usual: float
    first_error: str | None


def summed_up(client: Client) -> Row:
    """Return what became of a client that succeeded at least twice."""
    good = [call for call in client.calls if call.error is None]
    errors = [call.error for call in client.calls if call.error is not None]
    durations = [call.ended - call.began for call in good]
    return Row(
        client.name,
        len(client.calls),
        len(errors),
        max(after.ended - before.ended for before, after in pairwise(good)),
        max(durations),
        statistics.median(durations),
        errors[0] if errors else None,
    )


@contextmanager
def calling(clients: list[Client]) -> Iterator[None]:
    """Let each client call from a thread of its own, until the block ends."""
    ended = threading.Event()

    def run(client: Client) -> None:
        while not ended.is_set():
            client.call()
            ended.wait(PAUSE)

    threads = [threading.Thread(target=run, args=[client], name=client.name) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
