from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from compare import cli
from compare.wire import command
from compare.wire.reports import FILE_REPORTS
from compare.wire.transcript import FOLDER, load, load_all
from tests.support.consul import missing
from tests.wire.fakes import exchange, transcript
from tests.wire.test_runner import FIRST, SECOND, FakeSource

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from compare.wire.transcript import Transcript


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> FakeSource:
    """What every name on the command line means; there are two transcripts, of 1.8.7."""
    made = FakeSource("mine")

    def every(version: str, folder: Path = FOLDER) -> tuple[Transcript, ...]:
        assert version in {"1.8.7", "1.21.4"}
        return (FIRST, SECOND) if folder == FOLDER else load_all(version, folder)

    monkeypatch.setattr(command, "resolve", lambda text, *, binary: made)  # noqa: ARG005 - as it is called
    monkeypatch.setattr(command, "load_all", every)
    return made


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, [*arguments])


@pytest.mark.usefixtures("source")
def test_a_target_that_agrees_ends_with_0_and_all_reports_are_written(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in FILE_REPORTS}
    result = invoke("wire", "mine", *(f"--{name}={file}" for name, file in files.items()))
    assert result.exit_code == 0, result.output
    assert "2 of 2 steps agree exactly (100.0%)" in result.output
    assert all(file.read_text() for file in files.values())


@pytest.mark.usefixtures("source")
def test_transcripts_of_ones_own_are_played_in_place_of_ours(tmp_path: Path) -> None:
    mine = tmp_path / "consul-1.8.7"
    mine.mkdir()
    (mine / "second.json").write_text(SECOND.text(), encoding="utf-8")
    result = invoke("wire", "mine", "--transcripts", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "1 of 1 steps agree exactly" in result.output
    (mine / "second.json").write_text("{}", encoding="utf-8")
    assert invoke("wire", "mine", "--transcripts", str(tmp_path)).exit_code == 2
    assert invoke("wire", "mine", "--transcripts", str(mine)).exit_code == 2


def test_a_run_that_was_kept_can_be_shown_again_as_another_report(source: FakeSource, tmp_path: Path) -> None:
    source.body = 2
    kept, page = tmp_path / "run.json", tmp_path / "page.html"
    run = invoke("wire", "mine", "--only", "first", "--json", str(kept))
    again = invoke("show", str(kept), "--html", str(page))
    assert (run.exit_code, again.exit_code) == (1, 1)
    assert again.stdout == run.stdout
    assert "first / 0" in page.read_text()
    kept.write_text('{"level": "wire"}')
    assert invoke("show", str(kept)).exit_code == 2


def test_a_difference_ends_with_1_and_can_be_drafted_and_excepted(source: FakeSource, tmp_path: Path) -> None:
    source.body = 2
    draft = tmp_path / "draft.toml"
    result = invoke("wire", "mine", "--only", "first", "--draft-exceptions", str(draft))
    assert result.exit_code == 1, result.output
    assert "first / 0 GET /v1/a" in result.output
    assert invoke("wire", "mine", "--exceptions", str(draft)).exit_code == 2
    text = draft.read_text().replace("TO DO: say why", "for the sake of this very test").replace('""', '"here"')
    draft.write_text(text)
    result = invoke("wire", "mine", "--only", "first", "--exceptions", str(draft))
    assert result.exit_code == 0, result.output
    assert "Why: for the sake of this very test [here]" in result.output
    source.body = 1
    result = invoke("wire", "mine", "--only", "first", "--exceptions", str(draft))
    assert result.exit_code == 1
    assert "1 exception no longer needed" in " ".join(result.output.split())


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "nosuch"), "no scenario 'nosuch'; there are: first, second"),
        (("--version", "2.0"), "no transcripts of Consul 2.0; there are: 1.21.4, 1.8.7"),
        (("--html", "/nosuch/folder/x.html"), "there is no folder"),
        (("--exceptions", "/nosuch"), "does not exist"),
        (("--jobs", "0"), "--jobs"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_started(arguments: tuple[str, ...], message: str) -> None:
    result = invoke("wire", "mine", *arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize(("target", "code"), [("nosuch", 2), ("facade:7", 2)])
def test_an_unknown_target_is_wrong_usage(target: str, code: int) -> None:
    assert invoke("wire", target).exit_code == code


def test_a_target_that_is_not_there_ends_with_3(source: FakeSource) -> None:
    source.failure = "nobody there"
    result = invoke("wire", "mine")
    assert result.exit_code == 3
    assert "nobody there" in result.output
    assert invoke("wire", "consul", "--consul-binary", "nosuch").exit_code == 3


def test_record_makes_transcripts_of_what_was_answered(source: FakeSource, tmp_path: Path) -> None:
    source.body = 5
    result = invoke("record", "mine", "--wire", "-o", str(tmp_path / "new"))
    assert result.exit_code == 0, result.output
    assert "Consul 1.8.7: 2 scenarios recorded" in result.output
    headers = {"Content-Type": "application/json"}
    assert load(tmp_path / "new" / "first.json") == transcript(exchange("/v1/a", 5, headers=headers), scenario="first")


def test_record_keeps_nothing_of_a_run_that_is_not_whole(source: FakeSource, tmp_path: Path) -> None:
    source.failure = "nobody there"
    result = invoke("record", "mine", "--wire", "-o", str(tmp_path / "new"))
    assert result.exit_code == 3
    assert "Not recorded" in result.output
    assert not (tmp_path / "new").exists()


def test_record_refuses_a_file_where_a_folder_is_wanted_and_the_other_way_round(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert invoke("record", "consul", "--wire", "-o", str(tmp_path / "file")).exit_code == 2
    assert invoke("record", "consul", "-o", str(tmp_path)).exit_code == 2


@pytest.mark.integration
def test_the_installed_consul_agrees_with_the_transcripts_of_its_version(tmp_path: Path) -> None:
    if shutil.which("consul") is None:
        missing("no consul is installed; scripts/install-consul does it on Debian")
    quick = [each.scenario for each in load_all("1.8.7") if each.scenario not in {"blocking", "reaping"}]
    report = tmp_path / "run.json"
    arguments = ["wire", "consul", "--json", str(report), *(f"--only={scenario}" for scenario in quick)]
    result = CliRunner().invoke(cli.main, arguments)
    if result.exit_code == 1:  # a busy machine can keep an answer waiting, though hardly twice
        result = CliRunner().invoke(cli.main, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(report.read_text())["agreeing"] > 640
