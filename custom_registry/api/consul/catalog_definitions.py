"""Catalog registrations and deregistrations as they come, made into the core's commands, with Consul's rules and words.

Whoever writes into the catalog may write almost anything (transcript ``catalog_writes``, 1.8.7 and 1.21.4).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from custom_registry.api.consul import service_rules as rules
from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.check_definitions import type_of
from custom_registry.api.consul.gotext import quote
from custom_registry.api.consul.service_definitions import definition
from custom_registry.api.consul.shapes import CHECK_PROBE
from custom_registry.core.commands import CatalogDeregister, CatalogRegister
from custom_registry.core.model import CheckRecord, NodeDefinition, ServiceDefinition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from custom_registry.api.consul.dialects import Dialect

_UUID_LENGTH = 36
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_NO_PROBE = CHECK_PROBE.empty()


def read_registration(decoded: Mapping[str, Any], dialect: Dialect, datacenter: str) -> CatalogRegister:
    """Check a registration and return what the registry is asked.

    Raises:
        Refused: what is wrong first.
    """
    if _names_peer(decoded):
        raise Refused(500, "cannot register requests with PeerName in them")
    _check_datacenter(decoded, datacenter)
    _check_node(decoded)
    service = _read_service(decoded["Service"], dialect) if decoded["Service"] is not None else None
    checks = [check for check in (*(decoded["Checks"] or ()), decoded["Check"]) if check is not None]
    vets = partial(_check_nodes, checks, decoded["Node"], dialect), partial(_check_meta, service, decoded["Node"])
    for vet in vets if dialect.vets_checks_first else reversed(vets):
        vet()
    for check in checks:
        if not check["CheckID"] and not check["Name"]:
            before = "failed inserting check: failed inserting check: object missing primary index on node"
            raise Refused(500, f"{before} {quote(check['Node'] or decoded['Node'])}")
    return CatalogRegister(
        node=NodeDefinition(
            name=decoded["Node"],
            id=decoded["ID"],
            address=decoded["Address"],
            tagged_addresses=_sorted(decoded["TaggedAddresses"]),
            meta=_sorted(decoded["NodeMeta"]),
            locality=decoded["Locality"],
        ),
        service=service,
        checks=tuple(_record(check) for check in checks),
        skip_node_update=decoded["SkipNodeUpdate"],
    )


def read_deregistration(decoded: Mapping[str, Any], datacenter: str) -> CatalogDeregister:
    """Check a deregistration and return what the registry is asked.

    Raises:
        Refused: what is wrong first.
    """
    _check_datacenter(decoded, datacenter)
    if not decoded["Node"]:
        raise Refused(500, "Must provide node")
    return CatalogDeregister(decoded["Node"], decoded["ServiceID"], decoded["CheckID"])


def _check_datacenter(decoded: Mapping[str, Any], datacenter: str) -> None:
    if decoded["Datacenter"] not in {"", datacenter}:
        raise Refused(500, "No path to datacenter")


def _names_peer(decoded: Mapping[str, Any]) -> bool:
    parts = (decoded, decoded["Service"], decoded["Check"], *(decoded["Checks"] or ()))
    return any(part is not None and part["PeerName"] for part in parts)


def _check_node(decoded: Mapping[str, Any]) -> None:
    if not decoded["Node"]:
        raise Refused(500, "Must provide node")
    if decoded["ID"]:
        if len(decoded["ID"].encode()) != _UUID_LENGTH:
            raise Refused(500, "Bad node ID: uuid string is wrong length")
        if not _UUID.fullmatch(decoded["ID"]):
            raise Refused(500, "Bad node ID: uuid is improperly formatted")
    if not decoded["Address"] and not decoded["SkipNodeUpdate"]:
        raise Refused(500, "Must provide address if SkipNodeUpdate is not set")


def _read_service(service: Mapping[str, Any], dialect: Dialect) -> ServiceDefinition:
    try:
        rules.check_kind(service, dialect)
    except rules.RuleBroken as broken:
        raise Refused(500, str(broken)) from None
    if not service["Service"]:
        wordings = dialect.wordings
        raise Refused(500, wordings.service_id_without_name if service["ID"] else wordings.service_without_name)
    if rules.is_unspecified(service["Address"]):
        raise Refused(500, "Invalid service address")
    kept = {"ID": service["ID"] or service["Service"], "Weights": _weights(service["Weights"])}
    return definition({**service, **kept}, service["Service"], service["TaggedAddresses"])


def _weights(weights: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return weights as they are kept: of those that the agent would refuse nothing is (seen on 1.8.7)."""
    try:
        if weights is not None:
            rules.check_weights(weights["Passing"], weights["Warning"])
    except rules.RuleBroken:
        return None
    return weights


def _check_nodes(checks: Iterable[Mapping[str, Any]], node: str, dialect: Dialect) -> None:
    for check in checks:
        if check["Node"] and check["Node"].lower() != node.lower():
            words = {"other": check["Node"], "check": check["CheckID"], "node": node}
            raise Refused(500, dialect.wordings.check_of_other_node.format(**words))


def _check_meta(service: ServiceDefinition | None, node: str) -> None:
    if service is None:
        return
    try:
        rules.check_meta(service.kind, service.meta or {})
    except rules.RuleBroken as broken:
        before = f"failed inserting service: Invalid Service Meta for node {node} and serviceID {service.id}"
        raise Refused(500, f"{before}: {broken}") from None


def _record(check: Mapping[str, Any]) -> CheckRecord:
    probe = check["Definition"]
    return CheckRecord(
        id=check["CheckID"] or check["Name"],
        name=check["Name"],
        status=check["Status"] or "critical",
        notes=check["Notes"],
        output=check["Output"],
        service_id=check["ServiceID"],
        service_name=check["ServiceName"],
        service_tags=None if check["ServiceTags"] is None else tuple(check["ServiceTags"]),
        type=check["Type"] or type_of(probe),
        interval=check["Interval"],
        timeout=check["Timeout"],
        exposed_port=check["ExposedPort"],
        definition=None if probe == _NO_PROBE else probe,
    )


def _sorted(values: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if values is None else dict(sorted(values.items()))
