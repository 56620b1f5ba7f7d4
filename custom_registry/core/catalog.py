"""The catalog: the nodes, services and checks that everybody sees, each row with its modify indexes.

It is pure, and knows nothing of how a row came to be: see ``custom_registry.core.agent``. Every write is one
transaction under one index, which is taken only where something changes (transcripts ``register_shapes``,
``reregister``, ``catalog_writes``, 1.8.7 and 1.21.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_registry.core import concerns
from custom_registry.core.checks import worst
from custom_registry.core.commands import NodeNameTaken, UnknownService
from custom_registry.core.indexes import Indexes
from custom_registry.core.model import ADDRESS_KEY, SERF_CHECK_ID, Check, Node, Service
from custom_registry.core.tables import Key, NodeRows, Tables
from custom_registry.core.tallies import Tallies
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from custom_registry.core.concerns import Concerned
    from custom_registry.core.model import CheckRecord, NodeDefinition, ServiceDefinition


class Catalog(Tables):
    """All rows with their indexes, and the topics of what changes.

    Costs: a service or check written O(1) in what else there is; a node or a check of a node written O(the node's
    services).

    Args:
        hidden: the one service row, by node and id, that is not counted natively: the registry's own.
        rewrites_checks: a check that is written again as it was moves the index of all checks and wakes who waits for
            it, as in 1.8.7, and takes over how it is done; in 1.21.4 nothing comes of it.
    """

    def __init__(self, hidden: Key, *, rewrites_checks: bool = False) -> None:
        """Begin empty."""
        super().__init__()
        self._rewrites_checks = rewrites_checks
        self.indexes = Indexes()
        self.tallies = Tallies()
        self.hidden: Key | None = hidden
        self.touched: list[Concerned] = []  # whom what has changed concerns, of the agent too; see ``take_touched``
        self._stamp = 0

    def register(
        self,
        now: float,
        node: NodeDefinition,
        service: ServiceDefinition | None = None,
        checks: Sequence[CheckRecord] = (),
        *,
        skip_node_update: bool = False,
    ) -> None:
        """Write a node, one of its services and some checks; see ``commands.CatalogRegister``.

        Raises:
            UnknownService: a check is of a service that is not there.
            NodeNameTaken: another node of this name lives.
        """
        self._stamp = 0
        rows = self._nodes.get(node.name.lower())
        self._refuse_unknown_services(rows, service, checks)
        if rows is None or not (skip_node_update or rows.node.definition == node):
            self._refuse_taken_name(node, rows)
            rows = self._put_node(node, rows)
        changed = service is not None and self._put_service(rows, service, now)
        decided = {service.id} if service is not None and changed else set()
        for check in checks:
            if self._put_check(rows, check):
                decided.add(check.service_id)
        for each in rows.services.values() if "" in decided else [rows.services[one] for one in decided]:
            self._touch_service(each)
            self._count(rows, each, changed=changed and each.definition is service)

    def deregister_node(self, name: str) -> None:
        """Remove a node with all that is on it; nothing happens where it is not there."""
        self._stamp = 0
        rows = self._nodes.get(name.lower())
        if rows is not None:
            self._drop_node(rows)

    def deregister_service(self, node: str, service_id: str) -> None:
        """Remove a service with its checks; nothing happens where it is not there."""
        self._stamp = 0
        rows = self._nodes.get(node.lower())
        if rows is not None and service_id in rows.services:
            self._drop_service(rows, rows.services[service_id])

    def deregister_check(self, node: str, check_id: str) -> None:
        """Remove a check; nothing happens where it is not there."""
        self._stamp = 0
        check = self.check(node, check_id)
        if check is not None:
            self._drop_check(self._nodes[node.lower()], check)

    def touch_instance(self, node: str, service_id: str) -> None:
        """Count a change of an instance that no row shows, the ttl of its check for one. Natively only."""
        self._stamp = 0
        rows = self._nodes.get(node.lower())
        if rows is not None and service_id in rows.services:
            self._count(rows, rows.services[service_id], changed=True)
            self._renew(rows.services[service_id].name.lower())

    def show(self, node: str, service_id: str) -> None:
        """Count a service natively from its next change on, were it the registry's own: it is an agent's now."""
        if self.hidden is not None and self.hidden == (node.lower(), service_id):
            self.hidden = None

    def take_touched(self) -> list[Concerned]:
        """Return whom all that has changed since the last call concerns, in the order of the changes."""
        touched, self.touched = self.touched, []
        return touched

    # What is refused.

    def _refuse_unknown_services(
        self, rows: NodeRows | None, service: ServiceDefinition | None, checks: Iterable[CheckRecord]
    ) -> None:
        for check in checks:
            if not check.service_id or (service is not None and check.service_id == service.id):
                continue
            if rows is None or check.service_id not in rows.services:
                raise UnknownService(check.service_id, check.id)

    def _refuse_taken_name(self, node: NodeDefinition, rows: NodeRows | None) -> None:
        """Refuse a node the name of another that lives, going by what serf says of that.

        One without an id may be given one, unless the id is known already under another name.
        """
        if not node.id or rows is None or rows.node.definition.id == node.id:
            return
        renames = node.id in self._node_names
        serf = rows.checks.get(SERF_CHECK_ID)
        lives = serf is not None and not serf.record.service_id and serf.record.status != Health.CRITICAL
        if lives and (renames or rows.node.definition.id):
            raise NodeNameTaken(node.name, rows.node, renames=renames)

    # One row.

    def _take_index(self) -> int:
        """Return the index of the transaction, which the first change in it takes."""
        if not self._stamp:
            self.indexes.current += 1
            self._stamp = self.indexes.current
            self.touched.append(concerns.ANY)
        return self._stamp

    def _put_node(self, definition: NodeDefinition, rows: NodeRows | None) -> NodeRows:
        index = self._take_index()
        created = rows.node.create_index if rows else index
        known_as = self._node_names.get(definition.id, definition.name.lower())
        if known_as != definition.name.lower():  # it takes another name: the old one goes, with all that is there
            created = self._nodes[known_as].node.create_index
            self._drop_node(self._nodes[known_as])
        node = Node(definition, created, index)
        reads_services = concerns.of_service_rows(node.name, tuple((definition.meta or {}).items()))
        if rows is None:
            rows = NodeRows(node.name.lower(), node, reads_services)
        else:
            self._touch_node_row(rows.node)
            self._node_names.pop(rows.node.definition.id, None)
            rows.node, rows.reads_services = node, reads_services
        self._nodes[definition.name.lower()] = rows
        if definition.id:
            self._node_names[definition.id] = definition.name.lower()
        self._touch_node_row(node)
        for service in rows.services.values():
            self._touch_rows_of(service)
            self.touched.append(concerns.of_checks_by_node_meta(service.name))
            self._touch_service(service)
            self._count(rows, service, changed=True)  # its address may be its node's
        return rows

    def _drop_node(self, rows: NodeRows) -> None:
        for service in sorted(rows.services.values(), key=lambda each: each.id.lower()):  # as Consul does
            self._drop_service(rows, service)
        for check in tuple(self.checks_of_node(rows.node.name)):
            self._drop_check(rows, check)
        key = rows.node.name.lower()
        self._touch_node_row(rows.node)
        self.indexes.node_gone(key)
        self._node_names.pop(rows.node.definition.id, None)
        del self._nodes[key]

    def _put_service(self, rows: NodeRows, definition: ServiceDefinition, now: float) -> bool:
        """Write a service, and return whether it is another now."""
        before = rows.services.get(definition.id)
        if before is not None and (before.definition is definition or before.definition == definition):
            return False
        index = self._take_index()
        since, created = now, index
        if before is not None:
            created = before.create_index
            since = before.registered_at if _place(before.definition) == _place(definition) else now
            self._touch_service_row(rows, before)
            self._unlink_service(rows, before, definition.service)
            if before.name.lower() not in self._services:
                self.indexes.left(before.name.lower())
            if before.name != definition.service:
                self._discount(rows, before)
        service = rows.services[definition.id] = Service(rows.node.name, definition, since, created, index)
        self._link_service(rows, service)
        self._touch_service_row(rows, service)
        return True

    def _drop_service(self, rows: NodeRows, service: Service) -> None:
        for check in rows.checks_of(service.id):
            self._drop_check_row(rows, check)
        self.indexes.checks = self._take_index()  # whether or not it had any, as in Consul
        del rows.services[service.id]
        self._unlink_service(rows, service, "")
        self._touch_service_row(rows, service)
        self._touch_service(service)
        self._discount(rows, service)

    def _put_check(self, rows: NodeRows, record: CheckRecord) -> bool:
        """Write a check, and return whether its service, or those of its node, can be read differently."""
        service = rows.services.get(record.service_id)
        if service is not None:
            record = record.named(service.name, service.definition.tags)
        before = rows.checks.get(record.id)
        same = before is not None and before.record.same_as(record)
        if same and not self._rewrites_checks:
            return False
        created = modified = self._take_index()
        if before is not None:
            created, modified = before.create_index, before.modify_index if same else modified
            self._touch_check_row(before)
        check = Check(rows.node.name, record, created, modified)
        self._link_check(rows, check, before)
        if same:
            self._renew_checked(rows, record.service_id)
        self._touch_check_row(check)
        if before is not None and before.record.service_id != record.service_id:
            self._recount(rows, before)  # where a check leaves a service, Consul does not count that as its change
        if not record.service_id:
            self._judge(rows)
        return not same

    def _drop_check(self, rows: NodeRows, check: Check) -> None:
        self._drop_check_row(rows, check)
        name = check.record.service_name.lower()
        for service in self._concerned(rows, check):
            if name in {"", service.name.lower()}:
                self._touch_service(service)
        self._recount(rows, check)
        if not check.record.service_id:
            self.indexes.services = self._take_index()

    def _drop_check_row(self, rows: NodeRows, check: Check) -> None:
        """Remove a check, and leave to others what comes of it for its service."""
        self._unlink_check(rows, check)
        self._touch_check_row(check)
        name = check.record.service_name.lower()
        for service in self._concerned(rows, check):
            if name not in {"", service.name.lower()}:  # it counts for the name that its service had
                self.indexes.still_moved(name, self._take_index())
                self._renew(name)
                self.touched.append(concerns.of_service(name, ""))

    # Whom a change concerns: what each moves and wakes is Consul's (see ``topics`` and ``indexes``).

    def _touch_node_row(self, node: Node) -> None:
        self.indexes.nodes = index = self._take_index()
        self.indexes.node_moved(node.name.lower(), index)
        self.touched.append(concerns.of_node_row(node.name, tuple((node.definition.meta or {}).items())))

    def _touch_service_row(self, rows: NodeRows, service: Service) -> None:
        self.indexes.services = index = self._take_index()
        self.indexes.node_moved(rows.key, index)
        self._touch_rows_of(service)
        self.touched.append(rows.reads_services)
        if service.definition.connect_for:
            self.touched.append(concerns.of_connect(service.definition.connect_for))

    def _touch_rows_of(self, service: Service) -> None:
        """Tell those who read a service without checks."""
        self.touched.append(concerns.of_rows(service.name, service.definition.connect_for))

    def _touch_service(self, service: Service) -> None:
        """Move the index of a service, and tell those who wait for it."""
        name = service.name.lower()
        if name in self._services:
            self.indexes.moved(name, self._take_index())
        else:
            self.indexes.gone(name)
        self._renew(name)
        self.touched.append(concerns.of_service(name, service.definition.connect_for))

    def _touch_check_row(self, check: Check) -> None:
        record = check.record
        self.indexes.checks = self._take_index()
        self.touched.append(concerns.of_checks(check.node))
        self.touched.append(concerns.of_check(record.service_name, record.status))

    def _concerned(self, rows: NodeRows, check: Check) -> Collection[Service]:
        """Return the services that a check decides about."""
        service_id = check.record.service_id
        return (rows.services[service_id],) if service_id else rows.services.values()

    def _recount(self, rows: NodeRows, check: Check) -> None:
        """Count the services natively that a check decides about, or did until now."""
        if not check.record.service_id:
            self._judge(rows)
        for service in self._concerned(rows, check):
            self._count(rows, service, changed=False)

    def _judge(self, rows: NodeRows) -> None:
        """Have a node be as its own checks are."""
        rows.health = worst(check.record.status for check in rows.checks_of(""))

    def _count(self, rows: NodeRows, service: Service, *, changed: bool) -> None:
        """Count an instance natively; one that has not changed is counted again only where its health has."""
        service_id, name = service.definition.id, service.definition.service
        if (rows.key, service_id) == self.hidden:
            return
        before = rows.healths.get(service_id)
        statuses = [rows.checks[check_id].record.status for check_id in rows.check_ids.of(service_id)]
        statuses.append(rows.health)
        health = worst(statuses)
        if changed or before is not health:
            rows.healths[service_id] = health
            self._tally(name, before, health)

    def _discount(self, rows: NodeRows, service: Service) -> None:
        """Count an instance natively no more, if it was."""
        before = rows.healths.pop(service.id, None)
        if before is not None:
            self._tally(service.name, before, None)

    def _tally(self, name: str, before: Health | None, now: Health | None) -> None:
        self.tallies.count(name, before, now, self._take_index())
        self.touched.append(concerns.of_instances(name))


def _place(definition: ServiceDefinition) -> tuple[object, ...]:
    """Return what an instance is the same by: registered again with other tags, it has been there as long."""
    kept = (definition.meta or {}).get(ADDRESS_KEY)
    return definition.service, definition.address, definition.port, kept
