"""Carries out commands on the catalog and the agent, or refuses them before anything has changed; it knows no wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_registry.core import commands, maintenance, native
from custom_registry.core.checks import cut
from custom_registry.core.commands import Kind, NotTTL, Occurrence, UnknownCheck, UnknownService
from custom_registry.core.occurrences import kind_of_registration, kind_of_report, occurrence, of_check

if TYPE_CHECKING:
    from custom_registry.core.agent import Agent
    from custom_registry.core.catalog import Catalog
    from custom_registry.core.commands import Command
    from custom_registry.core.model import AgentCheck, CheckDefinition


class Executor:
    """Carries out.

    Args:
        catalog: of all nodes.
        agent: of the own.
        output_max_size: bytes of a reported output beyond which it is cut.
    """

    def __init__(self, catalog: Catalog, agent: Agent, output_max_size: int) -> None:
        """Keep what to work on."""
        self._catalog = catalog
        self._agent = agent
        self._output_max_size = output_max_size

    def carry_out(self, command: Command, now: float) -> list[Occurrence]:  # noqa: C901, PLR0911, PLR0912 - a table
        """Carry out a command, and return what befell the instances.

        Raises:
            Refusal: it cannot be carried out; nothing has changed.
        """
        match command:
            case commands.RegisterService():
                return self._register_service(command, now)
            case commands.Heartbeat(note=note):
                output = cut(note, self._output_max_size)
                return native.heartbeat(self._catalog, self._agent, command, now, output)
            case commands.Register():
                return native.register(self._catalog, self._agent, command, now)
            case commands.Deregister():
                return native.deregister(self._catalog, self._agent, command)
            case commands.ReportCheck():
                return self._report(command, now)
            case commands.ReportProbe():
                return self._report_probe(command, now)
            case commands.DeregisterService(service_id):
                self._require_service(service_id)
                return self.remove(Kind.DEREGISTERED, service_id)
            case commands.RegisterCheck(definition):
                if definition.service_id:
                    self._require_service(definition.service_id, definition.id)
                self._agent.register_check(definition, now)
            case commands.DeregisterCheck(check_id):
                self._require_check(check_id)
                self._agent.deregister_check(check_id)
            case commands.SetServiceMaintenance(service_id, enable, reason):
                self._require_service(service_id)
                self._maintain(maintenance.service_check(service_id, reason), now, enable=enable)
            case commands.SetNodeMaintenance(enable, reason):
                self._maintain(maintenance.node_check(reason), now, enable=enable)
            case commands.CatalogRegister():
                return self._register_in_catalog(command, now)
            case commands.CatalogDeregister():
                return self._deregister_from_catalog(command, now)
        return []

    def remove(self, kind: Kind, service_id: str) -> list[Occurrence]:
        """Remove a service of the agent."""
        definition = self._agent.services[service_id].definition
        effects = [occurrence(self._catalog, kind, self._agent.node.name, definition)]
        self._agent.deregister_service(service_id)
        return effects

    def lapse(self, check_id: str, due: float) -> list[Occurrence]:
        """Have a check lapse."""
        self._agent.lapse(check_id, due)
        return of_check(self._catalog, self._agent, Kind.LAPSED, self._agent.checks[check_id])

    def _register_service(self, command: commands.RegisterService, now: float) -> list[Occurrence]:
        agent, definition = self._agent, command.definition
        before = agent.services.get(definition.id)
        agent.register_service(definition, command.checks, now, keep=True)
        if command.replace_existing_checks:
            kept = {check.id for check in command.checks}
            for check_id in sorted(set(agent.check_ids_of(definition.id)) - kept):
                agent.deregister_check(check_id)
        kind = kind_of_registration(before.definition if before else None, definition)
        return [occurrence(self._catalog, kind, agent.node.name, definition)]

    def _report(self, command: commands.ReportCheck, now: float) -> list[Occurrence]:
        check = self._require_check(command.check_id)
        if check.ttl is None:
            raise NotTTL(command.check_id)
        self._agent.report(check.id, command.status, cut(command.output, self._output_max_size), now)
        return of_check(self._catalog, self._agent, kind_of_report(check, command.status), check)

    def _report_probe(self, command: commands.ReportProbe, now: float) -> list[Occurrence]:
        check = self._agent.checks.get(command.definition.id)
        if check is None or check.definition != command.definition:
            return []
        self._agent.find(check.id, command.status, command.output, now)
        return of_check(self._catalog, self._agent, kind_of_report(check, command.status), check)

    def _maintain(self, check: CheckDefinition, now: float, *, enable: bool) -> None:
        there = check.id in self._agent.checks
        if enable and not there:
            self._agent.register_check(check, now)
        elif there and not enable:
            self._agent.deregister_check(check.id)

    def _register_in_catalog(self, command: commands.CatalogRegister, now: float) -> list[Occurrence]:
        node, service = command.node.name, command.service
        before = self._catalog.service(node, service.id) if service else None
        self._catalog.register(now, command.node, service, command.checks, skip_node_update=command.skip_node_update)
        self._compare_later(node, now)
        if service is None:
            return []
        kind = kind_of_registration(before.definition if before else None, service)
        return [occurrence(self._catalog, kind, node, service)]

    def _deregister_from_catalog(self, command: commands.CatalogDeregister, now: float) -> list[Occurrence]:
        catalog, node = self._catalog, command.node
        gone = []
        if command.service_id:
            service = catalog.service(node, command.service_id)
            gone = [service] if service else []
        elif not command.check_id:
            gone = list(catalog.services_of(node))
        effects = [occurrence(catalog, Kind.DEREGISTERED, node, service.definition) for service in gone]
        if command.service_id:
            catalog.deregister_service(node, command.service_id)
        elif command.check_id:
            catalog.deregister_check(node, command.check_id)
        else:
            catalog.deregister_node(node)
        self._compare_later(node, now)
        return effects

    def _compare_later(self, node: str, now: float) -> None:
        if node.lower() == self._agent.node.name.lower():
            self._agent.sync_later(now)

    def _require_service(self, service_id: str, check_id: str = "") -> None:
        if service_id not in self._agent.services:
            raise UnknownService(service_id, check_id)

    def _require_check(self, check_id: str) -> AgentCheck:
        check = self._agent.checks.get(check_id)
        if check is None:
            raise UnknownCheck(check_id)
        return check
