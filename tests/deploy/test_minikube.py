"""``deploy-minikube.sh`` on stand-ins: what it calls, in which order, and what it says when something fails."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.deploy.stand_ins import ALL, DAEMON, NO_CLUSTER, RUNS, SCRIPT, STOPPED, StandIns
from tests.support.consul import missing
from tests.support.kubectl import assert_understood

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = "service-registry:latest"
KUBECTL = "kubectl --context class"
CHECKED = ["minikube status", "minikube profile"]
BUILT = [
    "minikube docker-env --shell bash",
    f"docker image inspect --format {{{{.Id}}}} {IMAGE}",
    f"docker build --tag {IMAGE} .",
    f"docker image inspect --format {{{{.Id}}}} {IMAGE}",
]
APPLIED = [f"{KUBECTL} apply -f k8s/registry-deployment.yaml -f k8s/example-service-deployment.yaml"]
AWAITED = [
    f"{KUBECTL} rollout status deployment/{name} --timeout 180s"
    for name in ("service-registry", "user-service", "payment-service")
]
ASKED = (
    "curl --silent --fail --connect-timeout 3 --retry 3 --retry-delay 1 --retry-connrefused http://192.168.49.2:30001"
)
SAID = ["minikube ip", f"{ASKED}/services"]


@pytest.fixture
def programs(tmp_path: Path) -> StandIns:
    return StandIns(tmp_path)


def test_it_builds_in_minikube_applies_waits_and_says_where(programs: StandIns) -> None:
    ended = programs.run()

    assert (ended.returncode, ended.stderr) == (0, "")
    assert programs.calls == CHECKED + BUILT + APPLIED + AWAITED + SAID
    assert programs.docker_hosts() == {DAEMON}
    assert "The registry:  http://192.168.49.2:30001\n" in ended.stdout
    assert "  curl http://192.168.49.2:30001/discover/user-service\n" in ended.stdout


def test_a_stopped_minikube_is_started_first(programs: StandIns) -> None:
    programs.answers["minikube status"] = [STOPPED]

    assert programs.run().returncode == 0
    assert programs.calls[:3] == ["minikube status", "minikube start", "minikube profile"]


@pytest.mark.parametrize("there", [(), ("kubectl",), ("minikube", "docker", "curl")])
def test_all_that_is_missing_is_said_before_anything_is_done(tmp_path: Path, there: tuple[str, ...]) -> None:
    programs = StandIns(tmp_path, there)
    ended = programs.run()

    gone = [name for name in ALL if name not in there]
    assert (ended.returncode, ended.stdout) == (1, "")
    first, *hints = ended.stderr.splitlines()
    assert first == f"deploy-minikube: missing: {' '.join(gone)}"
    assert [hint.split()[0] for hint in hints] == gone
    assert programs.calls == []


@pytest.mark.parametrize(
    ("failing", "message", "last"),
    [
        ("minikube start", "Minikube does not start", "minikube start"),
        ("minikube docker-env", "Minikube lends no Docker daemon", "minikube docker-env --shell bash"),
        ("docker build", "the image cannot be built: nothing was applied", BUILT[2]),
        (f"{KUBECTL} apply", "kubectl cannot apply k8s/", APPLIED[0]),
        ("minikube ip", "Minikube does not say what its address is", "minikube ip"),
    ],
)
def test_it_stops_at_the_first_failure_and_says_which(
    programs: StandIns, failing: str, message: str, last: str
) -> None:
    programs.answers |= {failing: [(1, "its own words\n")], "minikube status": [STOPPED]}
    ended = programs.run()

    assert ended.returncode == 1
    assert "its own words" in ended.stderr
    assert f"deploy-minikube: {message}" in ended.stderr
    assert programs.calls[-1] == last


def test_what_does_not_get_ready_is_shown_with_the_way_to_its_reason(programs: StandIns) -> None:
    programs.answers[AWAITED[1].partition(" --timeout")[0]] = [(1, "timed out\n")]
    ended = programs.run(TIMEOUT="7s")

    assert ended.returncode == 1
    assert programs.calls[-1] == f"{KUBECTL} get pods --selector app=user-service"
    assert f"{KUBECTL} rollout status deployment/user-service --timeout 7s" in programs.calls
    assert "user-service is not ready after 7s" in ended.stderr
    assert f"{KUBECTL} describe pods --selector app=user-service" in ended.stderr


def test_twice_it_changes_nothing_where_nothing_has_changed(programs: StandIns) -> None:
    programs.answers["docker image inspect"] = [(1, ""), (0, "sha256:first\n")]

    first, second = programs.run(), programs.run()
    assert (first.returncode, second.returncode) == (0, 0)
    assert programs.calls == (CHECKED + BUILT + APPLIED + AWAITED + SAID) * 2
    assert "restarting" not in first.stdout + second.stdout


def test_a_new_image_restarts_what_ran_with_the_old_one(programs: StandIns) -> None:
    programs.answers |= {
        "docker image inspect": [(0, "sha256:first\n"), (0, "sha256:second\n")],
        f"{KUBECTL} get deployment service-registry": [(0, "deployment.apps/service-registry\n")],
        f"{KUBECTL} get deployment payment-service": [(0, "deployment.apps/payment-service\n")],
    }
    assert programs.run().returncode == 0

    restart = f"{KUBECTL} rollout restart deployment service-registry payment-service"
    assert programs.calls.count(restart) == 1
    assert programs.calls.index(APPLIED[0]) < programs.calls.index(restart) < programs.calls.index(AWAITED[0])


def test_where_the_nodes_address_cannot_be_reached_it_says_how_to_forward_a_port(programs: StandIns) -> None:
    programs.answers["curl"] = [(7, "")]
    ended = programs.run()

    assert ended.returncode == 0
    assert f"  {KUBECTL} port-forward service/service-registry 5001:5001\n" in ended.stdout
    assert "  curl http://localhost:5001/discover/user-service\n" in ended.stdout
    assert "The registry:" not in ended.stdout


class TestDelete:
    DELETED = (
        f"{KUBECTL} delete statefulset,deployment,service --selector app.kubernetes.io/part-of=discovery-compare "
        "--cascade=foreground --wait --timeout 180s"
    )

    def test_it_takes_all_away_and_leaves_minikube(self, programs: StandIns) -> None:
        programs.answers["docker image inspect"] = [(0, "sha256:first\n")]
        ended = programs.run("--delete")

        assert (ended.returncode, ended.stderr) == (0, "")
        removed = ["minikube docker-env --shell bash", BUILT[1], f"docker image rm --force {IMAGE}"]
        assert programs.calls == [*CHECKED, self.DELETED, *removed]
        assert programs.docker_hosts() == {DAEMON}

    def test_twice_there_is_nothing_left_to_do(self, programs: StandIns) -> None:
        programs.answers["docker image inspect"] = [(1, "")]
        ended = programs.run("--delete")

        assert (ended.returncode, ended.stderr) == (0, "")
        assert programs.calls[-1] == BUILT[1]

    def test_without_a_cluster_there_is_nothing_either(self, programs: StandIns) -> None:
        programs.answers["minikube status"] = [NO_CLUSTER]
        ended = programs.run("--delete")

        assert (ended.returncode, programs.calls) == (0, ["minikube status"])
        assert "nothing to take away" in ended.stdout

    def test_a_stopped_minikube_is_not_taken_for_an_empty_one(self, programs: StandIns) -> None:
        programs.answers["minikube status"] = [STOPPED]
        ended = programs.run("--delete")

        assert (ended.returncode, programs.calls) == (1, ["minikube status"])
        assert "Minikube is stopped, with whatever was deployed in it" in ended.stderr

    def test_it_needs_no_curl(self, tmp_path: Path) -> None:
        programs = StandIns(tmp_path, ("minikube", "kubectl", "docker"))
        assert programs.run("--delete").returncode == 0

    def test_a_failure_is_told_and_the_image_stays(self, programs: StandIns) -> None:
        programs.answers |= {"minikube status": [RUNS], f"{KUBECTL} delete": [(1, "its own words\n")]}
        ended = programs.run("--delete")

        assert ended.returncode == 1
        assert "its own words" in ended.stderr
        assert programs.calls[-1] == self.DELETED


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_its_help_shows_every_way_to_call_it_and_calls_nothing(programs: StandIns, flag: str) -> None:
    ended = programs.run(flag)

    assert (ended.returncode, ended.stderr, programs.calls) == (0, "", [])
    assert {"./deploy-minikube.sh --delete", "./deploy-minikube.sh --help"} <= set(
        re.findall(r"\./deploy-minikube\.sh --\w+", ended.stdout)
    )
    assert "Exit codes:" in ended.stdout


@pytest.mark.parametrize("arguments", [["--destroy"], ["--delete", "now"], ["--help", "me"]])
def test_wrong_arguments_are_refused(programs: StandIns, arguments: list[str]) -> None:
    ended = programs.run(*arguments)

    assert (ended.returncode, programs.calls) == (2, [])
    assert "see --help" in ended.stderr


@pytest.mark.integration
def test_shellcheck_finds_nothing() -> None:
    if shutil.which("shellcheck") is None:
        missing("no shellcheck is installed")
    checked = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.integration
def test_the_real_kubectl_understands_each_call(programs: StandIns) -> None:
    programs.answers |= {"docker image inspect": [(0, "sha256:a\n"), (0, "sha256:b\n")]}
    programs.answers[f"{KUBECTL} get deployment"] = [(0, "deployment.apps/x\n")]
    assert programs.run().returncode == 0
    programs.answers["kubectl --context class rollout status"] = [(1, "")]
    assert programs.run().returncode == 1
    assert programs.run("--delete").returncode == 0
    calls = {call for call in programs.calls if call.startswith("kubectl")}
    assert {call.split()[3] for call in calls} == {"get", "apply", "rollout", "delete"}

    for call in calls:
        assert_understood(shlex.split(call)[1:])


@pytest.mark.integration
def test_a_call_that_kubectl_does_not_understand_is_noticed() -> None:
    """With a space before its value, this flag has none, and the value is one argument too many."""
    with pytest.raises(AssertionError, match="cannot be used when passing"):
        assert_understood(["delete", "deployment,service", "--selector", "app=x", "--cascade", "foreground"])
