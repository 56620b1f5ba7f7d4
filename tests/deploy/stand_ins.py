"""Programs that stand in for minikube, kubectl, docker and curl: they note how they were called, and answer as told.

They prove the order of calls and what is done with answers, and no more: what the real programs do is not known here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.deploy.manifests import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = REPOSITORY / "deploy-minikube.sh"
ALL = ("minikube", "kubectl", "docker", "curl")
_LONGEST = 60.0  # seconds
_NEEDED = ("bash", "cat", "dirname", "sed")  # what the script takes from the system

_PROGRAM = """#!{python} -IS
import json, os, pathlib, sys
folder = pathlib.Path(__file__).parent
call = [pathlib.Path(__file__).name, *sys.argv[1:]]
line = " ".join(call)
calls = folder / "calls"
with calls.open("a") as log:
    log.write(json.dumps([line, os.environ.get("DOCKER_HOST", "")]) + "\\n")
answers = json.loads((folder / "answers.json").read_text())
for start, of_each_time in answers:
    if line.startswith(start):
        times = sum(json.loads(each)[0].startswith(start) for each in calls.read_text().splitlines())
        code, text = of_each_time[min(times, len(of_each_time)) - 1]
        (sys.stdout if code == 0 else sys.stderr).write(text)
        sys.exit(code)
"""

Answer = tuple[int, str]
RUNS: Answer = (0, "")
STOPPED: Answer = (7, "")  # as `minikube status` says it of host, kubelet and apiserver
NO_CLUSTER: Answer = (85, "")
DAEMON = "tcp://192.168.49.2:2376"
_USUAL: dict[str, list[Answer]] = {
    "minikube status": [RUNS],
    "minikube profile": [(0, "class\n")],
    "minikube docker-env": [(0, f'export DOCKER_HOST="{DAEMON}"\n# To point your shell to minikube, run: ...\n')],
    "minikube ip": [(0, "192.168.49.2\n")],
    "docker image inspect": [(1, ""), (0, "sha256:first\n")],
    "kubectl --context class rollout status": [(0, "successfully rolled out\n")],
    "curl": [(0, '{"services":{}}\n')],
}


@dataclass
class StandIns:
    """A folder of stand-ins, the only one on PATH beside what the script needs of the system.

    Args:
        folder: an empty one.
        there: which of them there are.
        answers: exit code and text by the beginning of the call, one for each time; the last of them from then on. What
            is not named ends in success without a word.
    """

    folder: Path
    there: tuple[str, ...] = ALL
    answers: dict[str, list[Answer]] = field(default_factory=dict)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script to its end."""
        self._make()
        return subprocess.run(
            [SCRIPT, *arguments],
            cwd=self.folder,
            env={"PATH": str(self.folder), "HOME": os.environ.get("HOME", "/"), **environment},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        """How they were called, in order."""
        return [line for line, _ in self._noted()]

    def docker_hosts(self) -> set[str]:
        """Which daemons docker was sent to."""
        return {host for line, host in self._noted() if line.startswith("docker ")}

    def _noted(self) -> list[tuple[str, str]]:
        file = self.folder / "calls"
        return (
            [tuple(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
        )

    def _make(self) -> None:
        for name in self.there:
            program = self.folder / name
            program.write_text(_PROGRAM.format(python=sys.executable), encoding="utf-8")
            program.chmod(0o755)
        for name in _NEEDED:
            link, target = self.folder / name, shutil.which(name)
            assert target is not None
            if not link.exists():
                link.symlink_to(target)
        answers = sorted((_USUAL | self.answers).items(), key=lambda entry: -len(entry[0]))  # the longest that fits
        (self.folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
