"""What the wheel does with the extra for the comparison, outside the repository: all that it reads comes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compare.loading import SCENARIOS, load_scenarios
from tests.packaging.conftest import REPOSITORY

if TYPE_CHECKING:
    from tests.packaging.conftest import Built, Environment

pytestmark = pytest.mark.integration


def test_nothing_of_it_comes_from_the_repository(comparing: Environment) -> None:
    where = comparing.run("python", "-c", "import compare, custom_registry, discovery; print(compare.__file__)").stdout
    assert where.startswith(str(comparing.folder))
    assert str(REPOSITORY) not in where


def test_it_tells_its_version_and_lists_all_scenarios(comparing: Environment, built: Built) -> None:
    assert comparing.run("discovery-compare", "--version").stdout.split()[1] == built.wheel.name.split("-")[1]
    listed = comparing.run("discovery-compare", "list").stdout
    assert all(f"  {scenario.name} " in listed for scenario in load_scenarios(SCENARIOS))
    assert "recorded:consul-1.8.7" in listed


def test_a_comparison_with_the_recording_knows_its_differences_and_writes_its_page(comparing: Environment) -> None:
    arguments = ("--reference", "recorded:consul-1.8.7", "--only", "register_discover", "--only", "order")
    done = comparing.run("discovery-compare", "run", "basic", *arguments, "--html", "page.html", "--json", "run.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "~ known" in done.stdout
    assert "Consul sorts instances by id" in (comparing.work / "page.html").read_text(encoding="utf-8")
    again = comparing.run("discovery-compare", "show", "run.json", "--markdown", "run.md")
    assert again.returncode == 0
    assert r"register\_discover" in (comparing.work / "run.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("dialect", "version"), [("1.21", "1.21.4"), ("1.8", "1.8.7")])
def test_the_wire_is_played_from_its_transcripts(comparing: Environment, dialect: str, version: str) -> None:
    page = f"wire-{dialect}.html"
    done = comparing.run("discovery-compare", "wire", f"facade:{dialect}", "--only", "maintenance", "--html", page)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 of 20 steps agree exactly" in done.stdout
    assert version in (comparing.work / page).read_text(encoding="utf-8")


def test_a_bench_without_its_extra_says_so(comparing: Environment) -> None:
    refused = comparing.run("discovery-compare", "bench", "custom", "--tiny")
    assert refused.returncode == 2
    assert 'pip install "discovery-compare[bench]"' in refused.stderr
    assert comparing.run("discovery-compare", "bench", "--help").returncode == 0


def test_a_bench_finds_its_workloads_and_its_page(benching: Environment) -> None:
    measure = ("--tiny", "--only", "heartbeat", "--rounds", "1", "--seconds", "0.1", "--html", "bench.html")
    done = benching.run("discovery-compare", "bench", "custom", *measure)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "heartbeat" in (benching.work / "bench.html").read_text(encoding="utf-8")
