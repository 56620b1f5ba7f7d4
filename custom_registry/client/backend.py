"""The Discovery interface over the registry's native HTTP API; it knows the wire's fields, and of HTTP only paths."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from custom_registry.client import answers
from custom_registry.client.settings import ClientSettings
from custom_registry.client.transport import Transport
from discovery.errors import BackendError, InvalidRegistration, InvalidRequest, NotOffered, UnknownInstance
from discovery.identity import derive_id
from discovery.model import Health, Instance, Registration, ServiceSummary, Snapshot

if TYPE_CHECKING:
    from discovery.backends import BackendURL

INDEX_HEADER = "X-Registry-Index"
_INDEX = re.compile(r"[0-9]{1,20}")  # 64 bits
_LONGEST_WAIT = 600.0  # seconds; the server waits no longer whatever it is asked


def open_registry(url: BackendURL) -> RegistryClient:
    """Open ``registry://host:port``; the entry point of the backend. Nothing is sent yet.

    Raises:
        ConfigurationError: the host or a setting is wrong; see ``ClientSettings``.
    """
    return RegistryClient(ClientSettings.from_url(url))


class RegistryClient:
    """Discovery and Watchable over a registry's HTTP API; any number of threads may use it.

    Under the basic profile, which has no ids, one is derived from service and address; every instance passes, and what
    that profile has not got raises ``NotOffered``.
    """

    def __init__(self, settings: ClientSettings) -> None:
        """Open nothing yet."""
        self._transport = Transport(settings.base, timeout=settings.timeout, verify=settings.verify)

    def register(self, registration: Registration) -> str:
        """See ``Discovery.register``."""
        answer = self._transport.post(
            "/register",
            {
                "service": registration.service,
                "address": registration.address,
                "id": registration.id,
                "port": registration.port,
                "tags": registration.tags,
                "metadata": dict(registration.metadata),
                "ttl": registration.ttl,
                "weight": registration.weight,
            },
            refusal=InvalidRegistration,
        )
        # Only the basic profile answers without an id, and it keeps no port: discovery can derive no more than this.
        derived = derive_id(registration.service, registration.address)
        return answers.read_text(answer.body, "id", derived)

    def heartbeat(self, instance_id: str, *, status: Health = Health.PASSING, note: str = "") -> None:
        """See ``Discovery.heartbeat``."""
        self._transport.post("/heartbeat", {"id": instance_id, "status": status.value, "note": note})

    def deregister(self, instance_id: str) -> bool:
        """See ``Discovery.deregister``; this backend always knows."""
        try:
            self._transport.post("/deregister", {"id": instance_id})
        except UnknownInstance:
            return False
        return True

    def discover(self, service: str, *, healthy_only: bool = True, tag: str | None = None) -> list[Instance]:
        """See ``Discovery.discover``."""
        answer = self._transport.get(_discover_path(service), _choice(healthy_only, tag))
        return answers.read_instances(answer.body, service)

    def watch(
        self,
        service: str,
        *,
        index: int = 0,
        timeout: float = 60.0,
        healthy_only: bool = True,
        tag: str | None = None,
    ) -> Snapshot:
        """See ``Watchable.watch``. Neither another service's change nor a heartbeat wakes it.

        The server waits at most 600 seconds: a longer timeout returns then.
        """
        wait = min(max(timeout, 0.0), _LONGEST_WAIT)
        if math.isnan(wait):
            raise InvalidRequest("timeout must be a number of seconds, not nan", field="timeout")
        arguments = _choice(healthy_only, tag) | {"index": str(index), "wait": f"{wait:.3f}s"}
        answer = self._transport.get(_discover_path(service), arguments, patience=wait)
        found = answer.headers.get(INDEX_HEADER)
        if found is None:
            raise NotOffered(f"the registry cannot be watched: it sends no {INDEX_HEADER}")
        if not _INDEX.fullmatch(found):
            raise BackendError(f"{INDEX_HEADER} is not a number: {found[:80]!r}")
        return Snapshot(int(found), tuple(answers.read_instances(answer.body, service)))

    def services(self) -> dict[str, ServiceSummary]:
        """See ``Discovery.services``."""
        answer = self._transport.get("/services")
        return answers.read_summaries(answer.body)

    def ping(self) -> str:
        """See ``Discovery.ping``."""
        health = self._transport.get("/health").body
        return f"{answers.read_text(health, 'name')} {answers.read_text(health, 'version')}"

    def close(self) -> None:
        """See ``Discovery.close``."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Enter a block at whose end the connections are closed."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the connections."""
        self.close()


def _discover_path(service: str) -> str:
    try:
        # A dot needs no quoting but in "." and "..", which mean a folder wherever a path is tidied up on its way.
        return f"/discover/{quote(service, safe='').replace('.', '%2E')}"
    except UnicodeEncodeError as error:
        raise InvalidRequest(f"service holds half of a surrogate pair: {error}", field="service") from error


def _choice(healthy_only: bool, tag: str | None) -> dict[str, str]:  # noqa: FBT001 - handed on as it came
    chosen = {"healthy_only": "true" if healthy_only else "false"}
    return chosen if tag is None else chosen | {"tag": tag}
