"""What comes of a command line: which command it is for, what is printed, and the exit code; nothing is served."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from custom_registry import server
from custom_registry.__main__ import main
from custom_registry.agent.names import CLIENT_COMMANDS, FLAGS, OTHER_FLAGS, OWN_FLAGS
from custom_registry.config import Settings
from custom_registry.server import StartError, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Configuration = Callable[[str, Stopped], str]
    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OWN_FLAGS:
        monkeypatch.delenv(f"CUSTOM_REGISTRY_{name.upper().replace('-', '_')}", raising=False)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line, program first; return the exit code and what was printed on both outputs."""

    def ran(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", list(arguments))
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, printed.out, printed.err

    return ran


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Serve nothing, but note with which settings; be stopped by SIGTERM at once."""
    noted: list[Settings] = []

    def serve(settings: Settings, _ready: object) -> Stopped:
        noted.append(settings)
        return Stopped.TERMINATED

    monkeypatch.setattr(server, "serve", serve)
    return noted


@pytest.fixture
def configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Configuration:
    """Write a configuration, and have whoever serves by it be stopped at once as told; return its path."""

    def written(content: str, stopped: Stopped) -> str:
        path = tmp_path / "a.json"
        path.write_text(content)
        monkeypatch.setattr(server, "serve", lambda *_: stopped)
        return str(path)

    return written


@pytest.mark.parametrize("program", ["custom-registry", "/usr/local/bin/consul", "consul"])
def test_an_agent_is_started_by_either_name(run: Run, served: list[Settings], program: str) -> None:
    code, out, err = run(program, "agent", "-dev", "-http-port", "0", "--node=x", "-ui", "-consul-version=1.8")
    assert (code, out) == (1, "==> Starting Consul agent...\n")
    assert err == "==> Accepted, and without meaning here: -ui\n"
    assert served == [Settings(port=0, node_name="x", consul_version="1.8", pretty=True)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "stopped", "code"),
    [
        ("{}", Stopped.INTERRUPTED, 1),
        ("{}", Stopped.TERMINATED, 1),
        ("{}", Stopped.LEFT, 0),
        ('{"skip_leave_on_interrupt": true}', Stopped.INTERRUPTED, 1),
        ('{"skip_leave_on_interrupt": false}', Stopped.INTERRUPTED, 0),
        ('{"skip_leave_on_interrupt": false}', Stopped.TERMINATED, 1),
        ('{"leave_on_terminate": true}', Stopped.TERMINATED, 0),
        ('{"leave_on_terminate": true}', Stopped.INTERRUPTED, 1),
    ],
)
def test_the_exit_code_is_that_of_consul(
    run: Run, configuration: Configuration, content: str, stopped: Stopped, code: int
) -> None:
    assert run("consul", "agent", "-config-file", configuration(content, stopped))[0] == code


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("-nonsense", "==> error parsing flags: flag provided but not defined: -nonsense\n"),
        ("extra", "==> Unexpected extra arguments: [extra]\n"),
        ("-config-file=/nowhere.json", "==> config: Open failed on /nowhere.json. open /nowhere.json: no such file or"),
        ("-node-id=x", "==> node_id must be a UUID"),
        ("-reap-interval=0", "==> reap_interval must be"),
    ],
)
def test_nonsense_ends_in_one_line(run: Run, served: list[Settings], argument: str, said: str) -> None:
    code, out, err = run("consul", "agent", "-dev", argument)
    assert (code, out, served) == (1, "", [])
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_what_cannot_be_listened_on_ends_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(*_arguments: object) -> None:
        raise StartError("cannot listen on 127.0.0.1:8500: Address already in use")

    monkeypatch.setattr(server, "serve", serve)
    said = "==> Error starting agent: cannot listen on 127.0.0.1:8500: Address already in use\n"
    assert run("consul", "agent")[::2] == (1, said)


def test_a_file_that_is_not_read_is_told(run: Run, served: list[Settings], tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    assert f"==> {path} is not read" in run("consul", "agent", "-config-file", str(path))[2]
    assert len(served) == 1


@pytest.mark.parametrize("words", [["version"], ["-version"], ["--version"], ["-v"]])
def test_the_version_begins_as_consuls_does_and_says_what_it_is(run: Run, words: list[str]) -> None:
    code, out, err = run("consul", *words)
    first, second = out.splitlines()
    assert (code, err, first) == (0, "", "Consul v1.21.4")
    assert second.startswith("custom-registry 0.")
    assert "not Consul" in second


def test_the_version_is_that_which_is_spoken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("custom-registry", "version", "-consul-version", "1.8")[1].startswith("Consul v1.8.7\n")
    monkeypatch.setenv("CUSTOM_REGISTRY_CONSUL_VERSION", "1.8")
    assert run("custom-registry", "version")[1].startswith("Consul v1.8.7\n")
    assert run("custom-registry", "version", "-consul-version", "1.9")[0] == 1
    assert run("custom-registry", "version", "-nonsense")[0] == 1
    assert run("custom-registry", "version", "-h")[0] == 0


def test_the_version_as_json_is_what_consuls_go_sdk_reads(run: Run) -> None:
    code, out, err = run("consul", "version", "-format=json")
    assert (code, err) == (0, "")
    read = json.loads(out)
    assert (read["Version"], read["Prerelease"]) == ("1.21.4", "")
    assert read["AnsweredBy"].startswith("custom-registry 0.")
    assert run("consul", "version", "-format=xml")[::2] == (1, "==> Unknown format: xml\n")


@pytest.mark.parametrize("program", ["custom-registry", "consul"])
@pytest.mark.parametrize("word", sorted(CLIENT_COMMANDS))
def test_consuls_client_commands_are_not_ours(run: Run, program: str, word: str) -> None:
    code, out, err = run(program, word, "-http-addr=127.0.0.1:8500")
    assert (code, out) == (2, "")
    assert err.startswith(f"Error: {word} is a client command of Consul")


def test_by_the_name_of_consul_it_shows_how_it_is_used(run: Run) -> None:
    for words, code in ([], 127), (["nonsense"], 127), (["--port", "1"], 127):
        ended, out, err = run("consul", *words)
        assert (ended, out) == (code, "")
        assert err.startswith("Usage: consul <command>")
    for word in ("-h", "--help", "help"):
        assert run("consul", word)[::2] == (0, "")


def test_help_tells_every_flag_and_needs_no_server() -> None:
    program = (
        "import sys; from custom_registry.__main__ import main\n"
        "try: main()\n"
        "finally: assert 'flask' not in sys.modules and 'uvicorn' not in sys.modules"
    )
    command = [sys.executable, "-c", program, "agent", "-help"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    for name in FLAGS | OWN_FLAGS | OTHER_FLAGS:
        assert f"-{name}" in ended.stdout
