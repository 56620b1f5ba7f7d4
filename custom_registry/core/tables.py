"""The tables of the catalog: which rows there are, and by what they are found; they know no index and no topic.

Nodes and services are found by their names in any case, as in Consul; ids of services and checks are told apart letter
by letter, as the native API promises. (Consul tells them apart in the agent and mixes them up in the catalog.)
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, field

from custom_registry.core.grouped import Grouped
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from custom_registry.core.concerns import Concerned
    from custom_registry.core.model import Check, Node, Service

Key = tuple[str, str]  # a node's name in small letters, and the id of a service or check on it
_Row = TypeVar("_Row")


class NodeRows(Struct):
    """A node with all that is on it.

    Args:
        key: its name in small letters.
        node: its row.
        reads_services: whom a change of any of its services' rows concerns.
        services: by their ids.
        checks: by their ids.
        check_ids: by the ids of their services, empty for the node's own.
        health: the worst of the node's own checks.
        healths: the worst of the node's checks and its own, of each service that is counted natively.
    """

    key: str
    node: Node
    reads_services: Concerned
    services: dict[str, Service] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    check_ids: Grouped = field(default_factory=Grouped)
    health: Health = Health.PASSING
    healths: dict[str, Health] = field(default_factory=dict)

    def checks_of(self, service_id: str) -> list[Check]:
        """Return the checks of a service, or with an empty id those of the node."""
        return [self.checks[check_id] for check_id in self.check_ids.of(service_id)]


class Tables:
    """All rows. Every read costs O(what it returns), every write O(1), for an id is on few nodes and has few checks."""

    def __init__(self) -> None:
        """Begin empty."""
        self._nodes: dict[str, NodeRows] = {}
        self._node_names: dict[str, str] = {}  # by node id
        self._services: dict[str, dict[Key, Service]] = {}
        self._connect: dict[str, dict[Key, Service]] = {}
        self._nodes_of_id = Grouped()  # by the id of a service on them
        self._checks: dict[str, dict[Key, Check]] = {}  # by the name of their service
        self._versions: dict[str, int] = {}  # of services that have instances
        self._renewals = 0

    def nodes(self) -> Iterator[Node]:
        """Yield all nodes."""
        return (rows.node for rows in self._nodes.values())

    def node(self, name: str) -> Node | None:
        """Return the node of a name."""
        rows = self._nodes.get(name.lower())
        return rows.node if rows else None

    def node_of(self, service: Service) -> Node:
        """Return the node of a service."""
        return self._nodes[service.node.lower()].node

    def services_of(self, node: str) -> Collection[Service]:
        """Return the services of a node."""
        rows = self._nodes.get(node.lower())
        return rows.services.values() if rows else ()

    def service(self, node: str, service_id: str) -> Service | None:
        """Return one service of a node."""
        rows = self._nodes.get(node.lower())
        return rows.services.get(service_id) if rows else None

    def instances(self, name: str) -> Collection[Service]:
        """Return the instances of a service, on all nodes, in the order of their registration."""
        return self._services.get(name.lower(), {}).values()

    def connect_instances(self, name: str) -> Collection[Service]:
        """Return those through which the mesh reaches a service."""
        return self._connect.get(name.lower(), {}).values()

    def instances_of_id(self, service_id: str) -> Collection[Service]:
        """Return the services of an id, on all nodes."""
        return [self._nodes[key].services[service_id] for key in self._nodes_of_id.of(service_id)]

    def checks(self) -> Iterator[Check]:
        """Yield all checks."""
        return chain.from_iterable(self.checks_of_node(name) for name in self._nodes)

    def checks_of_node(self, node: str) -> Collection[Check]:
        """Return all checks of a node, its services' too."""
        rows = self._nodes.get(node.lower())
        return rows.checks.values() if rows else ()

    def checks_of_service(self, node: str, service_id: str) -> Collection[Check]:
        """Return the checks of one service of a node, or with an empty id those of the node."""
        rows = self._nodes.get(node.lower())
        return rows.checks_of(service_id) if rows else ()

    def checks_named(self, service: str) -> Collection[Check]:
        """Return the checks whose service had this name when they were last written."""
        return self._checks.get(service.lower(), {}).values()

    def check(self, node: str, check_id: str) -> Check | None:
        """Return one check of a node."""
        rows = self._nodes.get(node.lower())
        return rows.checks.get(check_id) if rows else None

    def health(self, node: str, service_id: str) -> Health | None:
        """Return the health of an instance that is counted natively; None of any other."""
        rows = self._nodes.get(node.lower())
        return rows.healths.get(service_id) if rows else None

    def version(self, service: str) -> int | None:
        """Return what is another whenever the rows of a service are: its instances, their checks, their nodes.

        Args:
            service: its name in small letters.

        Returns:
            None where it has no instances.
        """
        return self._versions.get(service)

    # The links of one row; whoever calls has the row in, or out of, its ``NodeRows``.

    def _link_service(self, rows: NodeRows, service: Service) -> None:
        """Have a service found; one of the same name keeps its place. To renew it is the caller's."""
        definition = service.definition
        key = rows.key, definition.id
        _table(self._services, definition.service.lower())[key] = service
        self._nodes_of_id.add(definition.id, rows.key)
        if definition.connect_for:
            _table(self._connect, definition.connect_for.lower())[key] = service

    def _unlink_service(self, rows: NodeRows, service: Service, name: str) -> None:
        """Have a service found no more, except under the name that it keeps, empty for none."""
        definition = service.definition
        key, found_as = (rows.key, definition.id), definition.service.lower()
        if definition.connect_for:
            _discard(self._connect, definition.connect_for.lower(), key)
        if name.lower() != found_as:
            _discard(self._services, found_as, key)
        if not name:
            self._nodes_of_id.remove(definition.id, rows.key)
        self._renew(found_as)

    def _link_check(self, rows: NodeRows, check: Check, before: Check | None) -> None:
        """Have a check found, in the place of what it was before. To renew its service is the caller's."""
        record = check.record
        if before is not None and not before.record.of_the_same(record):
            self._unlink_check(rows, before)
            before = None
        rows.checks[record.id] = check
        if before is None:
            rows.check_ids.add(record.service_id, record.id)
        _table(self._checks, record.service_name.lower())[rows.key, record.id] = check

    def _unlink_check(self, rows: NodeRows, check: Check) -> None:
        record = check.record
        del rows.checks[record.id]
        rows.check_ids.remove(record.service_id, record.id)
        _discard(self._checks, record.service_name.lower(), (rows.key, record.id))
        self._renew_checked(rows, record.service_id)

    def _renew_checked(self, rows: NodeRows, service_id: str) -> None:
        for service in (rows.services[service_id],) if service_id else rows.services.values():
            self._renew(service.definition.service.lower())

    def _renew(self, name: str) -> None:
        """Have a service, its name in small letters, be of another version from now on."""
        if name in self._services:
            self._renewals += 1
            self._versions[name] = self._renewals
        else:
            self._versions.pop(name, None)


def _table(tables: dict[str, dict[Key, _Row]], name: str) -> dict[Key, _Row]:
    """Return the table of a name; of one that has none an empty one, from now on its own."""
    table = tables.get(name)
    if table is None:
        table = tables[name] = {}
    return table


def _discard(tables: dict[str, dict[Key, _Row]], name: str, key: Key) -> None:
    del tables[name][key]
    if not tables[name]:
        del tables[name]
