"""The registry's settings, what is acceptable in them, and their file; it must not know flags or the environment."""

from __future__ import annotations

import enum
import ipaddress
import re
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_DURATION = 86_400.0  # seconds: a day, beyond which a number is a slip
_HIGHEST_PORT = 65_535
UNIX = "unix://"
_HOST = re.compile(r"[A-Za-z0-9._:%-]+")  # an IPv6 address without brackets; with a zone (%eth0) where it needs one
_DATACENTER = re.compile(r"[a-z0-9_-]+")
_META_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}")  # this and the next three as Consul 1.8.7 has them
_META_RESERVED = "consul-"
_META_LONGEST_VALUE = 512
_META_MOST = 64


class Profile(enum.StrEnum):
    """Which registry is served: the whole one, or the minimal one that it began from."""

    FULL = "full"
    BASIC = "basic"


class ConsulVersion(enum.StrEnum):
    """Which Consul's HTTP API is spoken under ``/v1``; what differs stands in ``api.consul.dialects``."""

    V1_21 = "1.21"
    V1_8 = "1.8"


class LogLevel(enum.StrEnum):
    """From which severity on something is logged; ``debug`` also logs each HTTP request."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(enum.StrEnum):
    """How a line of the log is written: for people, or as one JSON object."""

    TEXT = "text"
    JSON = "json"


class SettingsError(ValueError):
    """A setting is wrong.

    Args:
        setting: its name.
        message: what is right, and what was given.
    """

    def __init__(self, setting: str, message: str) -> None:
        """Keep the setting beside the message."""
        super().__init__(f"{setting} {message}")
        self.setting = setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a registry is started with.

    Args:
        host: the address or name that it listens on, or ``unix://`` and the path of a socket; or several of these, with
            spaces between them.
        port: the TCP port of all addresses; 0 picks a free one.
        profile: ``full`` or ``basic``.
        heartbeat_timeout: seconds without a heartbeat after which an instance lapses that named no ttl of its own.
        cleanup_interval: seconds between two removals of lapsed instances.
        consul_version: whose API is spoken under ``/v1``: ``1.21`` or ``1.8``.
        pretty: whether all JSON there is indented, as in Consul's dev mode; otherwise where ``?pretty`` asks for it.
        node_name: the registry's own node there; empty for the machine's name.
        node_id: its UUID; empty for a random one.
        node_meta: its metadata, text by text.
        node_address: its IP address, which callers of a service without an address of its own are told.
        datacenter: the one that it is in.
        server_port: Consul's own protocol's, on which nothing listens here; clients are told it.
        serf_lan_port: likewise, of the gossip within the datacenter.
        serf_wan_port: likewise, of that between datacenters.
        reap_interval: seconds between two looks for services whose checks have been critical for too long.
        shortest_deregister_after: seconds; a check that wants its service removed sooner gets these.
        shortest_check_interval: seconds; an HTTP, TCP or gRPC check that wants to run more often gets these.
        fast: whether the event loop itself answers what it can; otherwise Flask answers all.
        log_level: ``debug``, ``info``, ``warning`` or ``error``.
        log_format: ``text`` or ``json``.

    Raises:
        SettingsError: a value is of the wrong type or out of range.
    """

    host: str = "127.0.0.1"
    port: int = 5001
    profile: Profile = Profile.FULL
    heartbeat_timeout: float = 30.0
    cleanup_interval: float = 10.0
    consul_version: ConsulVersion = ConsulVersion.V1_21
    pretty: bool = False
    node_name: str = ""
    node_id: str = ""
    node_meta: Mapping[str, str] = field(default_factory=dict)
    node_address: str = "127.0.0.1"
    datacenter: str = "dc1"
    server_port: int = 8300
    serf_lan_port: int = 8301
    serf_wan_port: int = 8302
    reap_interval: float = 30.0
    shortest_deregister_after: float = 60.0
    shortest_check_interval: float = 1.0
    fast: bool = True
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.TEXT

    def __post_init__(self) -> None:
        """Check every value; a choice may be given as its text."""
        _check_host(self.host)
        _check_port("port", self.port, lowest=0)
        for name in ("server_port", "serf_lan_port", "serf_wan_port"):
            _check_port(name, getattr(self, name), lowest=1)
        for name in (
            "heartbeat_timeout",
            "cleanup_interval",
            "reap_interval",
            "shortest_deregister_after",
            "shortest_check_interval",
        ):
            _check_duration(name, getattr(self, name))
        for name, choices in (
            ("profile", Profile),
            ("consul_version", ConsulVersion),
            ("log_level", LogLevel),
            ("log_format", LogFormat),
        ):
            object.__setattr__(self, name, _choice(name, choices, getattr(self, name)))
        for name in ("pretty", "fast"):
            _check_switch(name, getattr(self, name))
        _check_node_name(self.node_name)
        _check_node_id(self.node_id)
        _check_node_meta(self.node_meta)
        _check_node_address(self.node_address)
        if not isinstance(self.datacenter, str) or not _DATACENTER.fullmatch(self.datacenter):
            raise SettingsError("datacenter", f"must be made of a-z, 0-9, - and _, not {self.datacenter!r}")

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every place that it listens on."""
        return tuple(self.host.split())


def read_file(path: Path) -> dict[str, object]:
    """Read settings from a TOML file whose keys are the names of the settings.

    Returns:
        The settings that the file names, each acceptable by itself.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or has an unknown key or a wrong value; the message begins
            with the file's name.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(str(path), f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise SettingsError(str(path), f"is not a TOML file: {error}") from error
    known = [field.name for field in fields(Settings)]
    unknown = sorted(values.keys() - set(known))
    if unknown:
        raise SettingsError(str(path), f"has an unknown key {unknown[0]!r}; there are: {', '.join(known)}")
    try:
        Settings(**values)
    except SettingsError as error:
        raise SettingsError(f"{path}:", str(error)) from error
    return values


def _check_host(value: object) -> None:
    places = value.split(" ") if isinstance(value, str) else []
    if not places or not all(
        place.removeprefix(UNIX) if place.startswith(UNIX) else _HOST.fullmatch(place) for place in places
    ):
        raise SettingsError("host", f"must be an address or name to listen on, such as 127.0.0.1, not {value!r}")


def _check_port(name: str, value: object, *, lowest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= _HIGHEST_PORT:
        start = "0 (any free port)" if lowest == 0 else str(lowest)
        raise SettingsError(name, f"must be a whole number from {start} to {_HIGHEST_PORT}, not {value!r}")


def _check_node_name(value: object) -> None:
    if not isinstance(value, str) or not value.isprintable() or "/" in value:
        raise SettingsError("node_name", f"must be a text of printable characters without a slash, not {value!r}")


def _check_node_id(value: object) -> None:
    if value == "":
        return
    try:
        # Of what Python takes for a UUID Consul takes only the usual form.
        valid = isinstance(value, str) and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        valid = False
    if not valid:
        raise SettingsError("node_id", f"must be a UUID such as {uuid.UUID(int=0)}, not {value!r}")


def _check_node_meta(value: object) -> None:
    if not isinstance(value, Mapping) or len(value) > _META_MOST:
        raise SettingsError("node_meta", f"must be at most {_META_MOST} pairs of key and text, not {value!r}")
    for key, text in value.items():
        if not isinstance(key, str) or not _META_KEY.fullmatch(key) or key.startswith(_META_RESERVED):
            keys = f"keys of at most 128 of A-Z, a-z, 0-9, - and _, none beginning with {_META_RESERVED}"
            raise SettingsError("node_meta", f"must have {keys}, not {key!r}")
        if not isinstance(text, str) or len(text) > _META_LONGEST_VALUE:
            texts = f"texts of at most {_META_LONGEST_VALUE} characters"
            raise SettingsError("node_meta", f"must have {texts}, not {text!r} under {key!r}")


def _check_node_address(value: object) -> None:
    try:
        valid = isinstance(value, str) and not ipaddress.ip_address(value).is_unspecified
    except ValueError:
        valid = False
    if not valid:
        raise SettingsError("node_address", f"must be an IP address that others can call, not {value!r}")


def _check_duration(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= LONGEST_DURATION:
        raise SettingsError(
            name, f"must be a number of seconds above 0, at most {LONGEST_DURATION:g} (a day), not {value!r}"
        )


def _check_switch(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise SettingsError(name, f"must be true or false, not {value!r}")


def _choice(name: str, choices: type[enum.StrEnum], value: object) -> enum.StrEnum:
    for choice in choices:
        if choice == value:
            return choice
    raise SettingsError(name, f"must be one of {', '.join(choices)}, not {value!r}")
