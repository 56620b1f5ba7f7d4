"""The registry's state machine: ``apply(command, now)``. It is pure: no I/O, no thread, no clock, no rules on input.

It holds the catalog of all nodes, the agent of its own, and what is due when. Of time it knows what it is told: a TTL
check lapses exactly at its deadline; a native registration that has lapsed is removed by the first cleanup after that,
and a service with a check that was critical for too long by the first look for such; both come at whole intervals from
the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from custom_registry.core import concerns, topics
from custom_registry.core.agent import Agent, Deadline, Due
from custom_registry.core.anti_entropy import Server, reconcile
from custom_registry.core.catalog import Catalog
from custom_registry.core.commands import UNCHANGED, Change, Command, Kind, Occurrence
from custom_registry.core.deadlines import Deadlines
from custom_registry.core.execution import Executor
from custom_registry.core.intervals import OUTPUT_MAX_SIZE, Intervals
from custom_registry.core.model import SERF_CHECK_ID, SERVER_ID, CheckRecord, NodeDefinition, ServiceDefinition
from custom_registry.core.reads import catalog_index
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Hashable

    from custom_registry.core.concerns import Concerned

OWN_NODE = NodeDefinition(name="node-1", address="127.0.0.1")
SERVER = ServiceDefinition(id=SERVER_ID, service=SERVER_ID, tags=(), port=8300)


class State:
    """All that is registered.

    It begins as a dev agent does: with its own node, itself as a service on it, and the check that says that it lives.
    Every visible change takes the next modify index; a report that changes neither status nor output changes nothing
    that is seen (transcript ``ttl_life``, 1.8.7 and 1.21.4).

    Costs: by id O(1), by service O(instances of the service), a heartbeat O(1), a lapse or a removal O(log n).

    Args:
        now: the time from which all intervals are counted, in seconds.
        node: the own node.
        server: the service that the registry itself is; its id is ``consul``.
        intervals: how often what comes round.
        output_max_size: bytes of a reported output beyond which it is cut.
        rewrites_checks: whether a check that is registered again as it was moves an index: see ``Catalog``.
    """

    def __init__(  # noqa: PLR0913 - all are settings, given by name
        self,
        *,
        now: float,
        node: NodeDefinition = OWN_NODE,
        server: ServiceDefinition = SERVER,
        intervals: Intervals = Intervals(),  # noqa: B008 - it is frozen
        output_max_size: int = OUTPUT_MAX_SIZE,
        rewrites_checks: bool = False,
    ) -> None:
        """Write the own node, first as the cluster knows it, then as it knows itself."""
        serf = CheckRecord(
            SERF_CHECK_ID, "Serf Health Status", Health.PASSING, output="Agent alive and reachable", service_tags=()
        )
        self.catalog = Catalog((node.name.lower(), server.id), rewrites_checks=rewrites_checks)
        self._server = Server(server, serf)
        self.catalog.register(now, replace(node, tagged_addresses=None, meta=None), server, [serf])
        self.catalog.register(now, node)
        self.catalog.take_touched()
        self._deadlines: Deadlines[Deadline] = Deadlines()
        self.agent = Agent(node, self.catalog, self._deadlines, intervals, now)
        self._executor = Executor(self.catalog, self.agent, output_max_size)

    @property
    def index(self) -> int:
        """The modify index of the last change."""
        return self.catalog.indexes.current

    @property
    def next_deadline(self) -> float:
        """A time before which ``advance`` has nothing to do; infinity where it will never have."""
        return self._deadlines.earliest

    def topic_index(self, topic: topics.Topic) -> int:
        """Return the modify index of what a topic's reads show; of the agent's topics, a number that serves as one."""
        match topic:
            case topics.AgentService(service_id) if service_id in self.agent.services:
                return self.agent.services[service_id].revision
            case topics.AgentService():
                return self.agent.revisions[concerns.AGENT_SERVICES]
            case topics.AgentServices() | topics.AgentChecks() | topics.Probes():
                return self.agent.revisions[frozenset({topic})]
            case _:
                return catalog_index(self.catalog, topic)

    def version(self, topic: topics.Topic) -> Hashable:
        """Return what is another whenever a topic's reads show anything else, their index included. O(1).

        The index itself does not do for that: in Consul's way it can stay, or move, while what is shown does not. A
        service has a version of its own, so that no other's changes touch it; natively a heartbeat counts too.
        """
        match topic:
            case topics.HealthService(service) | topics.CatalogService(service):
                return self._version(service)
            case topics.Instances(service):
                return self._version(service.lower()), self.catalog.tallies.heard(service)
            case topics.AgentServices() | topics.AgentService() | topics.AgentChecks() | topics.Probes():
                return self.agent.revision
            case topics.Nothing():
                return 1
            case _:
                return self.index

    def _version(self, service: str) -> Hashable:
        """Return the version of a service, its name in small letters; without instances it has none of its own."""
        own = self.catalog.version(service)
        return ("none", self.index) if own is None else own

    def apply(self, command: Command, now: float) -> Change:
        """Let time pass until ``now``, then carry out a command.

        Args:
            command: what to do. Its values are not judged here: what can be carried out is.
            now: seconds; never less than in an earlier call.

        Raises:
            Refusal: it cannot be carried out, and nothing has changed but by time, which ``advance`` tells of before.
        """
        before = self.advance(now)
        effects = tuple(self._executor.carry_out(command, now))
        return Change(before.lapses, effects, (*before.concerned, *self._settle(now)))

    def advance(self, now: float) -> Change:
        """Let time pass until ``now``: carry out what is due, the oldest first."""
        if self._deadlines.earliest > now:
            return UNCHANGED
        lapses: list[Occurrence] = []
        concerned: set[Concerned] = set()  # of a thousand lapses most concern the same
        while (due := self._deadlines.pop_due(now)) is not None:
            (what, check_id), at = due
            lapses += self._fall_due(what, check_id, at)
            if self.agent.followers:
                concerned.update(self._settle(at))
        concerned.update(self.catalog.take_touched())
        return Change(tuple(lapses), concerned=tuple(concerned))

    def _settle(self, now: float) -> list[Concerned]:
        """Have the alias checks follow what changed, and return whom all that changed concerns."""
        followers, concerned = self.agent.followers, self.catalog.take_touched()
        if followers:
            changed = concerned.copy()
            while changed:
                followers.seen(changed)
                self.agent.follow(now)
                changed = self.catalog.take_touched()
                concerned += changed
            followers.rest()
        return concerned

    def _fall_due(self, what: Due, check_id: str, at: float) -> list[Occurrence]:
        match what:
            case Due.LAPSE:
                return self._executor.lapse(check_id, at)
            case Due.REMOVAL | Due.REAPING:
                return self._executor.remove(Kind.REMOVED, self.agent.checks[check_id].definition.service_id)
            case Due.OUTPUT:
                check = self.agent.checks[check_id]
                self.agent.write(check.definition.service_id, [check], at)
            case Due.SYNC:
                reconcile(self.catalog, self.agent, self._server, at)
        return []
