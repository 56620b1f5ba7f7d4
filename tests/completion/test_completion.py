"""Both commands complete in a real bash, as click's script for it asks them; zsh and fish ask by the same variable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(sys.executable).parent
ASK = """
eval "$({program} completion bash)"
function=$(complete -p {program} | sed -E 's/.*-F ([^ ]+) .*/\\1/')
for line in "$@"; do
    read -ra COMP_WORDS <<<"$line"
    [[ $line == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
    COMPREPLY=()
    "$function" {program}
    echo "${{COMPREPLY[*]}}"
done
"""


def environment(**further: str) -> dict[str, str]:
    return os.environ | {"PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"} | further


def completed(program: str, *lines: str, cwd: Path | None = None) -> list[list[str]]:
    bash = shutil.which("bash")
    assert bash is not None
    told = subprocess.run(
        [bash, "--norc", "-c", ASK.format(program=program), "bash", *lines],
        env=environment(),
        cwd=cwd,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    return [line.split() for line in told.stdout.splitlines()]


def test_the_registry_completes_words_options_and_values() -> None:
    words, options, values = completed(
        "custom-registry", "custom-registry ", "custom-registry --heart", "custom-registry --profile "
    )
    assert sorted(words) == ["agent", "completion", "version"]
    assert options == ["--heartbeat-timeout"]
    assert values == ["full", "basic"]


def test_the_agent_completes_consuls_flags_and_our_own() -> None:
    ports, own, both = completed(
        "custom-registry",
        "custom-registry agent -http",
        "custom-registry agent -dev -sho",
        "custom-registry agent -node=x -con",
    )
    assert ports == ["-http-port"]
    assert own == ["-shortest-deregister-after", "-shortest-check-interval"]
    assert set(both) == {"-config-file", "-config-dir", "-config-format", "-consul-version"}


def test_the_comparison_completes_targets_and_scenarios(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "canary.toml").write_text(
        'title = "Canary"\nquestion = "Is it?"\ngroup = "Mine"\n[[steps]]\nstep = "s"\ndo = "services"\n'
    )
    targets, facades, scenarios, own = completed(
        "discovery-compare",
        "discovery-compare run c",
        "discovery-compare run basic facade",
        "discovery-compare run --only lapse",
        "discovery-compare run --scenarios mine --only can",
        cwd=tmp_path,
    )
    assert {"custom", "consul", "consul:docker"} <= set(targets)
    assert {"facade", "facade:1.21", "facade:1.8"} == set(facades)
    assert scenarios == ["lapse", "lapse_whole"]
    assert own == ["canary"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
@pytest.mark.parametrize("program", ["custom-registry", "discovery-compare"])
def test_other_shells_get_a_script_and_their_answers(program: str, shell: str) -> None:
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    script = subprocess.run(
        [program, "completion", shell], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    assert f"{variable}={shell}_complete" in script.stdout
    asked = {
        variable: f"{shell}_complete",
        "COMP_WORDS": f"{program} comp",
        "COMP_CWORD": "1" if shell == "zsh" else "comp",
    }
    answer = subprocess.run(
        [program], env=environment(**asked), capture_output=True, text=True, timeout=60, check=False
    )
    assert "completion" in answer.stdout


@pytest.mark.parametrize("program", ["custom-registry", "discovery-compare"])
def test_a_shell_that_is_not_known_is_refused(program: str) -> None:
    refused = subprocess.run(
        [program, "completion", "tcsh"], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode == 2
    assert "tcsh" in refused.stderr
