"""What can be asked of the state, and what comes of it: commands, refusals and changes; values that do nothing.

A command that the state cannot carry out raises a ``Refusal`` and changes nothing.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from custom_registry.core.concerns import NOBODY
from custom_registry.core.instances import native_address

if TYPE_CHECKING:
    from custom_registry.core.concerns import Concerned
    from custom_registry.core.model import CheckDefinition, CheckRecord, Node, NodeDefinition, ServiceDefinition
    from discovery.model import Health


# What is asked of the agent of the own node.


class RegisterService(Struct, frozen=True):
    """Register a service with the agent, or replace the one of the same id, whatever its name.

    A check that exists already keeps its status and output, and begins its ttl anew.

    Args:
        definition: the service.
        checks: its checks; each one's ``service_id`` is the service's id.
        replace_existing_checks: remove those of its checks that are not among ``checks``.
    """

    definition: ServiceDefinition
    checks: tuple[CheckDefinition, ...] = ()
    replace_existing_checks: bool = False


class DeregisterService(Struct, frozen=True):
    """Remove a service and its checks. Raises ``UnknownService``."""

    service_id: str


class RegisterCheck(Struct, frozen=True):
    """Register a check of a service or of the node; one that exists keeps status and output.

    Raises ``UnknownService`` where the service it is of is not there.
    """

    definition: CheckDefinition


class DeregisterCheck(Struct, frozen=True):
    """Remove a check. Raises ``UnknownCheck``."""

    check_id: str


class ReportCheck(Struct, frozen=True):
    """Say how a TTL check is, and begin its ttl anew.

    Raises ``UnknownCheck``, and ``NotTTL`` where the check waits for no report.

    Args:
        check_id: which.
        status: ``passing``, ``warning`` or ``critical``.
        output: cut where it is longer than the state's ``output_max_size``.
    """

    check_id: str
    status: str
    output: str = ""


class ReportProbe(Struct, frozen=True):
    """Say what a probe found. Of a check that is gone, or has another probe by now, nothing comes.

    Args:
        definition: the check's, as it was when the probe was begun.
        status: ``passing``, ``warning`` or ``critical``.
        output: as it is to be shown; whoever probes cuts it.
    """

    definition: CheckDefinition
    status: str
    output: str


class SetServiceMaintenance(Struct, frozen=True):
    """Put a service into maintenance or take it out; nothing happens where it is so already. Raises ``UnknownService``.

    Args:
        service_id: which.
        enable: in, or out.
        reason: the notes of the check that says so; empty for a default.
    """

    service_id: str
    enable: bool
    reason: str = ""


class SetNodeMaintenance(Struct, frozen=True):
    """Put the own node into maintenance or take it out; nothing happens where it is so already."""

    enable: bool
    reason: str = ""


# What is asked of the catalog.


class CatalogRegister(Struct, frozen=True):
    """Write a node, one of its services and checks into the catalog, as they are, under one index.

    Raises ``UnknownService`` where a check is of a service that is not there, and ``NodeNameTaken``.

    Args:
        node: the node. Where it is there already and ``skip_node_update`` is set, it stays as it is.
        service: a service of it.
        checks: checks of it, or of its services.
        skip_node_update: see ``node``.
    """

    node: NodeDefinition
    service: ServiceDefinition | None = None
    checks: tuple[CheckRecord, ...] = ()
    skip_node_update: bool = False


class CatalogDeregister(Struct, frozen=True):
    """Take a service, a check, or else a node with all of it out of the catalog; what is not there is no error."""

    node: str
    service_id: str = ""
    check_id: str = ""


# What is asked natively.


class ById(Struct, frozen=True):
    """The instance of this id of the own node, or where it has none those of all other nodes."""

    id: str


class ByAddress(Struct, frozen=True):
    """Every instance of this service that was registered with this address, letter by letter."""

    service: str
    address: str


Target = ById | ByAddress


class Register(Struct, frozen=True):
    """Register an instance natively, or renew or replace the one of the same id. It counts as a passing heartbeat.

    Args:
        definition: what is registered.
        ttl: seconds within which the next heartbeat must come.
    """

    definition: ServiceDefinition
    ttl: float


class Heartbeat(Struct, frozen=True):
    """Report to all TTL checks of some instances how these are, and begin their ttl anew.

    Raises ``NotTTL`` where none of them has any.

    Args:
        target: which; an instance without a TTL check beside others with one is left as it is.
        health: how they are.
        note: what to show with it.
    """

    target: Target
    health: Health
    note: str = ""


class Deregister(Struct, frozen=True):
    """Remove instances, from the agent and from the catalog."""

    target: Target


Command = (
    RegisterService
    | DeregisterService
    | RegisterCheck
    | DeregisterCheck
    | ReportCheck
    | ReportProbe
    | SetServiceMaintenance
    | SetNodeMaintenance
    | CatalogRegister
    | CatalogDeregister
    | Register
    | Heartbeat
    | Deregister
)


class Refusal(Exception):
    """The state cannot carry out a command, and has changed nothing.

    Args:
        id: of what is not there, or not as it would have to be.
    """

    def __init__(self, id: str) -> None:  # noqa: A002 - it is an id
        """Keep the id."""
        super().__init__(id)
        self.id = id


class UnknownService(Refusal):
    """There is no service of this id.

    Args:
        id: the service's.
        check_id: the check that would be of it; empty where none is asked for.
    """

    def __init__(self, id: str, check_id: str = "") -> None:  # noqa: A002 - it is an id
        """Keep the check's id too."""
        super().__init__(id)
        self.check_id = check_id


class UnknownCheck(Refusal):
    """There is no check of this id."""


class NotTTL(Refusal):
    """The check of this id waits for no report; of a heartbeat, the instance of this id."""


class NodeNameTaken(Refusal):
    """Another node has this name, and lives.

    Args:
        id: the name.
        node: who has it.
        renames: whether the id that it came with is that of a node of yet another name.
    """

    def __init__(self, id: str, node: Node, *, renames: bool) -> None:  # noqa: A002 - as in ``Refusal``
        """Keep the node too."""
        super().__init__(id)
        self.node = node
        self.renames = renames


class Kind(enum.StrEnum):
    """What befell an instance."""

    REGISTERED = "registered"
    UPDATED = "updated"  # registered again with other values
    RENEWED = "renewed"  # a registration or heartbeat that changed nothing else
    REPORTED = "reported"  # a registration or report that changed the health
    LAPSED = "lapsed"
    REVIVED = "revived"
    REMOVED = "removed"  # by a cleanup
    DEREGISTERED = "deregistered"  # by a request


class Occurrence(Struct, frozen=True):
    """Something that befell one instance.

    Args:
        kind: what.
        node: the node that it runs on.
        definition: as it is after, or was last.
        health: likewise.
        node_address: the node's.
    """

    kind: Kind
    node: str
    definition: ServiceDefinition
    health: str
    node_address: str

    @property
    def address(self) -> str:
        """As it was registered natively, otherwise the host."""
        return native_address(self.definition, self.node_address)


class Change(Struct, frozen=True):
    """What came of a command.

    Args:
        lapses: what time alone had brought until then, the oldest first.
        effects: what the command did, in order; of a native command empty where nothing is registered that it speaks
            of.
        concerned: whom what changed concerns; the sets are shared, and put together only where somebody waits.
    """

    lapses: tuple[Occurrence, ...]
    effects: tuple[Occurrence, ...] = ()
    concerned: tuple[Concerned, ...] = ()

    @property
    def topics(self) -> Concerned:
        """What can be read differently now."""
        return NOBODY.union(*self.concerned)


UNCHANGED: Final = Change(())
"""What comes of time that brings nothing."""
