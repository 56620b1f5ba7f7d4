"""Counts instances and healthy ones by service, and the index from which a service can be discovered differently.

This is what the native API needs beside the catalog: names letter by letter, and an index that moves with definitions
and health alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Tally(Struct):
    total: int = 0
    active: int = 0
    index: int = 0
    heard: int = 0


class Tallies:
    """Of a service that has no instances no trace is kept; its index is that of the last that lost all of them."""

    def __init__(self) -> None:
        """Begin with nothing, at index 1."""
        self.instances = 0
        self.active = 0
        self._by_name: dict[str, _Tally] = {}
        self._emptied_index = 1

    def __len__(self) -> int:
        """Return how many services have instances."""
        return len(self._by_name)

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        """Yield each service's name with the number of its instances and of its healthy ones."""
        for name, tally in self._by_name.items():
            yield name, tally.total, tally.active

    def index(self, name: str) -> int:
        """Return the index of a service's last change."""
        tally = self._by_name.get(name)
        return tally.index if tally else self._emptied_index

    def hear(self, name: str) -> None:
        """Count a sign of life of an instance, which changes when it was last heard of and nothing else."""
        tally = self._by_name.get(name)
        if tally:
            tally.heard += 1

    def heard(self, name: str) -> int:
        """Return how often instances of a service have been heard of since it last had none."""
        tally = self._by_name.get(name)
        return tally.heard if tally else 0

    def count(self, name: str, before: Health | None, now: Health | None, index: int) -> None:
        """Count an instance as it is now, in place of what it was before; None where it is, or was, not there."""
        tally = self._by_name.get(name)
        if tally is None:
            tally = self._by_name[name] = _Tally()
        came = (now is not None) - (before is not None)
        gained = (now is Health.PASSING) - (before is Health.PASSING)
        tally.total += came
        tally.active += gained
        tally.index = index
        self.instances += came
        self.active += gained
        if not tally.total:
            del self._by_name[name]
            self._emptied_index = index
