"""Chooses one of a service's healthy instances for a call; it keeps no list of its own and knows no backend."""

from __future__ import annotations

import abc
import random
import threading
from typing import TYPE_CHECKING

from discovery.errors import NoInstance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from discovery.interface import Discovery
    from discovery.model import Instance


class Picker(abc.ABC):
    """What all pickers are: ``pick`` asks for the instances there are now and chooses among them.

    One ``pick`` is one ``discover``, so that an instance which came is chosen and one that went is not. Any number of
    threads may share a picker.

    Args:
        discovery: the backend.
        chance: where chance comes from; the system's by default, which no fork duplicates.
    """

    def __init__(self, discovery: Discovery, *, chance: random.Random | None = None) -> None:
        """Keep the backend and the source of chance."""
        self._discovery = discovery
        self._chance = random.SystemRandom() if chance is None else chance

    def pick(self, service: str, *, tag: str | None = None) -> Instance:
        """Choose a healthy instance.

        Args:
            service: its name.
            tag: only among instances that carry this tag.

        Raises:
            NoInstance: the service has no healthy instance.
            DiscoveryError: whatever ``discover`` raises.
        """
        instances = self._discovery.discover(service, healthy_only=True, tag=tag)
        if not instances:
            carrying = "" if tag is None else f" with the tag {tag!r}"
            raise NoInstance(f"{service!r} has no healthy instance{carrying}")
        return self._choose(instances, asked=(service, tag))

    @abc.abstractmethod
    def _choose(self, instances: Sequence[Instance], *, asked: tuple[str, str | None]) -> Instance:
        """Choose one of at least one."""


class RoundRobin(Picker):
    """One after the other, by id, beginning with one by chance so that many new clients do not begin with the same.

    It remembers the id that it chose last, not a position: while the instances stay, every one of n gets each n-th
    call exactly; when one comes or goes, the others keep their turns.
    """

    def __init__(self, discovery: Discovery, *, chance: random.Random | None = None) -> None:
        """Begin with nothing chosen."""
        super().__init__(discovery, chance=chance)
        self._last: dict[tuple[str, str | None], str] = {}
        self._lock = threading.Lock()

    def _choose(self, instances: Sequence[Instance], *, asked: tuple[str, str | None]) -> Instance:
        with self._lock:
            last = self._last.get(asked)
            if last is None:
                chosen = self._chance.choice(instances)
            else:
                following = [instance for instance in instances if instance.id > last]
                chosen = min(following or instances, key=lambda instance: instance.id)
            self._last[asked] = chosen.id
        return chosen


class RandomChoice(Picker):
    """Each instance with the same chance, every time."""

    def _choose(self, instances: Sequence[Instance], *, asked: tuple[str, str | None]) -> Instance:  # noqa: ARG002 - has no memory
        return self._chance.choice(instances)


class WeightedChoice(Picker):
    """Each instance with a chance in proportion to its weight, every time.

    Drawn by chance rather than in a smooth order: that needs no memory of what was chosen, which every instance that
    comes or goes would upset, and clients that do not know of each other do not fall into step. The proportions hold
    over many calls, not over every few.
    """

    def _choose(self, instances: Sequence[Instance], *, asked: tuple[str, str | None]) -> Instance:  # noqa: ARG002 - has no memory
        return self._chance.choices(instances, [instance.weight for instance in instances])[0]
