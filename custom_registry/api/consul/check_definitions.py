"""Checks as they come, made into the core's, with Consul's rules and words; it registers nothing."""

from __future__ import annotations

import sys
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.durations import SECOND, format_duration
from custom_registry.core.model import Alias, CheckDefinition
from custom_registry.core.probes import GrpcHealthCheck, HttpRequest, Probe, TcpConnect, Thresholds, Tls
from custom_registry.probing import GrpcUnavailable, require_grpc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_registry.api.consul.dialects import Dialect
    from custom_registry.core.probes import Action

STATUSES: Final = ("passing", "warning", "critical")

_with_interval = itemgetter("ScriptArgs", "HTTP", "TCP", "UDP", "GRPC", "H2PING", "OSService")
_NOT_HERE = ("UDP", "H2PING", "OSService")
_NO_SCRIPTS = (
    "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true"
)


def check_rules(check: Mapping[str, Any], dialect: Dialect) -> None:
    """Check what Consul demands of any check.

    Raises:
        Refused: what is wrong with it (transcripts ``register_shapes`` and ``checks``).
    """
    problem = problem_of_check(check, dialect)
    if problem:
        raise Refused(400, f"Invalid check: {problem}")


def check_runnable(check: Mapping[str, Any]) -> None:
    """Check that this registry can do what a check is to do.

    Raises:
        Refused: as Consul refuses scripts, or with 501 where Consul could and this registry cannot.
    """
    if check["ScriptArgs"]:
        raise Refused(500, _NO_SCRIPTS)
    for name in _NOT_HERE:
        if check[name] and not check["TTL"]:
            raise Refused(501, f"{name} checks are not implemented by this registry")
    if check["GRPC"]:
        try:
            require_grpc(_grpc(check))
        except GrpcUnavailable as error:
            raise Refused(501, str(error)) from None


def definition_of_service(check: Mapping[str, Any], service_id: str, name: str, number: int) -> CheckDefinition:
    """Return the definition of a check that came with its service.

    Args:
        check: decoded.
        service_id: of its service.
        name: likewise.
        number: which of the service's checks it is, from 1; 0 where it is the only one.
    """
    given = f"service:{service_id}:{number}" if number else f"service:{service_id}"
    return _definition(
        check,
        id=check["CheckID"] or given,
        name=check["Name"] or sys.intern(f"Service '{name}' check"),  # many have the same
        service_id=service_id,
        interval=_shown(check["Interval"]),
        timeout=_shown(check["Timeout"]),
    )


def definition_by_itself(check: Mapping[str, Any]) -> CheckDefinition:
    """Return the definition of a check that came by itself; its durations are shown even where there are none."""
    return _definition(
        check,
        id=check["ID"] or check["Name"],
        name=check["Name"],
        service_id=check["ServiceID"],
        interval=format_duration(check["Interval"]),
        timeout=format_duration(check["Timeout"]),
    )


def type_of(check: Mapping[str, Any]) -> str:
    """Return the type by which Consul shows a check; nothing where it is none of its types."""
    timed = check["Interval"] > 0
    if check["TTL"] > 0 and not timed:  # as most are
        return "ttl"
    types = (
        ("grpc", check["GRPC"] and timed),
        ("http", check["HTTP"] and timed),
        ("ttl", check["TTL"] > 0),
        ("tcp", check["TCP"] and timed),
        ("udp", check["UDP"] and timed),
        ("alias", check["AliasNode"] or check["AliasService"]),
        ("docker", check["ScriptArgs"] and check["DockerContainerID"] and timed),
        ("script", check["ScriptArgs"]),
        ("h2ping", check["H2PING"] and timed),
        ("os_service", check["OSService"] and timed),
    )
    return next((name for name, is_so in types if is_so), "")


def problem_of_check(check: Mapping[str, Any], dialect: Dialect) -> str:
    """Return what is wrong with a check, nothing where nothing is."""
    timed, waits = check["Interval"] > 0, check["TTL"] > 0
    tries = any(_with_interval(check))
    aliases = bool(check["AliasNode"] or check["AliasService"])
    if timed and waits:
        return "Interval and TTL cannot both be specified"
    if tries and not timed:
        return dialect.wordings.check_interval
    if aliases and (tries or waits):
        return "Interval cannot be set for Alias checks" if tries else "TTL must be not be set for Alias checks"
    if not (tries or aliases or waits):
        return "TTL must be > 0 for TTL checks"
    return _problem_of_limits(check, dialect)


def _problem_of_limits(check: Mapping[str, Any], dialect: Dialect) -> str:
    if check["OutputMaxSize"] < 0:
        return "MaxOutputMaxSize must be positive"
    if check["FailuresBeforeWarning"] > check["FailuresBeforeCritical"]:
        known = "FailuresBeforeWarning" not in dialect.lacking("CheckType")
        return "FailuresBeforeWarning can't be higher than FailuresBeforeCritical" if known else ""
    return ""


def _definition(  # noqa: PLR0913 - what hangs on how a check came
    check: Mapping[str, Any],
    *,
    id: str,  # noqa: A002 - it is an id
    name: str,
    service_id: str,
    interval: str,
    timeout: str,
) -> CheckDefinition:
    """Return a check's definition: what it says however it came, and this."""
    removal = check["DeregisterCriticalServiceAfter"]
    aliases = bool(check["AliasNode"] or check["AliasService"])
    waits = check["TTL"] > 0
    return CheckDefinition(
        id=id,
        name=name,
        service_id=service_id,
        interval=interval,
        timeout=timeout,
        status=sys.intern(check["Status"] or "critical"),
        notes=check["Notes"],
        type=type_of(check),
        ttl=check["TTL"] / SECOND if waits else None,
        probe=None if waits or aliases else _probe(check),
        alias=Alias(check["AliasService"], check["AliasNode"]) if aliases else None,
        deregister_after=removal / SECOND if removal > 0 else None,
    )


def _probe(check: Mapping[str, Any]) -> Probe:
    return Probe(
        action=_action(check),
        interval=check["Interval"] / SECOND,
        timeout=max(check["Timeout"], 0) / SECOND,
        thresholds=Thresholds(
            success_before_passing=check["SuccessBeforePassing"],
            failures_before_warning=check["FailuresBeforeWarning"],
            failures_before_critical=check["FailuresBeforeCritical"],
        ),
        output_max_size=check["OutputMaxSize"],
    )


def _action(check: Mapping[str, Any]) -> Action:
    tls = Tls(skip_verify=check["TLSSkipVerify"], server_name=check["TLSServerName"])
    if check["HTTP"]:
        return HttpRequest(
            url=check["HTTP"],
            method=check["Method"],
            header={name: tuple(values or ()) for name, values in (check["Header"] or {}).items()},
            body=check["Body"],
            disable_redirects=check["DisableRedirects"],
            tls=tls,
        )
    if check["TCP"]:
        return TcpConnect(address=check["TCP"], tls=tls if check["TCPUseTLS"] else None)
    return _grpc(check)


def _grpc(check: Mapping[str, Any]) -> GrpcHealthCheck:
    tls = Tls(skip_verify=check["TLSSkipVerify"], server_name=check["TLSServerName"])
    return GrpcHealthCheck(target=check["GRPC"], tls=tls if check["GRPCUseTLS"] else None)


def _shown(nanoseconds: int) -> str:
    return format_duration(nanoseconds) if nanoseconds else ""
