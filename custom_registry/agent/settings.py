"""From Consul's configuration to the settings of the registry; it reads no file and no flag."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

from custom_registry.agent.configuration import ConfigurationError
from custom_registry.agent.flags import BOOLEANS, Kind
from custom_registry.agent.names import OWN_FLAGS
from custom_registry.config import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_registry.agent.flags import Value

_DEFAULT_HTTP_PORT = 8500
_LOG_LEVELS = {"TRACE": "debug", "DEBUG": "debug", "INFO": "info", "WARN": "warning", "ERR": "error", "ERROR": "error"}
_ANY_ADDRESS = {"0.0.0.0", "::", "[::]"}  # noqa: S104 - what others write
_OFF = -1  # a port, in Consul
_SAME = {  # settings by their keys
    "node_name": "node_name",
    "node_id": "node_id",
    "node_meta": "node_meta",
    "ports.server": "server_port",
    "ports.serf_lan": "serf_lan_port",
    "ports.serf_wan": "serf_wan_port",
}
_PREFIX = "CUSTOM_REGISTRY_"


def own_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return those flags of our own that the environment sets, as texts, by the flag's name."""
    variables = {name: f"{_PREFIX}{name.upper().replace('-', '_')}" for name in OWN_FLAGS}
    return {name: environment[variable] for name, variable in variables.items() if environment.get(variable)}


def settings_of(values: Mapping[str, Any], own: Mapping[str, Any]) -> Settings:
    """Return the settings that a configuration asks for.

    Args:
        values: by the keys of ``names.KEYS``, each of its type.
        own: by the names of ``names.OWN_FLAGS``; numbers may be texts.

    Raises:
        ConfigurationError: Consul would not take a value, or there is nothing to be served.
        SettingsError: the registry does not.
    """
    found: dict[str, Any] = {
        setting: values[key] for key, setting in _SAME.items() if values.get(key) not in (None, _OFF)
    }
    found["host"] = _address("client_addr", values.get("addresses.http") or values.get("client_addr") or "127.0.0.1")
    found["port"] = _http_port(values)
    found["pretty"] = values.get("dev", False)
    found["node_address"] = _node_address(values)
    if "datacenter" in values:
        found["datacenter"] = values["datacenter"].lower()
    if "log_level" in values:
        found["log_level"] = _log_level(values["log_level"])
    if values.get("log_json"):
        found["log_format"] = "json"
    for name, value in own.items():
        found[name.replace("-", "_")] = _own(name, value)
    return Settings(**found)


def _http_port(values: Mapping[str, Any]) -> int:
    port: int = values.get("ports.http", _DEFAULT_HTTP_PORT)
    if port == _OFF:
        raise ConfigurationError("ports.http is off, and there is nothing else that custom-registry serves")
    return port


def _node_address(values: Mapping[str, Any]) -> str:
    """Return the address that clients are told, which is that of the cluster's traffic; there is none here."""
    address = _address("bind_addr", values.get("advertise_addr") or values.get("bind_addr") or "127.0.0.1")
    return _own_address(":" in address) if address in _ANY_ADDRESS else address.strip("[]")


def _own_address(v6: bool) -> str:  # noqa: FBT001 - which of two
    """Return the address from which this machine reaches others; its own where it reaches none."""
    family, other, own = (socket.AF_INET6, "2001:db8::1", "::1") if v6 else (socket.AF_INET, "192.0.2.1", "127.0.0.1")
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asked:
        asked.connect((other, 9))  # to an example's address; nothing is sent
        return str(asked.getsockname()[0])
    return own


def _address(key: str, value: str) -> str:
    if "{{" in value:
        raise ConfigurationError(f"{key}: templates such as {value} are not understood here; write the address")
    return " ".join(value.split())


def _log_level(value: str) -> str:
    level = _LOG_LEVELS.get(value.upper())
    if level is None:
        raise ConfigurationError(f"Invalid log level: {value}. Valid log levels are: [{' '.join(_LOG_LEVELS)}]")
    return level


def _own(name: str, value: Value) -> Value:
    """Return the value of a flag of our own, which is a text where it comes from the environment."""
    match OWN_FLAGS[name].kind:
        case Kind.TEXT:
            return value
        case Kind.BOOLEAN:
            if str(value) not in BOOLEANS:
                raise ConfigurationError(f"{name} must be true or false, not {value!r}")
            return BOOLEANS[str(value)]
        case _:
            return _number(name, value)


def _number(name: str, value: float | str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ConfigurationError(f"{name} must be a number of seconds, not {value!r}") from None
