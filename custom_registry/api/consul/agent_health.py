"""``/v1/agent/health``: the views; how the agent's services are, by the status of HTTP, as JSON or as a text.

Source: transcript ``agent_health`` (1.8.7 and 1.21.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from custom_registry.api.consul import render
from custom_registry.api.consul.answers import JSON, Answer, Refused
from custom_registry.core import queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custom_registry.api.consul.call import Call, Views
    from custom_registry.core.model import AgentCheck, AgentService
    from custom_registry.core.state import State

_TEXT: Final = "text/plain"
_CODES: Final = {"passing": 200, "warning": 429, "critical": 503, "maintenance": 503}
_NOT_FOUND: Final = 404
_NODE_MAINTENANCE = "_node_maintenance"
_SERVICE_MAINTENANCE = "_service_maintenance:"

_Held = tuple["AgentService", tuple["AgentCheck", ...]]


def by_id(call: Call) -> Answer:
    """Answer how one service is.

    Of one that is not there 1.8 tells in JSON even who asks for a text.
    """
    if not call.rest:
        raise _missing(call, "Missing serviceID")
    call.refuse_enterprise()

    def query(state: State) -> _Held | None:
        found = queries.agent_service(state, call.rest)
        return None if found is None else (found, _checks_of(state, call.rest))

    held = call.registry.read(query)
    if held is not None:
        shown = _show(call, held)
        return _tell(call, shown, shown["AggregatedStatus"], _CODES[shown["AggregatedStatus"]])
    reason = f"ServiceId {call.rest} not found"
    if _as_text(call) and call.dialect.reason_type == JSON:
        return Answer(reason, _NOT_FOUND, {"X-Consul-Reason": reason})  # a text, and yet as JSON
    nothing = {"AggregatedStatus": "critical", "Service": None, "Checks": None}
    return _tell(call, nothing, reason, _NOT_FOUND)


def by_name(call: Call) -> Answer:
    """Answer how all services of a name are; the worst of them decides."""
    if not call.rest:
        raise _missing(call, "Missing service Name")
    call.refuse_enterprise()

    def query(state: State) -> list[_Held]:
        found = queries.agent_services_named(state, call.rest)
        return [(service, _checks_of(state, service.definition.id)) for service in found]

    shown = [_show(call, held) for held in call.registry.read(query)]
    if not shown:
        return _tell(call, shown, f"ServiceName {call.rest} Not Found", _NOT_FOUND)
    worst = max((one["AggregatedStatus"] for one in shown), key=_CODES.__getitem__)
    return _tell(call, shown, worst, _CODES[worst])


VIEWS: Views = {"/v1/agent/health/service/id/": by_id, "/v1/agent/health/service/name/": by_name}


def _missing(call: Call, what: str) -> Refused:
    """Return what Consul makes of an error that it does not recognise as its own."""
    return Refused(500, call.dialect.wordings.bad_request + what)


def _checks_of(state: State, service_id: str) -> tuple[AgentCheck, ...]:
    return queries.agent_checks_of(state, "") + queries.agent_checks_of(state, service_id)


def _show(call: Call, held: _Held) -> dict[str, Any]:
    service, checks = held
    dialect, identity = call.dialect, call.identity
    return {
        "AggregatedStatus": _aggregate(checks),
        "Service": render.agent_service(service, dialect, identity.datacenter),
        "Checks": [render.health_check(check, identity.node_name, dialect) for check in checks],
    }


def _aggregate(checks: Iterable[AgentCheck]) -> str:
    statuses = set()
    for check in checks:
        if check.id == _NODE_MAINTENANCE or check.id.startswith(_SERVICE_MAINTENANCE):
            return "maintenance"
        statuses.add(check.status)
    return next((status for status in ("critical", "warning") if status in statuses), "passing")


def _as_text(call: Call) -> bool:
    if call.headers.get("Accept", "").startswith(_TEXT):
        return True
    return call.arguments.first("format") == "text"


def _tell(call: Call, shown: object, reason: str, status: int) -> Answer:
    if _as_text(call):
        return Answer(reason, status, {"X-Consul-Reason": reason}, _TEXT)
    return Answer(shown, status, {"X-Consul-Reason": reason}, JSON)
