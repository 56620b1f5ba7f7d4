"""The prober's thread: when there is one, what it runs, and that it ends."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from custom_registry.core.probes import HttpRequest, Probe, Result, TcpConnect
from custom_registry.probing import Prober
from discovery.model import Health
from tests.support.loopback import HANG, reply
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.probing.conftest import Serve

SHORT = 0.01  # seconds


class Wishes:
    """A source whose probes a test changes."""

    def __init__(self, **wanted: Probe) -> None:
        self.wanted = wanted
        self.reports: queue.Queue[tuple[str, Result]] = queue.Queue()
        self._changed: list[Callable[[], None]] = []

    def probes(self, changed: Callable[[], None]) -> dict[str, Probe]:
        self._changed.append(changed)
        return dict(self.wanted)

    def report(self, key: str, result: Result) -> None:
        self.reports.put((key, result))

    def change(self, **wanted: Probe) -> None:
        self.wanted = wanted
        changed, self._changed = self._changed, []
        for call in changed:
            call()


def threads() -> int:
    return sum(thread.name.startswith("registry-prober") for thread in threading.enumerate())


def tcp(address: str) -> Probe:
    return Probe(action=TcpConnect(address=address), interval=SHORT)


def test_there_is_a_thread_only_once_there_is_a_probe(serve: Serve) -> None:
    wishes = Wishes()
    address = serve(reply()).address
    with Prober(wishes, shortest_interval=SHORT):
        assert threads() == 0
        wishes.change(a=tcp(address))
        assert wishes.reports.get(timeout=10) == ("a", Result(Health.PASSING, f"TCP connect {address}: Success"))
        assert threads() == 1
    assert threads() == 0


def test_it_begins_with_what_is_there_already_and_follows_what_changes(serve: Serve) -> None:
    address = serve(reply()).address
    wishes = Wishes(a=tcp(address))
    with Prober(wishes, shortest_interval=SHORT):
        assert wishes.reports.get(timeout=10)[0] == "a"
        wishes.change(b=tcp(address))
        eventually(lambda: wishes.reports.get(timeout=10)[0] == "b")
        keys = [wishes.reports.get(timeout=10)[0] for _ in range(3)]
        assert keys == ["b"] * 3


def test_hanging_probes_hold_up_neither_others_nor_the_end(serve: Serve) -> None:
    silent, well = serve(HANG, hold=True), serve(reply())
    hanging = {f"hang{number}": Probe(action=HttpRequest(url=silent.url), interval=SHORT) for number in range(50)}
    wishes = Wishes(well=tcp(well.address), **hanging)
    with Prober(wishes, shortest_interval=SHORT):
        assert {wishes.reports.get(timeout=10)[0] for _ in range(5)} == {"well"}
    assert threads() == 0


def test_it_can_be_closed_twice_and_wakes_no_more() -> None:
    wishes = Wishes()
    prober = Prober(wishes)
    prober.start()
    prober.close()
    prober.close()
    wishes.change(a=tcp("127.0.0.1:1"))
    assert threads() == 0
