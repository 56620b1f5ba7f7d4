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
    assert (settings.node_name, settings.node_id, settings.node_address) == ("", "", "127.0.0.1")
    assert (settings.datacenter, settings.server_port, settings.consul_version) == ("dc1", 8300, "1.21")
    assert (settings.reap_interval, settings.shortest_deregister_after) == (30.0, 60.0)
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
        {"host": "127.0.0.1 ::1 unix:///run/a.socket"},
        {"node_name": "web 1.example", "node_id": "ABCDEF01-1111-2222-3333-444455556666", "node_address": "::1"},
        {"node_meta": {f"k{number}": "x" * 512 for number in range(64)}},
        {"node_meta": {"a" * 128: ""}},
        {"datacenter": "dc_2-a", "server_port": 1, "consul_version": "1.8"},
        {"reap_interval": 0.001, "shortest_deregister_after": 0.001, "shortest_check_interval": 0.001},
        {"profile": "basic", "log_level": "debug", "log_format": "json"},
    ],
)
def test_what_makes_sense_is_taken(values: dict[str, Any]) -> None:
    settings = Settings(**values)
    assert {name: getattr(settings, name) for name in values} == values


NONSENSE: list[tuple[str, Any]] = [
    *[("host", value) for value in ("", " ", "a  b", "a hôte", "http://h", "h\n", "[::1]", "unix://", None, 5)],
    *[("port", value) for value in (-1, 65536, 80.0, "80", True, None)],
    *[
        (name, value)
        for name in ("server_port", "serf_lan_port", "serf_wan_port")
        for value in (-1, 0, 65536, "80", True, None)
    ],
    *[("node_name", value) for value in ("a\n", "a/b", None, 5)],
    *[("node_id", value) for value in ("x", "0" * 32, "{00000000-0000-0000-0000-000000000000}", None, 5)],
    *[("node_address", value) for value in ("", "localhost", "0.0.0.0", "::", "127.0.0.1:80", None, 5)],
    *[("datacenter", value) for value in ("", "DC1", "a.b", "a b", None, 5)],
    *[
        ("node_meta", value)
        for value in (
            {"": "x"},
            {"a b": "x"},
            {"a" * 129: "x"},
            {"consul-a": "x"},
            {1: "x"},
            {"a": "x" * 513},
            {"a": 1},
            {f"k{number}": "" for number in range(65)},
            ["a:b"],
            None,
        )
    ],
    *[
        (name, value)
        for name in (
            "heartbeat_timeout",
            "cleanup_interval",
            "reap_interval",
            "shortest_deregister_after",
            "shortest_check_interval",
        )
        for value in (0, -1, math.nan, math.inf, -math.inf, 86_400.1, 10**400, "5", True, None)
    ],
    *[
        (name, value)
        for name in ("profile", "log_level", "log_format", "consul_version")
        for value in ("", "FULL", "none", None, 1, ["full"])
    ],
]


@pytest.mark.parametrize(("setting", "value"), NONSENSE)
def test_nonsense_is_refused_by_name(setting: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=f"^{setting} must (be|have) .*not ") as refused:
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
