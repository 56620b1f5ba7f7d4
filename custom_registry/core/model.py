"""The values that the state holds: nodes, services, checks. Frozen, so a reader keeps what it was given.

Two views of one thing, as in Consul. The *agent* of the registry's own node holds what it was told: definitions, what
was last reported, when. The *catalog* holds what everybody sees of all nodes, each row with the modify indexes of its
making and of its last change. Of the own node's services and checks the catalog's rows are made from the agent's, at
once; the two differ only where Consul lets them differ (see ``custom_registry.core.agent``).

The core takes any values: each API has rules of its own. A None where a tuple or mapping could stand is what came as
null or not at all, which Consul does not forget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_registry.core.probes import Probe

ADDRESS_KEY = "address"  # the key of a service's meta under which a native registration keeps its address as it came
SERF_CHECK_ID = "serfHealth"  # the check by which the cluster says that a node of its own lives
SERVER_ID = "consul"  # the id and name of the service that the registry itself is


class ServiceAddress(Struct, frozen=True, gc=False):
    """One of a service's tagged addresses."""

    address: str
    port: int


class Weights(Struct, frozen=True, gc=False):
    """The share of calls that an instance wants while it passes, and while it warns."""

    passing: int = 1
    warning: int = 1


class NodeDefinition(Struct, frozen=True, gc=False):
    """What is said of a node.

    Args:
        name: unique, whatever its case.
        id: a UUID, or nothing.
        address: where the node is.
        tagged_addresses: further addresses by tag.
        meta: text by text.
        locality: as it came; the registry makes nothing of it.
    """

    name: str
    id: str = ""
    address: str = ""
    tagged_addresses: Mapping[str, str] | None = None
    meta: Mapping[str, str] | None = None
    locality: Mapping[str, object] | None = None


class ServiceDefinition(Struct, frozen=True, gc=False):
    """What was said of a service instance when it was registered.

    Args:
        id: unique on its node.
        service: the name under which it is found.
        tags: in the order in which they came.
        address: empty for the node's.
        port: 0 for none.
        meta: text by text. A native registration keeps its address here, under ``address``, where host and port do not
            say it all.
        own_tags: the tags by which its own address and port are told too, in order.
        tagged_addresses: further addresses by tag.
        weights: the shares of calls it wants.
        enable_tag_override: whether others may change the tags in the catalog.
        kind: empty for an ordinary service; ``connect-proxy`` and so on.
        connect_for: the service that callers of the mesh reach through it: a proxy's destination, or its own name where
            it takes part itself; empty where it has no part.
        socket_path: in place of address and port.
        proxy: as it came; the registry makes nothing of it.
        connect: likewise.
        locality: likewise.
    """

    id: str
    service: str
    tags: tuple[str, ...] | None = None
    address: str = ""
    port: int = 0
    meta: Mapping[str, str] | None = None
    own_tags: tuple[str, ...] = ()
    tagged_addresses: Mapping[str, ServiceAddress] | None = None
    weights: Weights | None = Weights()
    enable_tag_override: bool = False
    kind: str = ""
    connect_for: str = ""
    socket_path: str = ""
    proxy: Mapping[str, object] | None = None
    connect: Mapping[str, object] | None = None
    locality: Mapping[str, object] | None = None

    @property
    def addresses(self) -> Mapping[str, ServiceAddress]:
        """All its tagged addresses, in the order of their tags."""
        own = dict.fromkeys(self.own_tags, ServiceAddress(self.address, self.port))
        return dict(sorted({**own, **(self.tagged_addresses or {})}.items()))


class Alias(Struct, frozen=True, gc=False):
    """What an alias check follows: one service of a node with the node's own checks, or the node alone.

    Args:
        service_id: empty for the node alone.
        node: empty for the registry's own.
    """

    service_id: str = ""
    node: str = ""


class CheckDefinition(Struct, frozen=True, gc=False):
    """What was said of a check when it was registered with the agent.

    Args:
        id: unique on the node.
        name: for people.
        status: what it is until the first report: ``critical`` unless the registration says otherwise.
        notes: for people.
        service_id: the service that it is of; empty for the node.
        type: ``ttl``, ``http``, ``tcp``, ``grpc``, ``alias``, ``maintenance``; shown, nothing hangs on it.
        interval: as Consul shows it.
        timeout: likewise.
        ttl: seconds within which the next report must come; None for a check that waits for no report.
        probe: what is tried again and again to know how it is; None where nothing is.
        alias: what it follows; None where it follows nothing.
        deregister_after: seconds of being critical after which its service is removed; None for never. The registry
            makes it at least a minute, as Consul does.
        leaves_on_lapse: its service is removed by the first native cleanup after it has lapsed: what the native API
            promises of its registrations.
        exposed_port: shown, nothing hangs on it.
    """

    id: str
    name: str
    status: str = "critical"
    notes: str = ""
    service_id: str = ""
    type: str = ""
    interval: str = ""
    timeout: str = ""
    ttl: float | None = None
    probe: Probe | None = None
    alias: Alias | None = None
    deregister_after: float | None = None
    leaves_on_lapse: bool = False
    exposed_port: int = 0


class CheckRecord(Struct, frozen=True, gc=False):
    """What the catalog says of a check.

    Args:
        id: unique on its node.
        name: for people.
        status: ``passing``, ``warning``, ``critical``; from the catalog's own API any text.
        notes: for people.
        output: what was last reported with it.
        service_id: the service that it is of; empty for the node.
        service_name: that service's name, as it was when this was written.
        service_tags: likewise.
        type: as in ``CheckDefinition``.
        interval: likewise.
        timeout: likewise.
        exposed_port: likewise.
        definition: what an external monitor is told to do, as it came; the registry makes nothing of it.
    """

    id: str
    name: str = ""
    status: str = "critical"
    notes: str = ""
    output: str = ""
    service_id: str = ""
    service_name: str = ""
    service_tags: tuple[str, ...] | None = None
    type: str = ""
    interval: str = ""
    timeout: str = ""
    exposed_port: int = 0
    definition: Mapping[str, object] | None = None

    def named(self, service_name: str, service_tags: tuple[str, ...] | None) -> CheckRecord:
        """Return it with the name and tags of its service as they are now."""
        if service_name == self.service_name and service_tags == self.service_tags:
            return self
        return replace(self, service_name=service_name, service_tags=service_tags)

    def same_as(self, other: CheckRecord) -> bool:
        """Return whether Consul takes another for the same: all but how it is done (seen on 1.8.7)."""
        if self.status != other.status or self.output != other.output:  # as it mostly is
            return False
        return other == self or other == replace(
            self, type=other.type, interval=other.interval, timeout=other.timeout, exposed_port=other.exposed_port
        )

    def of_the_same(self, other: CheckRecord) -> bool:
        """Return whether both are of one service, or both of the node, and call it by one name."""
        return self.service_id == other.service_id and self.service_name == other.service_name


class Node(Struct, frozen=True, gc=False):
    """A node of the catalog."""

    definition: NodeDefinition
    create_index: int
    modify_index: int

    @property
    def name(self) -> str:
        """Its name."""
        return self.definition.name


class Service(Struct, frozen=True, gc=False):
    """A service instance of the catalog.

    Args:
        node: the name of the node that it runs on.
        definition: what was registered.
        registered_at: when this id was first registered for this service and address.
        create_index: the modify index of the change that made this row.
        modify_index: that of the last change of the definition.
    """

    node: str
    definition: ServiceDefinition
    registered_at: float
    create_index: int
    modify_index: int

    @property
    def id(self) -> str:
        """Its name, unique on its node."""
        return self.definition.id

    @property
    def name(self) -> str:
        """The name under which it is found."""
        return self.definition.service


class Check(Struct, frozen=True, gc=False):
    """A check of the catalog."""

    node: str
    record: CheckRecord
    create_index: int
    modify_index: int


class Entry(Struct, frozen=True, gc=False):
    """A service instance with all that decides about it: an entry of ``/v1/health/service``.

    Args:
        node: that it runs on.
        service: the instance.
        checks: the node's, then its own, each in the order of their ids.
    """

    node: Node
    service: Service
    checks: tuple[Check, ...]


class AgentService(Struct, frozen=True, gc=False):
    """A service as the agent of the own node holds it.

    Args:
        definition: what was registered.
        revision: the number of the agent's last change that touched it.
    """

    definition: ServiceDefinition
    revision: int


class AgentCheck(Struct, frozen=True, gc=False):
    """A check as the agent of the own node holds it.

    Args:
        definition: what was registered.
        service_name: the name of its service at that time; empty for one of the node.
        service_tags: likewise.
        status: how it stands.
        output: what Consul's API shows with it: the last report, or what a lapse made of it.
        said: what came with the last report.
        renewed_at: when it was registered or last reported.
        ttl: seconds within which the next report must come; that of its definition, or of one before that the present
            one, of another kind, has not ended (seen on 1.8.7). None where it waits for no report.
        lapsed: whether it stands so because no report came within its ttl.
        critical_since: when a report, a lapse or a probe made it critical; None while it is not, and while it is
            critical only because it was registered so (transcript ``reaping``, 1.8.7 and 1.21.4).
    """

    definition: CheckDefinition
    service_name: str
    service_tags: tuple[str, ...] | None
    status: str
    output: str
    said: str
    renewed_at: float
    ttl: float | None = None
    lapsed: bool = False
    critical_since: float | None = None

    @property
    def id(self) -> str:
        """Its name, unique on the node."""
        return self.definition.id

    def standing(  # noqa: PLR0913 - all that can change
        self, status: str, output: str, now: float, *, said: str, renewed_at: float, lapsed: bool
    ) -> AgentCheck:
        """Return it as it stands from now on; made in one, since every heartbeat makes one."""
        critical_since = None
        if status == Health.CRITICAL:
            critical_since = now if self.critical_since is None else self.critical_since
        return AgentCheck(
            self.definition,
            self.service_name,
            self.service_tags,
            status,
            output,
            said,
            renewed_at,
            ttl=self.ttl,
            lapsed=lapsed,
            critical_since=critical_since,
        )

    @property
    def record(self) -> CheckRecord:
        """What the catalog is to say of it."""
        definition = self.definition
        return CheckRecord(
            id=definition.id,
            name=definition.name,
            status=self.status,
            notes=definition.notes,
            output=self.output,
            service_id=definition.service_id,
            service_name=self.service_name,
            service_tags=self.service_tags,
            type=definition.type,
            interval=definition.interval,
            timeout=definition.timeout,
            exposed_port=definition.exposed_port,
        )
