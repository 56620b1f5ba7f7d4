"""``/v1/agent/check`` and ``/v1/agent/checks``: the views; what the agent is told of checks, and what it holds.

Source: transcripts ``checks`` and ``ttl_life`` (1.8.7 and 1.21.4).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from custom_registry.api.consul import render
from custom_registry.api.consul.answers import NOTHING, Answer, Members, Refused
from custom_registry.api.consul.check_definitions import STATUSES, check_rules, check_runnable, definition_by_itself
from custom_registry.api.consul.gotext import quote
from custom_registry.api.consul.reading import make_lazy_filter
from custom_registry.api.consul.refusals import refuse
from custom_registry.api.consul.shapes import CHECK_DEFINITION, CHECK_UPDATE
from custom_registry.core import queries
from custom_registry.core.commands import (
    DeregisterCheck,
    NotTTL,
    RegisterCheck,
    ReportCheck,
    UnknownCheck,
    UnknownService,
)

if TYPE_CHECKING:
    from custom_registry.api.consul.call import Call, View, Views


def register(call: Call) -> Answer:
    """Register a check of a service or of the node."""
    call.refuse_enterprise()
    decoded = call.decode(CHECK_DEFINITION)
    if not decoded["Name"]:
        raise Refused(400, "Missing check name")
    if decoded["Status"] and decoded["Status"] not in STATUSES:
        raise Refused(400, "Bad check status")
    check_rules(decoded, call.dialect)
    definition = definition_by_itself(decoded)
    unknown = call.dialect.wordings.unknown_service_of_check
    service_id = definition.service_id
    if service_id and call.registry.read(lambda state: queries.agent_service(state, service_id)) is None:
        raise refuse(unknown, service_id)  # before anything is said of what the check is to do
    if decoded["ScriptArgs"]:  # refused below; the check that has its id is dropped all the same (transcript sequences)
        with suppress(UnknownCheck):
            call.registry.apply(DeregisterCheck(definition.id))
    check_runnable(decoded)
    try:
        call.registry.apply(RegisterCheck(definition))
    except UnknownService:
        raise refuse(unknown, service_id) from None
    return NOTHING


def deregister(call: Call) -> Answer:
    """Remove a check."""
    call.refuse_enterprise()
    wordings = call.dialect.wordings
    if not call.rest:
        raise refuse(wordings.no_check_id, "")
    try:
        call.registry.apply(DeregisterCheck(call.rest))
    except UnknownCheck:
        if wordings.unknown_check:
            raise refuse(wordings.unknown_check, call.rest) from None
    return NOTHING


def update(call: Call) -> Answer:
    """Report how a check is, with an output of any length."""
    decoded = call.decode(CHECK_UPDATE)
    if decoded["Status"] not in STATUSES:
        raise Refused(400, f"Invalid check status: '{decoded['Status']}'")
    return _report(call, str(decoded["Status"]), str(decoded["Output"]))


def checks(call: Call) -> Answer:
    """Answer all checks of the agent by their ids."""
    call.refuse_enterprise()
    dialect, node = call.dialect, call.identity.node_name
    keep = make_lazy_filter(call.arguments.first("filter"), dialect.filters.agent_check)
    shown = (render.agent_check(check, node, dialect) for check in call.registry.read(queries.agent_checks))
    return Answer(Members("CheckID", keep(shown)))


def _reporter(status: str) -> View:
    def report(call: Call) -> Answer:
        return _report(call, status, call.arguments.first("note"))

    return report


def _report(call: Call, status: str, output: str) -> Answer:
    call.refuse_enterprise()
    try:
        call.registry.apply(ReportCheck(call.rest, status, output))
    except UnknownCheck:
        raise refuse(call.dialect.wordings.unknown_check_reported, call.rest) from None
    except NotTTL:
        raise Refused(500, f"CheckID {quote(call.rest)} does not have associated TTL") from None
    return NOTHING


VIEWS: Views = {
    "/v1/agent/check/deregister/": deregister,
    "/v1/agent/check/fail/": _reporter("critical"),
    "/v1/agent/check/pass/": _reporter("passing"),
    "/v1/agent/check/register": register,
    "/v1/agent/check/update/": update,
    "/v1/agent/check/warn/": _reporter("warning"),
    "/v1/agent/checks": checks,
}
