"""Discovery over a Consul agent: which requests each operation takes; how values look on the wire it does not know."""

from __future__ import annotations

import math
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from consul_adapter import translate
from consul_adapter.client import ConsulClient, milliseconds
from consul_adapter.settings import Settings
from consul_adapter.translate import consul_errors
from discovery import (
    BackendTimeout,
    BackendUnavailable,
    DiscoveryError,
    Health,
    InvalidRegistration,
    InvalidRequest,
    ServiceSummary,
    Snapshot,
    UnknownInstance,
)

if TYPE_CHECKING:
    from discovery import Instance, Registration
    from discovery.backends import BackendURL

_LONGEST_WAIT = 600.0  # seconds; Consul's own limit


def open_consul(url: BackendURL) -> ConsulDiscovery:
    """Open the Consul agent that a URL names, ``consul://127.0.0.1:8500?dc=dc1&token=...``. Nothing is sent yet.

    Raises:
        ConfigurationError: a setting is unknown or makes no sense; see ``consul_adapter.settings.Settings``.
    """
    return ConsulDiscovery(Settings.from_url(url))


class ConsulDiscovery:
    """A ``Discovery`` and ``Watchable`` over one Consul agent. Several threads may use it at once.

    Writes go to the agent, which answers once it has tried to bring the catalog up to date; reads come from the
    catalog. Where the servers could not be reached for a moment Consul acknowledges all the same and tries again
    later. The contract promises more, so ``register`` and ``deregister`` look whether the catalog shows what the
    agent holds, and wait for it at most for the timeout.
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare the client; nothing is sent."""
        self._settings = settings
        self._client = ConsulClient(settings)
        self._node: str | None = None
        self._tells_unknown: bool | None = None

    def register(self, registration: Registration) -> str:
        """Register a service with a TTL check; three requests, the first time one more for the agent's name.

        Without an id, the id is ``service@host:port``. The ttl begins anew, and the check takes the status of the
        URL's setting (passing), whatever it was.

        Raises:
            InvalidRegistration: Consul refuses it, or could not be asked about it by that name.
            BackendTimeout: Consul took it, but the catalog has not shown it in time.
        """
        definition = translate.to_definition(registration, self._settings)
        instance_id: str = definition["ID"]
        with consul_errors(InvalidRegistration):
            self._client.register(definition)
        # A check that is there already keeps its status through a registration (1.8.7, 1.21.4: transcript reregister)
        self._update_check(instance_id, self._settings.status, "")
        self._settle(instance_id, translate.essence(definition))
        return instance_id

    def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:
        """Pass, warn or fail the TTL check; one request. The note is kept as the check's output.

        Raises:
            UnknownInstance: the agent has no check of this id. Another agent's instances are unknown to it.
        """
        translate.require_addressable(instance_id, "id")
        self._update_check(instance_id, status, note)

    def deregister(self, instance_id: str) -> bool | None:
        """Remove an instance from the agent; two requests, the first time two more.

        Returns:
            Whether it was there, from a Consul that says so (1.21.4 answers 404 for what is not there; 1.8.7 answers
            200 either way, then ``None``). Which kind it is, is found out by deregistering an id that cannot exist.
        """
        translate.require_addressable(instance_id, "id")
        removed = self._remove(instance_id)
        self._settle(instance_id, None)
        if not removed:
            return False
        return True if self._consul_tells_unknown() else None

    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> list[Instance]:
        """Find the instances of a service; one request, in Consul's order."""
        return list(self._read(service, healthy_only=healthy_only, tag=tag).instances)

    def watch(
        self,
        service: str,
        *,
        index: int = 0,
        timeout: float = 60.0,
        healthy_only: bool = True,
        tag: str | None = None,
    ) -> Snapshot:
        """Wait for a change by a blocking query; one request.

        Consul waits at most ten minutes, and up to a sixteenth longer than asked: a longer timeout returns then.
        """
        wait = min(timeout, _LONGEST_WAIT)
        if math.isnan(wait):
            raise InvalidRequest("timeout must be a number of seconds, not nan", field="timeout")
        return self._read(service, healthy_only=healthy_only, tag=tag, index=index, wait=wait)

    def services(self) -> dict[str, ServiceSummary]:
        """Count the instances of all services, those of all nodes: two requests, and one more for each node.

        To ask for each service instead would be one for each service, which mostly are more. The catalog is read
        before the checks, so that an instance that comes in between is left out rather than taken for healthy.
        """
        total: Counter[str] = Counter()
        active: Counter[str] = Counter()
        dc = self._settings.dc
        with consul_errors():
            nodes = [node["Node"] for node in self._client.catalog.nodes(dc=dc)[1]]
            listed = {node: (self._client.catalog.node(node, dc=dc)[1] or {}).get("Services", {}) for node in nodes}
            unhealthy = {
                (check["Node"], check["ServiceID"])  # a check of the node itself has an empty ServiceID
                for check in self._client.health.state("any", dc=dc)[1]
                if check["Status"] != Health.PASSING
            }
            for node, services in listed.items():
                for instance_id, service in services.items():
                    total[service["Service"]] += 1
                    active[service["Service"]] += not {(node, ""), (node, instance_id)} & unhealthy
        return {name: ServiceSummary(name, count, active[name]) for name, count in sorted(total.items())}

    def ping(self) -> str:
        """Ask whether the agent answers and its cluster has a leader; two requests.

        Raises:
            BackendUnavailable: there is no leader, so that nothing could be read or changed.
        """
        with consul_errors():
            version = self._client.agent.self()["Config"]["Version"]
            if not self._client.status.leader():
                raise BackendUnavailable("Consul has no leader at present")
        return f"Consul {version}"

    def close(self) -> None:
        """Let go of all connections. Nothing is deregistered. A second call does nothing."""
        self._client.close()

    def __enter__(self) -> Self:
        """Enter a ``with`` block at whose end the connections are closed."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the connections."""
        self.close()

    def _read(self, service: str, *, healthy_only: bool, tag: str | None, index: int = 0, wait: float = 0) -> Snapshot:
        translate.require_addressable(service, "service")
        with consul_errors():
            answered, entries = self._client.health.service(
                service,
                passing=healthy_only,
                tag=tag,
                dc=self._settings.dc,
                index=index or None,
                wait=milliseconds(wait),
            )
            # Consul's documentation of blocking queries: an index below 1 would make the next query not block at all
            return Snapshot(max(1, int(answered)), tuple(translate.to_instance(entry) for entry in entries))

    def _update_check(self, instance_id: str, status: Health, note: str) -> None:
        check = self._client.agent.check
        update = {
            Health.PASSING: check.ttl_pass,
            Health.WARNING: check.ttl_warn,
            Health.CRITICAL: check.ttl_fail,
        }[status]
        with consul_errors():
            known = update(translate.check_id(instance_id), notes=note)
        if not known:  # 1.21.4 answers 404, which python-consul2 makes False; 1.8.7 answers 500, which raises
            raise UnknownInstance(f"the agent has no TTL check of an instance {instance_id!r}")

    def _settle(self, instance_id: str, wanted: tuple[Any, ...] | None) -> None:
        """Wait until the catalog shows what was written; mostly it does at once (1.8.7: in 1,280 of 1,280 cases)."""
        deadline = time.monotonic() + self._settings.timeout
        with consul_errors():
            index, shown = self._shown(instance_id)
            while shown != wanted:
                held = self._client.agent_service(instance_id)  # others may have changed it in the meantime
                wanted = None if held is None else translate.essence(held)
                if shown == wanted:
                    return
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise BackendTimeout(f"Consul took the change of {instance_id!r}, but its catalog does not show it")
                self._node = None  # the agent may have begun anew under another name
                index, shown = self._shown(instance_id, index, remaining)

    def _shown(self, instance_id: str, index: str | None = None, wait: float = 0) -> tuple[str, tuple[Any, ...] | None]:
        if self._node is None:
            self._node = self._client.agent.self()["Config"]["NodeName"]
        index, service = self._client.node_service(self._node, instance_id, index, wait)
        return index, None if service is None else translate.essence(service)

    def _remove(self, instance_id: str) -> bool:
        """Return False where Consul says that there is nothing of this id; 1.8.7 does with access control only."""
        try:
            with consul_errors():
                return bool(self._client.agent.service.deregister(instance_id))
        except UnknownInstance:
            return False

    def _consul_tells_unknown(self) -> bool:
        if self._tells_unknown is None:
            try:
                self._tells_unknown = not self._remove(f"none-{uuid.uuid4()}")
            except DiscoveryError:  # what was asked for is done; this was for its answer only
                return False
        return self._tells_unknown
