"""Turns requests of the native API into commands and queries, or says what is wrong with them; it carries out nothing.

The rules are the native API's own. Other languages over the same state have others, so the core has none.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from custom_registry.api import fields
from custom_registry.core.commands import ByAddress, ById, Deregister, Heartbeat, Register, Target
from custom_registry.core.model import ADDRESS_KEY, ServiceDefinition, Weights
from discovery.address import Endpoint, resolve_endpoint
from discovery.errors import InvalidRequest
from discovery.identity import derive_id
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Mapping

DISCOVER_ARGUMENTS = ("healthy_only", "tag", "index", "wait")
DEFAULT_WAIT = 60.0  # seconds
LONGEST_WAIT = 600.0  # seconds; Consul's own limit

_TARGET_FIELDS = ("id", "service", "address")
_REGISTER_FIELDS = ("service", "address", "id", "port", "tags", "metadata", "ttl", "weight")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_INDEX = re.compile(r"[0-9]{1,18}")


class DiscoverQuery(Struct, frozen=True):
    """The arguments of a discovery: what to choose by, and what to wait for.

    Args:
        healthy_only: leave out what is in warning or critical.
        tag: only what carries it.
        index: wait for a change after it; 0 answers at once.
        wait: how many seconds at most.
    """

    healthy_only: bool
    tag: str | None
    index: int
    wait: float


def parse_register(body: Mapping[str, object], default_ttl: float) -> Register:
    """Read ``POST /register``.

    Args:
        body: the JSON object.
        default_ttl: seconds, for a registration without a ttl.

    Raises:
        InvalidRequest: a value is missing, unknown or wrong; ``field`` names it.
    """
    fields.refuse_unknown(body, _REGISTER_FIELDS, "field")
    service = fields.read_service(body)
    address = fields.read_text(body, "address", fields.LONGEST_ADDRESS)
    port = fields.read_whole(body, "port", None)
    endpoint = _resolve(address, port)
    kept = {} if address == endpoint.host else {ADDRESS_KEY: address}
    definition = ServiceDefinition(
        id=fields.read_text(body, "id", fields.LONGEST_ID) if "id" in body else derive_id(service, address, port),
        service=service,
        address=endpoint.host,
        port=endpoint.port or 0,
        tags=fields.read_tags(body),
        meta=fields.read_metadata(body) | kept,
        weights=Weights(passing=fields.read_whole(body, "weight", 1)),
    )
    return Register(definition, fields.read_ttl(body, default_ttl))


def parse_heartbeat(body: Mapping[str, object]) -> Heartbeat:
    """Read ``POST /heartbeat``.

    Raises:
        InvalidRequest: a value is missing, unknown or wrong; ``field`` names it.
    """
    fields.refuse_unknown(body, (*_TARGET_FIELDS, "status", "note"), "field")
    status = fields.read_choice(body, "status", tuple(Health), Health.PASSING)
    return Heartbeat(_parse_target(body), Health(status), fields.read_note(body))


def parse_deregister(body: Mapping[str, object]) -> Deregister:
    """Read ``POST /deregister``.

    Raises:
        InvalidRequest: a value is missing, unknown or wrong; ``field`` names it.
    """
    fields.refuse_unknown(body, _TARGET_FIELDS, "field")
    return Deregister(_parse_target(body))


def parse_discover(arguments: Mapping[str, list[str]]) -> DiscoverQuery:
    """Read the arguments of ``GET /discover/<service>``.

    Raises:
        InvalidRequest: an argument is wrong; ``field`` names it.
    """
    given = {name: values[0] for name, values in arguments.items()}
    healthy_only = given.get("healthy_only", "true").lower()
    if healthy_only not in _FLAGS:
        raise InvalidRequest("healthy_only must be true or false", field="healthy_only")
    tag = given.get("tag")
    if tag == "":
        raise InvalidRequest("tag must not be empty: leave it out to find every instance", field="tag")
    index = given.get("index", "0")
    if not _INDEX.fullmatch(index):
        raise InvalidRequest("index must be a whole number, as it came in X-Registry-Index", field="index")
    return DiscoverQuery(_FLAGS[healthy_only], tag, int(index), _parse_wait(given.get("wait")))


def check_arguments(arguments: Mapping[str, list[str]], known: tuple[str, ...]) -> None:
    """Refuse arguments that are unknown or given twice.

    Raises:
        InvalidRequest: there is one; ``field`` names it.
    """
    fields.refuse_unknown(arguments, known, "argument")
    for name, values in arguments.items():
        if len(values) > 1:
            raise InvalidRequest(f"{name} is given {len(values)} times: give it once", field=name)


def _parse_target(body: Mapping[str, object]) -> Target:
    if "id" not in body:
        if "service" not in body and "address" not in body:
            raise InvalidRequest("say which instance: give id, or service and address", field="id")
        return ByAddress(fields.read_service(body), fields.read_text(body, "address", fields.LONGEST_ADDRESS))
    for name in ("service", "address"):
        if name in body:
            raise InvalidRequest(f"give either id, or service and address: {name} is too much", field=name)
    return ById(fields.read_text(body, "id", fields.LONGEST_ID))


def _resolve(address: str, port: int | None) -> Endpoint:
    try:
        endpoint = resolve_endpoint(address, port)
    except ValueError as error:
        raise InvalidRequest(f"address {error}", field="address") from None
    if _is_unspecified(endpoint.host):  # refused by Consul too: transcript register_shapes, 1.8.7 and 1.21.4
        raise InvalidRequest(
            f"address must be one at which others reach the service: {endpoint.host} means every address of a machine",
            field="address",
        )
    return endpoint


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _parse_wait(text: str | None) -> float:
    if text is None:
        return DEFAULT_WAIT
    parts = _DURATION.fullmatch(text)
    if not parts:
        raise InvalidRequest("wait must be a number of seconds or a duration: 30, 30s, 500ms, 5m", field="wait")
    number, unit = parts.groups()
    return min(float(number) * _UNITS[unit or "s"], LONGEST_WAIT)
