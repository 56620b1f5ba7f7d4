"""The forge's workflow, as far as it can be known without the forge: schema, pins, and that what it names is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest
import yaml

from compare.wire.transcript import versions
from tests.support.pages import REPOSITORY

WORKFLOW = REPOSITORY / ".github" / "workflows" / "ci.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return read


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_it_is_of_the_forges_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned_to_a_commit_and_says_which_version_that_is() -> None:
    used = re.findall(r"uses: (.*)", WORKFLOW.read_text(encoding="utf-8"))
    assert len(used) >= 8
    assert [each for each in used if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_it_may_read_and_nothing_else(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert not [name for name, job in workflow["jobs"].items() if "permissions" in job]
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)
    assert all(job["timeout-minutes"] for job in workflow["jobs"].values())


def test_both_ends_of_what_is_supported_are_tried(workflow: dict[str, Any]) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    classified = [each.rpartition(" ")[2] for each in project["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == classified
    assert project["requires-python"] == f">={classified[0]}"
    for name in ("test", "compare", "hunt"):
        tried = workflow["jobs"][name]["strategy"]["matrix"]["consul"]
        assert {each["version"] for each in tried} == set(versions())
        assert all(each["image"].endswith(f"consul:{each['version']}") for each in tried)


def test_what_it_calls_is_there(workflow: dict[str, Any]) -> None:
    commands = [step["run"] for step in steps(workflow) if "run" in step]
    scripts = {found for command in commands for found in re.findall(r"scripts/[\w-]+", command)}
    assert scripts
    assert all(os.access(REPOSITORY / script, os.X_OK) for script in scripts)
    called = [command.partition("ARGS=")[0] for command in commands if command.startswith("make ")]
    targets = {word for command in called for word in re.findall(r" ([a-z]+)\b(?!=)", command)}
    assert {"lint", "site", "dist", "test", "compare", "hunt"} == targets
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_reports_of_the_comparison_are_kept(workflow: dict[str, Any]) -> None:
    compare = workflow["jobs"]["compare"]["steps"]
    (kept,) = [step for step in compare if step.get("uses", "").startswith("actions/upload-artifact@")]
    assert kept["with"]["path"] == "results"
    assert kept["if"] == "success() || failure()"
    assert any("results/comparison.html" in step.get("run", "") for step in compare)
