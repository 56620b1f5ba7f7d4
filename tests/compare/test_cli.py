from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from compare import cli
from compare.cli import main
from compare.recording import Recording
from compare.run import Run
from compare.sources import NoConsul, TargetMissing
from compare.targets import resolve
from tests.compare.fakes import FakeBackend, FakeSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Makers = dict[str, "Callable[[], FakeBackend]"]
SCENARIO = """
title = "Mine"
question = "Is it found?"
group = "My own"

[[steps]]
step = "first"
do = "register"
service = "web"
address = "10.0.0.1"
tags = ["a"]

[[steps]]
step = "found"
do = "discover"
service = "web"
show = ["tags"]
"""
KNOWN = """
[[difference]]
target = "custom"
scenario = "mine"
step = "found"
path = "value.instances[first].tags"
reference = ["a"]
observed = []
why = "This registry keeps no tags, and never will."
source = "its own documentation"
versions = ">=1.8"
"""


@pytest.fixture
def sources(serve: Makers, monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeSource]:
    """Every target is a fake; what ``serve`` says is behind it."""
    assert serve == {}
    made: dict[str, FakeSource] = {}

    def resolve_fake(text: str, **options: Any) -> Any:
        return made.get(text) or resolve(text, **options)

    for name in ("basic", "custom", "facade", "consul"):
        made[name] = FakeSource(name, complete=name != "basic")
    monkeypatch.setattr(cli, "resolve", resolve_fake)
    return made


class LosesTags(FakeBackend):
    def discover(self, service: str, **options: Any) -> Any:
        found = super().discover(service, **options)
        for instance in found:
            object.__setattr__(instance, "tags", ())
        return found


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def folder(path: Path) -> Path:
    own = path / "own"
    own.mkdir()
    (own / "mine.toml").write_text(SCENARIO)
    return own


def test_list_shows_every_scenario_with_its_question(tmp_path: Path) -> None:
    result = invoke("list", "--scenarios", folder(tmp_path))
    assert result.exit_code == 0
    assert "lapse_whole" in result.stdout
    assert "(slow)" in result.stdout
    assert "Is it found?" in result.stdout


@pytest.mark.usefixtures("sources")
def test_a_run_without_differences_ends_with_0() -> None:
    result = invoke("run", "custom", "--only", "unknown_service")
    assert result.exit_code == 0, result.output
    assert "unknown_service" in result.stdout
    assert "[1/1] unknown_service" in result.stderr


@pytest.mark.usefixtures("sources")
def test_without_targets_all_of_ours_are_compared_with_a_consul(tmp_path: Path) -> None:
    report = tmp_path / "run.json"
    result = invoke("run", "--only", "unknown_service", "--json", report)
    assert result.exit_code == 0, result.output
    run = Run.from_dict(json.loads(report.read_text()))
    assert [target.name for target in run.targets] == ["basic", "custom", "facade", "consul"]
    assert run.reference == "consul"


@pytest.mark.usefixtures("sources")
def test_an_unexpected_difference_ends_with_1_and_names_the_scenario(serve: Makers) -> None:
    serve["custom"] = LosesTags
    result = invoke("run", "custom", "--only", "discover_by_tag", "--only", "tags_metadata")
    assert result.exit_code == 1
    assert "tags_metadata" in result.stdout


@pytest.mark.usefixtures("sources")
def test_a_known_difference_of_ones_own_is_given_by_a_file(serve: Makers, tmp_path: Path) -> None:
    serve["custom"] = LosesTags
    own = folder(tmp_path)
    known = tmp_path / "known.toml"
    known.write_text(KNOWN)
    arguments = ("run", "custom", "--only", "mine", "--scenarios", own)
    assert invoke(*arguments).exit_code == 1
    assert invoke(*arguments, "--known", known).exit_code == 0
    del serve["custom"]
    assert invoke(*arguments, "--known", known).exit_code == 1, "the known difference no longer shows"


@pytest.mark.usefixtures("sources")
def test_a_draft_is_refused_until_its_whys_are_given(serve: Makers, tmp_path: Path) -> None:
    serve["custom"] = LosesTags
    own = folder(tmp_path)
    draft = tmp_path / "draft.toml"
    arguments = ("run", "custom", "--only", "mine", "--scenarios", own)
    assert invoke(*arguments, "--draft-known", draft).exit_code == 1
    assert invoke(*arguments, "--known", draft).exit_code == 2
    text = draft.read_text()
    draft.write_text(text.replace("TO DO: say why", "It keeps no tags at all.").replace('""', '"its page"'))
    assert invoke(*arguments, "--known", draft).exit_code == 0


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("run", "nonsense"), "no target 'nonsense'; there are: basic, custom, facade"),
        (("run", "facade:1.9"), "no target 'facade:1.9'; there are: basic, custom, facade, facade:1.21, facade:1.8"),
        (("run", "ftp://host"), "no backend for ftp://"),
        (("run", "registry://host/path"), "more than a host"),
        (("run", "--only", "laps"), "no scenario 'laps'"),
        (("run", "custom", "custom"), "named twice"),
        (("run", "--html", "/nowhere/at/all.html"), "there is no folder"),
        (("run", "--known", "/nowhere.toml"), "does not exist"),
        (("run", "--reference", "nonsense"), "no target 'nonsense'"),
        (("run", "--slowly"), "No such option"),
        (("show", "/nowhere.json"), "does not exist"),
        (("record",), "Missing option '-o'"),
        (("fly",), "No such command"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], complaint: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_wrong_scenarios_end_with_2(tmp_path: Path) -> None:
    own = folder(tmp_path)
    (own / "bad.toml").write_text(SCENARIO.replace("discover", "find"))
    result = invoke("run", "--scenarios", own)
    assert result.exit_code == 2
    assert "bad.toml: step found: do: unknown verb 'find'" in result.stderr


def test_a_target_that_cannot_be_had_ends_with_3(sources: dict[str, FakeSource]) -> None:
    sources["basic"].failure = TargetMissing("port taken, tried thrice")
    result = invoke("run", "--only", "lapse")
    assert result.exit_code == 3
    assert "tried thrice" in " ".join(result.output.split())


@pytest.mark.usefixtures("sources")
def test_a_recording_that_is_not_there_ends_with_3() -> None:
    result = invoke("run", "custom", "recorded:nonsense")
    assert result.exit_code == 3
    assert "no recording 'nonsense'" in result.stderr


def test_without_any_consul_the_first_line_says_that_it_is_not_live(
    sources: dict[str, FakeSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "recording.json"
    assert invoke("record", "-o", file, "--only", "unknown_service").exit_code == 0
    recording = Recording("recorded:consul-1.8.7", Run.from_dict(json.loads(file.read_text())))
    monkeypatch.setattr(cli, "load_recording", lambda _: recording)
    sources["consul"].failure = NoConsul("no real Consul")
    result = invoke("run", "--only", "unknown_service")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Not live: consul is played back")
    assert invoke("run", "custom", "consul", "--only", "unknown_service").exit_code == 3, "consul was asked for by name"


@pytest.mark.usefixtures("sources")
def test_a_recording_is_played_back_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "recording.json"
    result = invoke("record", "-o", file, "--only", "tags_metadata")
    assert result.exit_code == 0
    assert "Consul 1.8.7: 1 scenarios recorded" in result.stdout
    played = invoke("run", "custom", f"recorded:{file}", "--only", "tags_metadata")
    assert played.exit_code == 0, played.output


@pytest.mark.usefixtures("sources")
def test_half_a_recording_is_not_kept(serve: Makers, tmp_path: Path) -> None:
    class Failing(FakeBackend):
        def services(self) -> Any:
            raise TimeoutError("no answer")

    serve["consul"] = Failing
    file = tmp_path / "recording.json"
    result = invoke("record", "-o", file, "--only", "counts")
    assert result.exit_code == 1
    assert "counts / all_well: no answer" in result.stderr
    assert not file.exists()


@pytest.mark.usefixtures("sources")
def test_every_report_is_written_and_a_run_can_be_shown_again(serve: Makers, tmp_path: Path) -> None:
    serve["custom"] = LosesTags
    files = {kind: tmp_path / f"run.{kind}" for kind in ("json", "html", "junit", "markdown")}
    options = [part for kind, file in files.items() for part in (f"--{kind}", file)]
    result = invoke("run", "custom", "--only", "tags_metadata", *options)
    assert result.exit_code == 1
    assert all(re.search("tags_metadata|Tags and metadata", file.read_text()) for file in files.values())
    again = invoke("show", files["json"], "--html", tmp_path / "again.html")
    assert again.exit_code == 1
    assert again.stdout == result.stdout
    assert (tmp_path / "again.html").read_text() == files["html"].read_text()


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 99}', '{"schema": 1}', "[]"])
def test_what_is_no_run_cannot_be_shown(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.json"
    file.write_text(text)
    result = invoke("show", file)
    assert result.exit_code == 2
    assert "run.json" in result.stderr


@pytest.mark.usefixtures("sources")
def test_the_reference_is_the_one_that_is_named(serve: Makers) -> None:
    serve["basic"] = LosesTags
    result = invoke("run", "custom", "--reference", "basic", "--only", "tags_metadata")
    assert result.exit_code == 1
