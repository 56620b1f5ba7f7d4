"""The registry's settings, what is acceptable in them, and their file; it must not know flags or the environment."""

from __future__ import annotations

import enum
import re
import tomllib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_DURATION = 86_400.0  # seconds: a day, beyond which a number is a slip
_HIGHEST_PORT = 65_535
_HOST = re.compile(r"[A-Za-z0-9._:%-]+")  # an IPv6 address without brackets; with a zone (%eth0) where it needs one


class Profile(enum.StrEnum):
    """Which registry is served: the whole one, or the minimal one that it began from."""

    FULL = "full"
    BASIC = "basic"


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
        host: the address or name that it listens on.
        port: the TCP port; 0 picks a free one.
        profile: ``full`` or ``basic``.
        heartbeat_timeout: seconds without a heartbeat after which an instance lapses that named no ttl of its own.
        cleanup_interval: seconds between two removals of lapsed instances.
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
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.TEXT

    def __post_init__(self) -> None:
        """Check every value; a choice may be given as its text."""
        _check_host(self.host)
        _check_port(self.port)
        _check_duration("heartbeat_timeout", self.heartbeat_timeout)
        _check_duration("cleanup_interval", self.cleanup_interval)
        for name, choices in (("profile", Profile), ("log_level", LogLevel), ("log_format", LogFormat)):
            object.__setattr__(self, name, _choice(name, choices, getattr(self, name)))


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
    if not isinstance(value, str) or not _HOST.fullmatch(value):
        raise SettingsError("host", f"must be an address or name to listen on, such as 127.0.0.1, not {value!r}")


def _check_port(value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _HIGHEST_PORT:
        raise SettingsError("port", f"must be a whole number from 0 (any free port) to {_HIGHEST_PORT}, not {value!r}")


def _check_duration(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= LONGEST_DURATION:
        raise SettingsError(
            name, f"must be a number of seconds above 0, at most {LONGEST_DURATION:g} (a day), not {value!r}"
        )


def _choice(name: str, choices: type[enum.StrEnum], value: object) -> enum.StrEnum:
    for choice in choices:
        if choice == value:
            return choice
    raise SettingsError(name, f"must be one of {', '.join(choices)}, not {value!r}")
