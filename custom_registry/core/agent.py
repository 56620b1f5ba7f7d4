"""The agent of the registry's own node: what it was told of services and checks, and how the checks stand.

Whatever it is told it writes into the catalog at once. The two differ only where Consul lets them differ, and until
then: a new output of a check whose status stays the same reaches the catalog later (transcript ``ttl_life``), and what
the catalog's own API does to this node is undone at the next comparison (``catalog_writes``; times seen on 1.8.7).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from msgspec.structs import replace

from custom_registry.core import concerns, topics
from custom_registry.core.aliases import Followers, Standing, stand
from custom_registry.core.checks import expired
from custom_registry.core.grouped import Grouped
from custom_registry.core.intervals import next_on_grid
from custom_registry.core.model import AgentCheck, AgentService, CheckDefinition
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from custom_registry.core.catalog import Catalog
    from custom_registry.core.concerns import Concerned
    from custom_registry.core.deadlines import Deadlines
    from custom_registry.core.intervals import Intervals
    from custom_registry.core.model import Alias, NodeDefinition, ServiceDefinition


class Due(enum.StrEnum):  # of texts, whose hashes are quick
    """What can be due of a check, or of all."""

    LAPSE = "lapse"
    REMOVAL = "removal"  # of a native registration that has lapsed
    REAPING = "reaping"  # of a service whose check has been critical for too long
    OUTPUT = "output"
    SYNC = "sync"


Deadline = tuple[Due, str]
_BUT_LAPSE = (Due.REMOVAL, Due.REAPING, Due.OUTPUT)
_OF_CHECK = (Due.LAPSE, *_BUT_LAPSE)


class Agent:
    """All services and checks of the own node that are not the registry's own.

    Costs: by id O(1); a report O(1), and O(log n) where it changes what is due.
    """

    def __init__(
        self, node: NodeDefinition, catalog: Catalog, deadlines: Deadlines[Deadline], intervals: Intervals, now: float
    ) -> None:
        """Begin with nothing; the node is in the catalog already."""
        self.node = node
        self.services: dict[str, AgentService] = {}
        self.checks: dict[str, AgentCheck] = {}
        self.probes: dict[str, CheckDefinition] = {}
        self.revision = 1
        self.revisions = dict.fromkeys((concerns.AGENT_SERVICES, concerns.AGENT_CHECKS, concerns.PROBES), 1)
        self.followers = Followers()
        self._check_ids = Grouped()  # by the ids of their services, empty for the node's own
        self._named: dict[str, set[str]] = {}  # ids of services by their name
        self._catalog = catalog
        self._deadlines = deadlines
        self._intervals = intervals
        self._started_at = now

    def check_ids_of(self, service_id: str) -> tuple[str, ...]:
        """Return the ids of the checks of a service, or with an empty id of the node."""
        return self._check_ids.of(service_id)

    def ids_named(self, name: str) -> AbstractSet[str]:
        """Return the ids of the services of a name, letter by letter."""
        return self._named.get(name, set())

    def register_service(
        self, definition: ServiceDefinition, checks: Sequence[CheckDefinition], now: float, *, keep: bool
    ) -> None:
        """Put a service and checks of it in the place of what is known of them.

        Args:
            definition: the service.
            checks: some of its checks; others that it has stay. Of those with the same id the last holds.
            now: the time.
            keep: whether a check that is there already keeps its status and output.
        """
        known = self.services.get(definition.id)
        if known is None or known.definition != definition:
            self._touch_service(definition.id)
            self.services[definition.id] = AgentService(definition, self.revision)
            self._name(definition.id, known.definition.service if known else "", definition.service)
        self.followers.changed(definition.id)
        before = {check.id: self.checks.get(check.id) for check in checks} if keep else {}
        written = {check.id: self._put_check(check, now, before.get(check.id)) for check in checks}
        self._catalog.show(self.node.name, definition.id)
        self._write(definition, written.values(), now)

    def deregister_service(self, service_id: str) -> None:
        """Forget a service with its checks."""
        for check_id in self.check_ids_of(service_id):
            self._forget_check(self.checks[check_id])
        self._name(service_id, self.services.pop(service_id).definition.service, "")
        self._touch_service(service_id)
        self.followers.changed(service_id)
        self._catalog.deregister_service(self.node.name, service_id)

    def register_check(self, definition: CheckDefinition, now: float) -> None:
        """Put a check in the place of what is known of it; one that is there keeps its status and output."""
        known = self.checks.get(definition.id)
        check = self._put_check(definition, now, known)
        if known is not None and check.status == Health.CRITICAL:
            check = self.checks[check.id] = replace(check, critical_since=now)
            self._reap_later(check)
        self.write(definition.service_id, [check], now)

    def deregister_check(self, check_id: str) -> None:
        """Forget a check."""
        self._forget_check(self.checks[check_id])
        self._catalog.deregister_check(self.node.name, check_id)

    def report(self, check_id: str, status: str, output: str, now: float, *, said: str | None = None) -> None:
        """Take a report of a check, and begin its ttl anew.

        Args:
            check_id: which.
            status: how it is.
            output: what Consul's API is to show.
            now: the time.
            said: what the native API is to show; without it the output.
        """
        ttl = self.checks[check_id].ttl
        if ttl is not None:
            self._deadlines.set((Due.LAPSE, check_id), now + ttl)
        self.find(check_id, status, output, now, said=said)

    def find(self, check_id: str, status: str, output: str, now: float, *, said: str | None = None) -> None:
        """Take what a probe found; whether somebody else reports in time is another matter. See ``report``."""
        check = self.checks[check_id]
        if check.lapsed:
            self._deadlines.cancel((Due.REMOVAL, check_id))
        self._hear(self.services.get(check.definition.service_id))
        said = output if said is None else said
        stands = check.standing(status, output, now, said=said, renewed_at=now, lapsed=False)
        self._stand(stands, check, now)

    def lapse(self, check_id: str, due: float) -> None:
        """Have a TTL check lapse that no report has reached in time."""
        check = self.checks[check_id]
        if check.definition.leaves_on_lapse:
            removal = next_on_grid(self._started_at, self._intervals.cleanup, due)
            self._deadlines.set((Due.REMOVAL, check_id), removal)
        said, renewed_at = check.said, check.renewed_at
        stands = check.standing(Health.CRITICAL, expired(said), due, said=said, renewed_at=renewed_at, lapsed=True)
        self._stand(stands, check, due)

    def follow(self, now: float) -> None:
        """Have the alias checks stand as what they follow."""
        for check_id in self.followers.stale():
            check = self.checks[check_id]
            if check.definition.alias is not None:
                by = self._standing(check.definition.alias)
                said, renewed_at, lapsed = check.said, check.renewed_at, check.lapsed
                stands = check.standing(by.health, by.output, now, said=said, renewed_at=renewed_at, lapsed=lapsed)
                self._stand(stands, check, now)

    def write(self, service_id: str, checks: Sequence[AgentCheck], now: float) -> None:
        """Write a service, or with an empty id the node, and some of its checks into the catalog."""
        for check in checks:
            self._deadlines.cancel((Due.OUTPUT, check.id))
        self._write(self.services[service_id].definition if service_id else None, checks, now)

    def adopt_tags(self, service_id: str, tags: tuple[str, ...] | None) -> None:
        """Take the tags of a service over that others have written into the catalog."""
        definition = replace(self.services[service_id].definition, tags=tags)
        self._touch_service(service_id)
        self.services[service_id] = AgentService(definition, self.revision)

    def sync_later(self, now: float) -> None:
        """Have the catalog compared with the agent at the next time for it."""
        if (Due.SYNC, "") not in self._deadlines:
            self._deadlines.set((Due.SYNC, ""), next_on_grid(self._started_at, self._intervals.sync, now))

    def holds_back(self, check_id: str) -> bool:
        """Return whether a check has an output that is to reach the catalog later."""
        return (Due.OUTPUT, check_id) in self._deadlines

    def _write(self, service: ServiceDefinition | None, checks: Iterable[AgentCheck], now: float) -> None:
        """Write into the catalog, where no output is held back."""
        records = [check.record for check in checks]
        self._catalog.register(now, self.node, service, records, skip_node_update=True)

    def _put_check(self, definition: CheckDefinition, now: float, like: AgentCheck | None) -> AgentCheck:
        """Put a check in the place of what is known of it, with the status and output of another if there is one."""
        check_id, ttl = definition.id, definition.ttl
        known = self.checks.get(check_id)
        if known is not None:
            ttl = known.ttl if ttl is None else ttl
            self._forget_check(known, keep_ttl=definition.ttl is None)
        service = self.services.get(definition.service_id)
        check = self.checks[check_id] = AgentCheck(
            definition=definition,
            service_name=service.definition.service if service else "",
            service_tags=service.definition.tags if service else None,
            status=like.status if like else definition.status,
            output=like.output if like else "",
            said="",
            renewed_at=now,
            ttl=ttl,
        )
        self._check_ids.add(definition.service_id, check_id)
        if definition.ttl is not None:
            self._deadlines.set((Due.LAPSE, check_id), now + definition.ttl)
        if definition.probe is not None:
            self.probes[check_id] = definition
            self._touch(concerns.PROBES)
        if definition.alias is not None:
            self.followers.add(check_id, definition.alias)
        self.followers.changed(definition.service_id)
        self._hear(service)
        self._touch(concerns.AGENT_CHECKS)
        return check

    def _forget_check(self, check: AgentCheck, *, keep_ttl: bool = False) -> None:
        definition = check.definition
        del self.checks[check.id]
        self._check_ids.remove(definition.service_id, check.id)
        for due in _BUT_LAPSE if keep_ttl else _OF_CHECK:
            self._deadlines.cancel((due, check.id))
        if self.probes.pop(check.id, None):
            self._touch(concerns.PROBES)
        if definition.alias is not None:
            self.followers.remove(check.id, definition.alias)
        self.followers.changed(definition.service_id)
        self._touch(concerns.AGENT_CHECKS)

    def _stand(self, check: AgentCheck, before: AgentCheck, now: float) -> None:
        """Have a check stand so from now on, and tell the catalog now or later."""
        self.checks[check.id] = check
        if check.critical_since != before.critical_since:
            self._reap_later(check)
        if check.status != before.status:
            self._touch(concerns.AGENT_CHECKS)
            self.followers.changed(check.definition.service_id)
            self.write(check.definition.service_id, [check], now)
        elif check.output != before.output:
            self._touch(concerns.AGENT_CHECKS)
            if not self.holds_back(check.id):
                self._deadlines.set((Due.OUTPUT, check.id), now + self._intervals.output)

    def _reap_later(self, check: AgentCheck) -> None:
        """Have the service of a check that has been critical for so long removed in time, if it is to be."""
        definition = check.definition
        if check.critical_since is None:
            self._deadlines.cancel((Due.REAPING, check.id))
        elif definition.deregister_after is not None and definition.service_id:
            after = max(definition.deregister_after, self._intervals.least_deregister_after)
            reaping = next_on_grid(self._started_at, self._intervals.reap, check.critical_since + after)
            self._deadlines.set((Due.REAPING, check.id), reaping)

    def _standing(self, alias: Alias) -> Standing:
        """Return how an alias stands by the checks it goes by, in the order of their ids."""
        if alias.node:
            every = (check.record for check in self._catalog.checks_of_node(alias.node))
            found = [record for record in every if record.service_id in {"", alias.service_id}]
            exists = self._catalog.service(alias.node, alias.service_id) is not None
        else:
            ids = {*self.check_ids_of(""), *self.check_ids_of(alias.service_id)}
            found = [self.checks[check_id].record for check_id in ids]
            exists = alias.service_id in self.services
        return stand(alias, sorted(found, key=lambda record: record.id), exists=exists)

    def _name(self, service_id: str, before: str, name: str) -> None:
        """Have a service found by its name, and no more by the one it had; an empty one is none."""
        if before:
            self._named[before].remove(service_id)
            if not self._named[before]:
                del self._named[before]
        if name:
            ids = self._named.get(name)
            if ids is None:
                ids = self._named[name] = set()
            ids.add(service_id)

    def _hear(self, service: AgentService | None) -> None:
        if service is not None:
            self._catalog.tallies.hear(service.definition.service)

    def _touch_service(self, service_id: str) -> None:
        self._touch(concerns.AGENT_SERVICES)
        self._catalog.touched.append(frozenset({topics.AgentService(service_id)}))

    def _touch(self, concerned: Concerned) -> None:
        self.revision += 1
        self.revisions[concerned] = self.revision
        self._catalog.touched.append(concerned)
