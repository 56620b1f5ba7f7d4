"""The settings: what is acceptable, and what a file may say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.config import LogFormat, LogLevel, Profile, Settings, SettingsError, read_file

if TYPE_CHECKING:
    from pathlib import Path


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 5001)
    assert (settings.heartbeat_timeout, settings.cleanup_interval) == (30.0, 10.0)
    assert (settings.profile, settings.log_level, settings.log_format) == (Profile.FULL, LogLevel.INFO, LogFormat.TEXT)


@pytest.mark.parametrize(
    "values",
    [
        {"port": 0},
        {"port": 65535},
        {"heartbeat_timeout": 0.001, "cleanup_interval": 86_400},
        {"heartbeat_timeout": 5},
        {"host": "::1"},
        {"host": "localhost"},
        {"profile": "basic", "log_level": "debug", "log_format": "json"},
    ],
)
def test_what_makes_sense_is_taken(values: dict[str, Any]) -> None:
    settings = Settings(**values)
    assert {name: getattr(settings, name) for name in values} == values


NONSENSE: list[tuple[str, Any]] = [
    *[("host", value) for value in ("", " ", "a b", "http://h", "h\n", "[::1]", "hôte", None, 5)],
    *[("port", value) for value in (-1, 65536, 80.0, "80", True, None)],
    *[
        (name, value)
        for name in ("heartbeat_timeout", "cleanup_interval")
        for value in (0, -1, math.nan, math.inf, -math.inf, 86_400.1, 10**400, "5", True, None)
    ],
    *[
        (name, value)
        for name in ("profile", "log_level", "log_format")
        for value in ("", "FULL", "none", None, 1, ["full"])
    ],
]


@pytest.mark.parametrize(("setting", "value"), NONSENSE)
def test_nonsense_is_refused_by_name(setting: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=f"^{setting} must be .*not ") as refused:
        Settings(**{setting: value})
    assert refused.value.setting == setting
    assert "\n" not in str(refused.value)


def test_a_file_gives_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "registry.toml"
    file.write_text('port = 0\nheartbeat_timeout = 5\nprofile = "basic"\n')
    assert read_file(file) == {"port": 0, "heartbeat_timeout": 5, "profile": "basic"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"port = 70000", "port must be"),
        (b"port = 80.5", "port must be"),
        (b"port = true", "port must be"),
        (b"heartbeat_timeout = nan", "heartbeat_timeout must be"),
        (b"cleanup_interval = '5'", "cleanup_interval must be"),
        (b"host = 5", "host must be"),
        (b"heartbeat-timeout = 5", "unknown key 'heartbeat-timeout'; there are: host, port"),
        (b"[server]\nport = 5", "unknown key 'server'"),
        (b"port = ", "is not a TOML file"),
        (b"\xff", "is not a TOML file"),
    ],
)
def test_a_wrong_file_is_refused_by_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "registry.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        read_file(file)
    assert str(refused.value).startswith(str(file))
    assert said in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_file(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_file(tmp_path)
