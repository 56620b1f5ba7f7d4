"""The command: where a setting comes from, what wins, and how nonsense ends."""

from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import pytest

from custom_registry import server
from custom_registry.__main__ import main
from custom_registry.config import Profile, Settings
from tests.support.servers import running_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Settings]


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("config", *(field.name for field in fields(Settings))):
        monkeypatch.delenv(f"CUSTOM_REGISTRY_{name.upper()}", raising=False)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with some arguments, and return the settings with which it would have served."""

    def started(*arguments: str) -> Settings:
        served: list[Settings] = []
        monkeypatch.setattr(server, "serve", served.append)
        monkeypatch.setattr(sys, "argv", ["custom-registry", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        [settings] = served
        return settings

    return started


class Sources(NamedTuple):
    """Where settings come from besides flags: what sets a variable, and what writes a file and returns its name."""

    environment: Callable[[str, str], None]
    file: Callable[[str], str]


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sources:
    def write(content: str) -> str:
        path = tmp_path / "registry.toml"
        path.write_text(content)
        return str(path)

    return Sources(lambda setting, text: monkeypatch.setenv(f"CUSTOM_REGISTRY_{setting.upper()}", text), write)


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, insist on exit code 2 and one line, and return the line."""
    monkeypatch.setattr(server, "serve", lambda _settings: pytest.fail("it served"))
    monkeypatch.setattr(sys, "argv", ["custom-registry", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    assert ended.value.code == 2
    assert captured.out == ""
    assert captured.err.startswith("Error: ")
    assert captured.err.count("\n") == 1
    return captured.err


SOURCES = [  # setting; what flag, environment and file say; what each of these gives
    ("host", ("localhost", "127.0.0.2", '"127.0.0.3"'), ("localhost", "127.0.0.2", "127.0.0.3")),
    ("port", ("1", "2", "3"), (1, 2, 3)),
    ("heartbeat_timeout", ("1.5", "2.5", "3.5"), (1.5, 2.5, 3.5)),
    ("cleanup_interval", ("1", "2", "3"), (1.0, 2.0, 3.0)),
    ("log_level", ("debug", "warning", '"error"'), ("debug", "warning", "error")),
    ("log_format", ("text", "json", '"json"'), ("text", "json", "json")),
    ("consul_version", ("1.21", "1.8", '"1.8"'), ("1.21", "1.8", "1.8")),
    ("node_name", ("a", "b", '"c"'), ("a", "b", "c")),
    (
        "node_id",
        (str(UUID(int=1)), str(UUID(int=2)), f'"{UUID(int=3)}"'),
        (str(UUID(int=1)), str(UUID(int=2)), str(UUID(int=3))),
    ),
    ("node_meta", ("a:b:c", "d:e f", '{ g = "h", i = "" }'), ({"a": "b:c"}, {"d": "e", "f": ""}, {"g": "h", "i": ""})),
    ("node_address", ("::1", "127.0.0.2", '"127.0.0.3"'), ("::1", "127.0.0.2", "127.0.0.3")),
    ("datacenter", ("a", "b", '"c"'), ("a", "b", "c")),
    ("server_port", ("1", "2", "3"), (1, 2, 3)),
    ("reap_interval", ("0.5", "2", "3"), (0.5, 2.0, 3.0)),
    ("shortest_deregister_after", ("0.5", "2", "3"), (0.5, 2.0, 3.0)),
    ("shortest_check_interval", ("0.5", "2", "3"), (0.5, 2.0, 3.0)),
    ("profile", ("full", "basic", '"basic"'), ("full", "basic", "basic")),
]


@pytest.mark.parametrize(("setting", "said", "values"), SOURCES)
def test_a_flag_counts_before_the_environment_and_that_before_the_file(
    run: Run, sources: Sources, setting: str, said: tuple[str, str, str], values: tuple[object, object, object]
) -> None:
    flag, environment, file = said
    option = f"--{setting.replace('_', '-')}"

    assert run() == Settings()
    config = sources.file(f"{setting} = {file}\n")
    assert getattr(run("--config", config), setting) == values[2]
    sources.environment(setting, environment)
    assert getattr(run("--config", config), setting) == values[1]
    assert getattr(run("--config", config, option, flag), setting) == values[0]
    assert getattr(run(option, flag), setting) == values[0]


def test_the_file_itself_may_come_from_the_environment(run: Run, sources: Sources) -> None:
    sources.environment("config", sources.file('profile = "basic"'))
    assert run().profile is Profile.BASIC


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "port must be a whole number from 0 (any free port) to 65535, not 70000"),
        (["--port", "x"], "'x' is not a valid integer"),
        (["--heartbeat-timeout", "0"], "heartbeat_timeout must be a number of seconds above 0"),
        (["--heartbeat-timeout", "nan"], "heartbeat_timeout must be"),
        (["--cleanup-interval", "inf"], "cleanup_interval must be"),
        (["--cleanup-interval", "soon"], "'soon' is not a valid float"),
        (["--profile", "half"], "'half' is not one of 'full', 'basic'"),
        (["--log-level", "loud"], "'loud' is not one of"),
        (["--log-format", "xml"], "'xml' is not one of"),
        (["--host", ""], "host must be"),
        (["--config", "/nowhere/registry.toml"], "/nowhere/registry.toml cannot be read"),
        (["--colour"], "No such option"),
        (["serve"], "unexpected extra argument"),
        (["--consul-version", "1.9"], "'1.9' is not one of '1.21', '1.8'"),
        (["--node-id", "x"], "node_id must be a UUID"),
        (["--node-meta", "a b:c"], "node_meta must have keys"),
        (["--server-port", "0"], "server_port must be a whole number from 1 to 65535, not 0"),
        (["--host", "unix://"], "host must be"),
    ],
)
def test_a_nonsense_flag_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert said in refused(monkeypatch, capsys, *arguments)


def test_a_nonsense_variable_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CUSTOM_REGISTRY_PORT", "-1")
    assert "port must be" in refused(monkeypatch, capsys)
    monkeypatch.setenv("CUSTOM_REGISTRY_PORT", "many")
    assert "'many' is not a valid integer" in refused(monkeypatch, capsys)


def test_a_nonsense_file_stops_the_start_even_where_a_flag_says_better(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "registry.toml"
    path.write_text("port = 70000")
    assert f"{path}: port must be" in refused(monkeypatch, capsys, "--config", str(path), "--port", "0")


def test_help_and_version_need_no_server() -> None:
    program = (
        "import sys; from custom_registry.__main__ import main\n"
        "try: main()\n"
        "finally: assert 'flask' not in sys.modules and 'uvicorn' not in sys.modules"
    )
    for flag, said in (("--help", "CUSTOM_REGISTRY_HEARTBEAT_TIMEOUT"), ("--version", "custom-registry 0.")):
        command = [sys.executable, "-c", program, flag]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert ended.returncode == 0, ended.stderr
        assert said in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--host", "nowhere.invalid", "--port", "0"], "cannot listen on nowhere.invalid:0: Name or service not known"),
        (["--host", "192.0.2.1", "--port", "0"], "cannot listen on 192.0.2.1:0: Cannot assign requested address"),
    ],
)
def test_a_place_at_which_it_cannot_listen_is_told_in_one_line(arguments: list[str], reason: str) -> None:
    assert failed_start(*arguments) == f"Error: {reason}\n"


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        expected = f"Error: cannot listen on 127.0.0.1:{port}: Address already in use\n"
        assert failed_start("--port", port) == expected


def failed_start(*arguments: str) -> str:
    """Run the command as a process, insist on exit code 1 and one line, and return the line."""
    command = [sys.executable, "-m", "custom_registry", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_the_ready_line_tells_what_counts() -> None:
    with running_registry("--heartbeat-timeout", "5", "--cleanup-interval", "1.5") as registry:
        assert registry.port != 0
        ready = f"Registry ready at {registry.http} (heartbeat timeout 5 s, cleanup every 1.5 s)"
        assert registry.ready_line == ready
    with running_registry(environment={"CUSTOM_REGISTRY_PROFILE": "basic"}) as registry:
        ready = f"Registry ready at {registry.http} (basic profile: no heartbeat, no cleanup)"
        assert registry.ready_line == ready
