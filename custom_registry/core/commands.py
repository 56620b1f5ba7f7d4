"""What can be asked of the state, and what comes of it: commands and changes, frozen values that do nothing."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custom_registry.core.checks import Event
    from custom_registry.core.model import Definition, Instance


@dataclass(frozen=True, slots=True)
class ById:
    """The one instance of this id."""

    id: str


@dataclass(frozen=True, slots=True)
class ByAddress:
    """Every instance of this service that was registered with this address, letter by letter."""

    service: str
    address: str


Target = ById | ByAddress


@dataclass(frozen=True, slots=True)
class Register:
    """Register an instance, or renew or replace the one of the same id. It counts as a passing heartbeat."""

    definition: Definition


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Report how instances are, and begin their ttl anew."""

    target: Target
    event: Event
    note: str = ""


@dataclass(frozen=True, slots=True)
class Deregister:
    """Remove instances."""

    target: Target


Command = Register | Heartbeat | Deregister


class Kind(enum.StrEnum):
    """What befell an instance."""

    REGISTERED = "registered"
    UPDATED = "updated"  # registered again with other values
    RENEWED = "renewed"  # a registration or heartbeat that changed nothing else
    REPORTED = "reported"  # a registration or heartbeat that changed the health
    LAPSED = "lapsed"
    REVIVED = "revived"
    REMOVED = "removed"  # by a cleanup
    DEREGISTERED = "deregistered"  # by a request


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that befell one instance.

    Args:
        kind: what.
        instance: as it is after, or was last.
        visible: whether ``discover`` can answer differently now, that is, whether its service's index has moved.
    """

    kind: Kind
    instance: Instance
    visible: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What came of a command.

    Args:
        lapses: what time alone had brought until then, the oldest first.
        effects: what the command did, in order; empty where nothing is registered that it speaks of.
    """

    lapses: tuple[Occurrence, ...]
    effects: tuple[Occurrence, ...] = ()

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """All of it, in order."""
        return self.lapses + self.effects
