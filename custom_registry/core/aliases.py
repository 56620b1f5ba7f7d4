"""Alias checks: which there are, and how one stands by what it follows. They follow at once, and know no time.

Read from Consul 1.8.7's answers: an alias goes by the checks of its service and by those of the node. One that is of
the node itself therefore goes by itself too, and never leaves the critical it begins with, as on 1.8.7.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from custom_registry.core import topics
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from custom_registry.core.concerns import Concerned
    from custom_registry.core.model import Alias, CheckRecord

_MOST_LOOKS = 3  # at one alias after one command: any number of aliases in a ring comes to an end


class Standing(Struct, frozen=True):
    """How an alias check stands, and what it says."""

    health: Health
    output: str


def stand(alias: Alias, checks: Iterable[CheckRecord], *, exists: bool) -> Standing:
    """Return how an alias stands.

    Args:
        alias: what it follows.
        checks: those of its service and of the node.
        exists: whether its service is there.
    """
    standing = Standing(Health.PASSING, "No checks found.")
    found = False
    for check in checks:
        found = found or check.service_id == alias.service_id
        if check.status in {Health.CRITICAL, Health.WARNING}:
            failing = f'Aliased check "{check.name}" failing: {check.output}'
            standing = Standing(Health(check.status), failing)
            if check.status == Health.CRITICAL:
                break
        elif standing.health is Health.PASSING:
            standing = Standing(Health.PASSING, "All checks passing.")
    if not found and not exists:
        missing = f"Service {alias.service_id} could not be found on node {alias.node}"
        return Standing(Health.CRITICAL, missing)
    return standing


class Followers:
    """Which alias checks follow what, and which of them have to be looked at again."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_service: dict[str, dict[str, None]] = {}  # of the own node
        self._by_node: dict[str, dict[str, None]] = {}
        self._stale: dict[str, None] = {}
        self._looks: dict[str, int] = {}

    def add(self, check_id: str, alias: Alias) -> None:
        """Have a check follow."""
        self._group(alias).setdefault(self._leader(alias), {})[check_id] = None
        self._stale[check_id] = None

    def remove(self, check_id: str, alias: Alias) -> None:
        """Have a check follow no more."""
        group, leader = self._group(alias), self._leader(alias)
        del group[leader][check_id]
        if not group[leader]:
            del group[leader]
        self._stale.pop(check_id, None)

    def changed(self, service_id: str) -> None:
        """Note that a service of the own node or its checks changed, or with an empty id the node's checks."""
        if not self._by_service:
            return
        if service_id:
            self._stale.update(self._by_service.get(service_id, {}))
        else:
            for followers in self._by_service.values():
                self._stale.update(followers)

    def __bool__(self) -> bool:
        """Return whether there are any, or were until now."""
        return bool(self._by_service or self._by_node or self._stale)

    def seen(self, concerned: Iterable[Concerned]) -> None:
        """Note whom what changed in the catalog concerns."""
        if self._by_node:
            for topic in chain.from_iterable(concerned):
                if isinstance(topic, topics.HealthNode | topics.CatalogNode):
                    self._stale.update(self._by_node.get(topic.node, {}))

    def stale(self) -> Iterator[str]:
        """Yield the checks to be looked at until there are none, though more may come while they are."""
        while self._stale:
            check_id = next(iter(self._stale))
            del self._stale[check_id]
            looks = self._looks[check_id] = self._looks.get(check_id, 0) + 1
            if looks <= _MOST_LOOKS:
                yield check_id

    def rest(self) -> None:
        """Forget how often each was looked at."""
        self._looks.clear()

    def _group(self, alias: Alias) -> dict[str, dict[str, None]]:
        return self._by_node if alias.node else self._by_service

    @staticmethod
    def _leader(alias: Alias) -> str:
        return alias.node.lower() if alias.node else alias.service_id
