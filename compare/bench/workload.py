"""What is asked of a target as fast as it can answer, read from ``workloads.toml`` and made into loads."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from compare.bench.jobs import Load, Slot, Stream
from compare.bench.population import NEW_SERVICES, SPANS, TEN, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compare.bench.api import API
    from compare.bench.population import Population
    from compare.bench.target import Target

_FILE = Path(__file__).with_name("workloads.toml")
_STREAMS = ("members", "ten", "new", "old")


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of request of a workload; the file says what the fields mean."""

    do: str
    service: str = ""
    of: str = ""
    times: int = 1


class Workload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is measured under one name; the file says what the fields mean."""

    name: str
    title: str
    request: tuple[Asked, ...]
    most: int = 0
    behind: int = 0
    undone_by: str = ""

    @property
    def writes_new(self) -> bool:
        """Whether it registers instances that must be removed again."""
        return any((asked.do, asked.of) == ("register", "new") for asked in self.request)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The size up to which members are registered, and the first number of instances that are new."""

    size: int
    first: int


@dataclass(frozen=True, slots=True)
class Pressure:
    """So many connections, for so many seconds, with so many requests at most (0: without limit)."""

    connections: int
    seconds: float
    most: int = 0

    def load(self, target: Target, slots: tuple[Slot, ...], streams: tuple[Stream, ...]) -> Load:
        """Return requests to a target under this pressure."""
        return Load(target.host, target.port, slots, streams, self.connections, self.seconds, self.most)


@cache
def workloads() -> dict[str, Workload]:
    """Return all workloads by name, in the file's order."""
    read = msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8"))["workload"], tuple[Workload, ...])
    return {workload.name: workload for workload in read}


def load_of(
    workload: Workload,
    target: Target,
    population: Population,
    numbers: Numbers,
    pressure: Pressure,
) -> Load:
    """Return a workload as a load on a target.

    Args:
        workload: what to ask.
        target: where, and in which API.
        population: the names.
        numbers: which instances there are, and will be.
        pressure: how much.
    """
    streams = (
        Stream(0, total(numbers.size)),
        Stream(SPANS[TEN].start, len(SPANS[TEN])),
        Stream(numbers.first),
        Stream(numbers.first - workload.behind),
    )
    slots = tuple(
        slot
        for asked in mixed(workload.request)
        for slot in _slots(asked, target.api, target.address, population, alone=len(workload.request) == 1)
    )
    return pressure.load(target, slots, streams)


def filling(target: Target, population: Population, members: range, pressure: Pressure) -> Load:
    """Return the load that registers some of the members."""
    slots = tuple(
        Slot(target.api.pieces("register", target.address, id=population.ids(), service=population.service_of(number)))
        for number in population.cycle(members)
    )
    return replace(pressure, most=len(members)).load(target, slots, (Stream(members.start),))


def mixed(requests: Sequence[Asked]) -> list[Asked]:
    """Return one cycle of requests, each as often as it says, and as evenly as that goes."""
    placed = [
        ((turn + 0.5) / asked.times, number, asked)
        for number, asked in enumerate(requests)
        for turn in range(asked.times)
    ]
    return [asked for _, _, asked in sorted(placed, key=lambda entry: entry[:2])]


def _slots(asked: Asked, api: API, address: str, population: Population, *, alone: bool) -> Iterator[Slot]:
    """Yield the request; new instances go to many services, so their registration is many where it is alone."""
    stream = _STREAMS.index(asked.of) if asked.of else 0
    services = [asked.service]
    if asked.do == "register":
        new = [f"new{number:02d}" for number in range(NEW_SERVICES if alone else 1)]
        services = [TEN] if asked.of == TEN else new
    for name in services:
        values = {"id": population.ids()} if asked.of else {}
        yield Slot(api.pieces(asked.do, address, service=population.service(name), **values), stream)
