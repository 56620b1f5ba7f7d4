"""``/v1/agent/service`` and ``/v1/agent/services``: the views; what the agent is told of services, and what it holds.

Source: transcripts ``register_shapes``, ``reregister``, ``maintenance`` and ``agent_health`` (1.8.7 and 1.21.4).
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from custom_registry.api.consul import render
from custom_registry.api.consul.answers import NOTHING, Answer, Members, Refused
from custom_registry.api.consul.narrowing import require
from custom_registry.api.consul.options import bounded_wait, read_wait
from custom_registry.api.consul.reading import make_lazy_filter
from custom_registry.api.consul.refusals import read_enable, refuse
from custom_registry.api.consul.service_definitions import check_registrable, read_registration
from custom_registry.api.consul.shapes import SERVICE_DEFINITION
from custom_registry.api.consul.sidecars import is_sidecar, read_sidecar, sidecar_id
from custom_registry.api.waiting import Wait, settle
from custom_registry.core import queries, topics
from custom_registry.core.commands import DeregisterService, SetServiceMaintenance, UnknownService

if TYPE_CHECKING:
    from custom_registry.api.consul.call import Call, Views
    from custom_registry.core.model import AgentService
    from custom_registry.core.state import State

_AT_ONCE = 0.0


def register(call: Call) -> Answer:
    """Register a service with its checks, or replace the one of the same id."""
    call.refuse_enterprise()
    registration = read_registration(call.decode(SERVICE_DEFINITION), call.dialect)
    sidecar = read_sidecar(registration, lambda: call.registry.read(queries.agent_services), call.dialect)
    given = call.arguments.all("replace-existing-checks")
    for one in (registration, sidecar) if sidecar else (registration,):
        check_registrable(one)  # that the sidecar is not leaves the service registered, as in Consul
        call.registry.apply(one.command(replace_existing_checks=bool(given) and given[0] in {"", "true"}))
    return NOTHING


def deregister(call: Call) -> Answer:
    """Remove a service and its checks."""
    call.refuse_enterprise()
    wordings = call.dialect.wordings
    if not call.rest:
        raise refuse(wordings.no_service_id, "")
    try:
        call.registry.apply(DeregisterService(call.rest))
    except UnknownService:
        if wordings.unknown_service:
            raise refuse(wordings.unknown_service, call.rest) from None
    _remove_sidecar(call)
    return NOTHING


def maintain(call: Call) -> Answer:
    """Put a service into maintenance or take it out."""
    require(call.rest, "Missing service ID")
    enable = read_enable(call)
    call.refuse_enterprise()
    try:
        call.registry.apply(SetServiceMaintenance(call.rest, enable, call.arguments.first("reason")))
    except UnknownService:
        raise refuse(call.dialect.wordings.unknown_service_maintained, call.rest) from None
    return NOTHING


def services(call: Call) -> Answer:
    """Answer all services of the agent by their ids."""
    call.refuse_enterprise()
    dialect, datacenter = call.dialect, call.identity.datacenter
    keep = make_lazy_filter(call.arguments.first("filter"), dialect.filters.service)
    shown = (
        render.agent_service(service, dialect, datacenter) for service in call.registry.read(queries.agent_services)
    )
    return Answer(Members("ID", keep(shown)))


def service(call: Call) -> Answer:
    """Answer one service of the agent, where ``hash`` is given once it is another than the client knows."""
    wait, _ = read_wait(call)
    call.refuse_enterprise()
    shown, index = _read(call)
    if call.arguments.first("hash") == shown["ContentHash"]:
        seconds = bounded_wait(call, wait) if wait >= 0 else _AT_ONCE
        if not settle(call.registry, call.parking, Wait(topics.AgentService(call.rest), index, seconds)):
            return NOTHING
        shown, _ = _read(call)
    return Answer(shown, headers={"X-Consul-Contenthash": shown["ContentHash"]})


VIEWS: Views = {
    "/v1/agent/service/": service,
    "/v1/agent/service/deregister/": deregister,
    "/v1/agent/service/maintenance/": maintain,
    "/v1/agent/service/register": register,
    "/v1/agent/services": services,
}


def _remove_sidecar(call: Call) -> None:
    sidecar = sidecar_id(call.rest)
    found = call.registry.read(lambda state: queries.agent_service(state, sidecar))
    if found is not None and is_sidecar(found):
        with contextlib.suppress(UnknownService):  # somebody else was quicker
            call.registry.apply(DeregisterService(sidecar))


def _read(call: Call) -> tuple[dict[str, Any], int]:
    def query(state: State) -> tuple[AgentService | None, int]:
        return queries.agent_service(state, call.rest), state.topic_index(topics.AgentService(call.rest))

    found, index = call.registry.read(query)
    if found is None:
        raise Refused(404, f"unknown service ID: {call.rest}")
    shown = render.agent_service(found, call.dialect, call.identity.datacenter)
    shown["ContentHash"] = hashlib.blake2b(msgspec.json.encode(shown), digest_size=8).hexdigest().lstrip("0")
    return shown, index
