from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from compare.wire.endpoints import endpoint
from compare.wire.transcript import FOLDER, BadTranscript, Exchange, load, load_all, matching, versions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*/*.json")), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_transcript_is_written_as_it_was_read(file: Path) -> None:
    assert load(file).text() == file.read_text(encoding="utf-8")


def test_both_versions_were_asked_the_same() -> None:
    assert versions() == ["1.21.4", "1.8.7"]
    newer, every = (load_all(version) for version in versions())
    older = [each for each in every if each.scenario != "sequences"]  # found beside the one that could be asked then
    assert len(older) == len(every) - 1
    assert [each.scenario for each in newer] == [each.scenario for each in older]
    for one, other in zip(newer, older, strict=True):
        labels = [[step.label.partition("?")[0] for step in each.steps] for each in (one, other)]
        assert labels[0] == labels[1]
    assert sum(isinstance(step, Exchange) for each in newer for step in each.steps) == 728


@pytest.mark.parametrize(
    ("wanted", "found"), [("1.8.7", "1.8.7"), ("1.8", "1.8.7"), ("1.21.0+ent", "1.21.4"), ("1.21", "1.21.4")]
)
def test_a_version_finds_the_transcripts_of_its_kind(wanted: str, found: str) -> None:
    assert matching(wanted) == found


@pytest.mark.parametrize("wanted", ["1.9", "2", "x", ""])
def test_without_transcripts_it_is_said_which_there_are(wanted: str) -> None:
    with pytest.raises(BadTranscript, match=r"1\.21\.4, 1\.8\.7"):
        matching(wanted)
    with pytest.raises(BadTranscript, match=r"1\.21\.4, 1\.8\.7"):
        load_all(wanted or "none")


@pytest.mark.parametrize(
    ("change", "place"),
    [({"steps": [{"wait": 1}]}, "steps.0"), ({"consul": 1}, "consul"), ({"more": 1}, "more"), ({"steps": 1}, "steps")],
)
def test_a_wrong_transcript_is_refused_with_the_place(tmp_path: Path, change: dict[str, object], place: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps({"consul": "1.8.7", "scenario": "x", "steps": []} | change), encoding="utf-8")
    with pytest.raises(BadTranscript, match=place):
        load(file)


@pytest.mark.parametrize("text", ["", "{"])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadTranscript, match="cannot be read"):
        load(file)


@pytest.mark.parametrize(
    ("method", "path", "named"),
    [
        ("GET", "/v1/health/service/web?passing", "GET /v1/health/service/…"),
        ("PUT", "/v1/agent/check/pass/service:web-1", "PUT /v1/agent/check/pass/…"),
        ("GET", "/v1/catalog/services", "GET /v1/catalog/services"),
        ("GET", "/v2/x", "GET /v2/x"),
        ("GET", "/", "GET /"),
    ],
)
def test_an_endpoint_has_consuls_own_words(method: str, path: str, named: str) -> None:
    assert endpoint(method, path) == named
