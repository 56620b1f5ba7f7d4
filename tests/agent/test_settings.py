"""From flags and files to settings: what counts before what, and what is refused in which words.

The errors of files are those that Consul 1.8.7 printed for the same, but for the reasons of its JSON parser.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.agent.configuration import Configuration, ConfigurationError, configure
from custom_registry.agent.flags import parse
from custom_registry.agent.names import FLAGS, KEYS, OTHER_FLAGS, OTHER_KEYS, OWN_FLAGS, TRUE_ANYWAY
from custom_registry.agent.settings import own_variables, settings_of
from custom_registry.config import LogFormat, LogLevel, Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

AGENT: dict[str, Any] = {"port": 8500}  # what an agent has otherwise than `custom-registry`


def configured(*arguments: str) -> Configuration:
    return configure(parse(arguments, FLAGS | OTHER_FLAGS | OWN_FLAGS).flags)


def settings(*arguments: str, **own: Any) -> Settings:
    return settings_of(configured(*arguments).values, own)


def write(path: Path, content: object) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_without_anything_it_is_an_agent_of_its_own() -> None:
    assert settings() == settings("-dev=false") == Settings(**AGENT)


def test_in_dev_mode_all_json_is_indented() -> None:
    assert settings("-dev") == Settings(**AGENT, pretty=True)


@pytest.mark.parametrize(
    ("flag", "content", "expected"),
    [
        ("-node=web 1", {"node_name": "web 1"}, {"node_name": "web 1"}),
        ("-node=", {"node_name": ""}, {"node_name": ""}),
        ("-node-id=ABCDEF01-1111-2222-3333-444455556666", {}, {"node_id": "ABCDEF01-1111-2222-3333-444455556666"}),
        ("-node-meta=a:b:c", {"node_meta": {"a": "b:c"}}, {"node_meta": {"a": "b:c"}}),
        ("-node-meta=a", {"node_meta": {"a": ""}}, {"node_meta": {"a": ""}}),
        ("-datacenter=DC2", {"datacenter": "DC2"}, {"datacenter": "dc2"}),
        ("-client=0.0.0.0", {"client_addr": "0.0.0.0"}, {"host": "0.0.0.0"}),
        ("-client=127.0.0.1  ::1", {"client_addr": " 127.0.0.1 ::1 "}, {"host": "127.0.0.1 ::1"}),
        ("-bind=127.0.0.2", {"bind_addr": "127.0.0.2"}, {"node_address": "127.0.0.2"}),
        ("-bind=[::1]", {"bind_addr": "[::1]"}, {"node_address": "::1"}),
        ("-advertise=10.0.0.1", {"advertise_addr": "10.0.0.1", "bind_addr": "0.0.0.0"}, {"node_address": "10.0.0.1"}),
        ("-http-port=0", {"ports": {"http": 0}}, {"port": 0}),
        ("-http-port=1", {"Ports": {"HTTP": 1.0}}, {"port": 1}),
        ("-server-port=1", {"ports": {"server": 1}}, {"server_port": 1}),
        ("-serf-lan-port=1", {"ports": {"serf_lan": 1}}, {"serf_lan_port": 1}),
        ("-serf-wan-port=-1", {"ports": {"serf_wan": -1}}, {}),
        ("-log-level=TRACE", {"log_level": "debug"}, {"log_level": LogLevel.DEBUG}),
        ("-log-level=warn", {"log_level": "WARN"}, {"log_level": LogLevel.WARNING}),
        ("-log-level=err", {"log_level": "error"}, {"log_level": LogLevel.ERROR}),
        ("-log-json", {"log_json": True}, {"log_format": LogFormat.JSON}),
    ],
)
def test_a_flag_and_a_key_mean_the_same(tmp_path: Path, flag: str, content: Any, expected: dict[str, Any]) -> None:
    assert settings(flag) == Settings(**AGENT | expected)
    if content:
        assert settings("-config-file", write(tmp_path / "a.json", content)) == Settings(**AGENT | expected)


def test_addresses_may_be_sockets_and_count_before_the_clients_address(tmp_path: Path) -> None:
    content = {"client_addr": "127.0.0.2", "addresses": {"http": "127.0.0.1 unix:///run/consul.sock"}}
    assert settings("-config-file", write(tmp_path / "a.json", content)).hosts == (
        "127.0.0.1",
        "unix:///run/consul.sock",
    )


def test_any_address_stands_for_the_machines_own() -> None:
    assert settings("-bind=0.0.0.0").node_address not in ("", "0.0.0.0")


def test_flags_count_before_files_and_later_files_before_earlier_ones(tmp_path: Path) -> None:
    first = write(tmp_path / "1.json", {"node_name": "a", "datacenter": "a", "node_meta": {"x": "1", "y": "1"}})
    second = write(tmp_path / "2.json", {"node_name": "b", "datacenter": None, "node_meta": {"y": "2"}})
    found = settings("-node=c", "-config-file", first, f"-config-file={second}", "-node-meta=z:3")
    assert (found.node_name, found.datacenter) == ("c", "a")
    assert found.node_meta == {"x": "1", "y": "2", "z": "3"}


def test_of_a_directory_all_json_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    write(tmp_path / "b.json", {"node_name": "b"})
    write(tmp_path / "a.json", {"node_name": "a", "datacenter": "a"})
    write(tmp_path / "c.txt", "no configuration")
    write(tmp_path / "d.json", "")
    (tmp_path / "e.json").mkdir()
    for flag in ("-config-dir", "-config-file"):
        configuration = configured(flag, str(tmp_path))
        assert configuration.values == {"node_name": "b", "datacenter": "a"}
        assert configuration.skipped == [str(tmp_path / "c.txt")]


def test_a_file_is_read_whatever_its_name_where_its_format_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", {"node_name": "a"})
    assert configured("-config-file", path).values == {}
    assert configured("-config-file", path, "-config-format=json").values == {"node_name": "a"}


def test_what_means_nothing_here_is_noted_once_and_what_is_so_anyway_is_not(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.json",
        {"acl": {"enabled": True}, "ports": {"dns": -1}, "server": True, "segments": None, "enable_debug": False},
    )
    configuration = configured("-server", "-bootstrap", "-data-dir=/x", "-ui", "-ui", "-config-file", path)
    assert configuration.ignored == ["acl", "ports.dns", "-data-dir", "-ui"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"nonsense": 1}, "invalid config key nonsense"),
        ({"ports": {"nonsense": 1}}, "invalid config key ports.nonsense"),
        ({"ports": {"http": "x"}}, "'ports.http' expected type 'int', got unconvertible type 'string'"),
        ({"ports": {"http": True}}, "'ports.http' expected type 'int', got unconvertible type 'bool'"),
        ({"ports": 1}, "invalid config key ports"),
        ({"node_name": 1}, "'node_name' expected type 'string', got unconvertible type 'float64'"),
        ({"node_meta": {"a": 1}}, "'node_meta[a]' expected type 'string', got unconvertible type 'float64'"),
        ({"log_json": []}, "'log_json' expected type 'bool', got unconvertible type '[]interface {}'"),
        ("[]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("5", "json: cannot unmarshal value into Go value of type map[string]interface {}"),
        ("{", "Expecting property name"),
        ('{"datacenter":"x"} {}', "Extra data"),
    ],
)
def test_a_file_that_consul_would_not_take_is_refused(tmp_path: Path, content: object, said: str) -> None:
    path = write(tmp_path / "a.json", content)
    with pytest.raises(ConfigurationError, match=f"^{re.escape(f'failed to parse {path}: {said}')}"):
        configured("-config-file", path)


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(ConfigurationError, match=f"^config: Open failed on {path}. open {path}: no such file"):
        configured("-config-file", str(path))
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match=f"^failed to parse {path}: 'utf-8' codec"):
        configured("-config-file", str(path))


def test_hcl_is_refused_wherever_it_comes_from(tmp_path: Path) -> None:
    write(tmp_path / "a.hcl", 'node_name = "a"')
    for arguments in (("-config-dir", str(tmp_path)), ("-hcl", "ui = true"), ("-config-format=hcl",)):
        with pytest.raises(ConfigurationError, match=r"(not understood here.*JSON)|(only json)"):
            configured(*arguments)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("-http-port=-1", "ports.http is off"),
        ("-http-port=99999", "port must be a whole number from 0"),
        ("-server-port=0", "server_port must be"),
        ("-log-level=loud", "Invalid log level: loud. Valid log levels are:"),
        ("-datacenter=A.B", "datacenter must be"),
        ("-node-id=xyz", "node_id must be a UUID"),
        ("-node-meta=consul-x:1", "node_meta must have keys"),
        ("-bind=nonsense", "node_address must be an IP address"),
        ("-client=no nonsense!", "host must be"),
        ('-client={{ GetInterfaceIP "eth0" }}', "client_addr: templates such as"),
        ("-bind={{ GetPrivateIP }}", "bind_addr: templates such as"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(argument: str, said: str) -> None:
    with pytest.raises((ConfigurationError, SettingsError), match=f"^{re.escape(said)}"):
        settings(argument)


def test_our_own_flags_are_variables_too() -> None:
    environment = {
        "CUSTOM_REGISTRY_CONSUL_VERSION": "1.8",
        "CUSTOM_REGISTRY_REAP_INTERVAL": "0.5",
        "CUSTOM_REGISTRY_SHORTEST_DEREGISTER_AFTER": "0.25",
        "CUSTOM_REGISTRY_HEARTBEAT_TIMEOUT": "",
        "CUSTOM_REGISTRY_PORT": "1",
    }
    found = settings_of({}, own_variables(environment))
    expected = {"consul_version": "1.8", "reap_interval": 0.5, "shortest_deregister_after": 0.25}
    assert found == Settings(**AGENT | expected)
    with pytest.raises(ConfigurationError, match="reap-interval must be a number of seconds, not 'soon'"):
        settings_of({}, {"reap-interval": "soon"})
    with pytest.raises(SettingsError, match=r"consul_version must be one of 1\.21, 1\.8"):
        settings_of({}, {"consul-version": "1.9"})


def test_the_tables_of_names_do_not_contradict_each_other() -> None:
    assert not FLAGS.keys() & OTHER_FLAGS.keys()
    assert not OWN_FLAGS.keys() & (FLAGS.keys() | OTHER_FLAGS.keys())
    assert not KEYS.keys() & OTHER_KEYS
    assert not TRUE_ANYWAY - OTHER_FLAGS.keys() - OTHER_KEYS
