"""The values that the state holds: definitions, checks, instances. Frozen, so a reader keeps what it was given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from custom_registry.core.checks import HEALTH, CheckState, Event, transition, worst
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Definition:
    """What was said of an instance when it was registered. The core takes any values: each API has rules of its own.

    Args:
        id: unique over all services.
        service: the name under which it is found.
        address: as it came.
        host: of the address.
        port: of the address or beside it; None where neither says.
        tags: in the order in which they came.
        metadata: text by text.
        weight: the share of calls it wants.
        ttl: seconds from one heartbeat within which the next must come.
    """

    id: str
    service: str
    address: str
    host: str
    port: int | None
    tags: tuple[str, ...]
    metadata: Mapping[str, str] = field(hash=False)
    weight: int
    ttl: float


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an instance: what it last reported, when, and how long that holds."""

    id: str
    state: CheckState
    ttl: float
    renewed_at: float
    note: str = ""

    @property
    def deadline(self) -> float:
        """The time at which the check lapses; until then, and not at it, its last report holds."""
        return self.renewed_at + self.ttl

    @property
    def health(self) -> Health:
        """What the state means for whoever calls the instance."""
        return HEALTH[self.state]

    def reported(self, event: Event, now: float, note: str) -> Check:
        """Return the check after a report, its ttl begun anew."""
        return replace(self, state=transition(self.state, event), renewed_at=now, note=note)

    def lapsed(self) -> Check:
        """Return the check after its ttl has passed in silence."""
        return replace(self, state=transition(self.state, Event.LAPSED))


@dataclass(frozen=True, slots=True)
class Instance:
    """A registered instance.

    Args:
        definition: what was registered.
        checks: what its health is made of. A native registration has exactly one, a TTL check, and it comes first.
        registered_at: when this id was first registered for this service and address.
        create_index: the modify index of the change that made this id.
        modify_index: that of the last change of the definition or of the health. A heartbeat that changes neither does
            not count, as in Consul (transcript ``ttl_life``, 1.8.7 and 1.21.4).
    """

    definition: Definition
    checks: tuple[Check, ...]
    registered_at: float
    create_index: int
    modify_index: int

    @property
    def id(self) -> str:
        """Its name, unique over all services."""
        return self.definition.id

    @property
    def service(self) -> str:
        """The name under which it is found."""
        return self.definition.service

    @property
    def ttl_check(self) -> Check:
        """The check that heartbeats renew."""
        return self.checks[0]

    @property
    def health(self) -> Health:
        """The worst of all checks."""
        return worst([check.health for check in self.checks])

    @property
    def healthy(self) -> bool:
        """Whether every check is passing."""
        return self.health is Health.PASSING
