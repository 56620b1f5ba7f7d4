"""Tells the story through the command ``consul``, used as a client; it has no heartbeat, and no query but ``watch``.

    python -m tests.clients.command_story URL

So heartbeats are sent as a service would send them.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests.clients.telling import PATIENCE, eventually, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KEEP = 'cat > "$0/half" && mv "$0/half" "$0/$CONSUL_INDEX.json"'  # a watch's handler: each answer under its index


def ids(entries: list[dict[str, Any]]) -> list[str]:
    return sorted(entry["Service"]["ID"] for entry in entries)


class Story:
    """One agent, asked by commands.

    Args:
        url: of the agent's HTTP API.
        folder: for the story's own files.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CONSUL_")},
            "CONSUL_HTTP_ADDR": url,
        }
        self.name = f"web-{uuid.uuid4().hex[:8]}"
        self.first, self.second = f"{self.name}-1", f"{self.name}-2"
        self.definition = folder / "services.json"
        self.node = ""

    def tell(self) -> None:
        """Take all the steps."""
        tell(
            (
                *(self.agent, self.register, self.heartbeat, self.discover, self.filter, self.watch, self.lapse),
                *(self.catalog, self.maintenance, self.refusal, self.deregister),
            )
        )

    def agent(self) -> None:
        """Learn who answers."""
        heading, member = self.table("members")
        assert heading[:6] == ["Node", "Address", "Status", "Type", "Build", "Protocol"]
        self.node = member[0]
        assert member[2:4] == ["alive", "server"]
        assert member[6] == "dc1"
        assert "role=consul" in self.run("members", "-detailed")
        heading, peer = self.table("operator", "raft", "list-peers")
        assert (peer[0], peer[3]) == (self.node, "leader")

    def register(self) -> None:
        """Register an instance with a TTL check out of a file, and one without any by flags."""
        first = {
            "id": self.first,
            "name": self.name,
            "address": "10.1.0.1",
            "port": 8001,
            "tags": ["primary", "v1"],
            "meta": {"version": "1"},
            "weights": {"passing": 10, "warning": 2},
            "check": {"ttl": "30s", "notes": "by its heartbeats"},
        }
        self.definition.write_text(json.dumps({"service": first}), encoding="utf-8")
        assert self.run("services", "register", str(self.definition)) == f"Registered service: {self.name}\n"
        flags = (f"-name={self.name}", f"-id={self.second}", "-address=10.1.0.2", "-port=8002", "-tag=v2", "-meta=a=b")
        assert self.run("services", "register", *flags) == f"Registered service: {self.name}\n"
        eventually(self.found, [self.first, self.second])
        service = {entry["Service"]["ID"]: entry["Service"] for entry in self.entries()}[self.first]
        assert (service["Address"], service["Port"], service["Tags"]) == ("10.1.0.1", 8001, ["primary", "v1"])
        assert (service["Meta"], service["Weights"]) == ({"version": "1"}, {"Passing": 10, "Warning": 2})

    def heartbeat(self) -> None:
        """Send heartbeats, and see them in the checks."""
        for report, status, found in (
            ("pass", "passing", [self.first, self.second]),
            ("warn", "warning", [self.second]),
            ("fail", "critical", [self.second]),
            ("pass", "passing", [self.first, self.second]),
        ):
            self.report(report, f"it is {status}")
            eventually(lambda: self.found("-passingonly=true"), found)
            (check,) = json.loads(self.run("watch", "-type=checks", f"-service={self.name}"))
            assert (check["CheckID"], check["Status"]) == (f"service:{self.first}", status)
            assert check["Output"] == f"it is {status}"

    def discover(self) -> None:
        """Find the instances by service, tag and state."""
        assert self.found("-tag=v2") == [self.second]
        assert self.found("-tag=v3") == []
        passing = json.loads(self.run("watch", "-type=checks", "-state=passing"))
        assert {"serfHealth", f"service:{self.first}"} <= {check["CheckID"] for check in passing}
        assert json.loads(self.run("watch", "-type=service", "-service=nobody")) == []

    def filter(self) -> None:
        """Narrow the catalog's nodes, as this command can."""
        assert self.nodes(f"-service={self.name}", "-near=_agent") == [self.node, self.node]  # once for each instance
        assert self.nodes(f'-filter=Node == "{self.node}" and Meta is not empty') == [self.node]
        assert self.nodes(f'-filter=Node == "{self.name}"') == []
        assert self.nodes("-node-meta=consul-network-segment=") == [self.node]
        assert self.nodes("-node-meta=color=blue") == []

    def watch(self) -> None:
        """Let a handler be called at each change, and at no other service's."""
        with self.watching("-type=service", f"-service={self.name}", "-passingonly=true") as kept:
            eventually(lambda: [ids(answer) for answer in kept()], [[self.first, self.second]])
            with self.watching("-type=services") as services:
                eventually(lambda: len(services()), 1)
                self.run("services", "register", f"-name={self.name}-other")
                eventually(lambda: f"{self.name}-other" in services()[-1], expected=True)
            assert len(kept()) == 1
            self.report("warn", "woken")
            eventually(lambda: [ids(answer) for answer in kept()][1:], [[self.second]])
            self.report("pass", "")
            eventually(lambda: [ids(answer) for answer in kept()][2:], [[self.first, self.second]])
        self.run("services", "deregister", f"-id={self.name}-other")

    def lapse(self) -> None:
        """Register a check of its own that nobody passes again, and be woken by its lapse."""
        short = {"id": f"{self.name}-short", "name": "short", "serviceid": self.second, "ttl": "300ms"}
        self.put("/v1/agent/check/register", json={**short, "status": "passing"})
        with self.watching("-type=service", f"-service={self.name}", "-passingonly=true") as kept:
            eventually(lambda: [ids(answer) for answer in kept()[-1:]], [[self.first]])
        self.put(f"/v1/agent/check/deregister/{short['id']}")
        eventually(lambda: self.found("-passingonly=true"), [self.first, self.second])

    def catalog(self) -> None:
        """List what the catalog has."""
        assert self.run("catalog", "datacenters") == "dc1\n"
        assert {"consul", self.name} <= set(self.run("catalog", "services").split())
        assert [self.name, "primary,v1,v2"] in self.table("catalog", "services", "-tags")
        assert self.name in self.run("catalog", "services", f"-node={self.node}").split()
        (node,) = [row for row in self.table("catalog", "nodes", "-detailed") if row[0] == self.node]
        assert (len(node[1]), node[2:4]) == (36, ["127.0.0.1", "dc1"])
        assert self.node in {node["Node"] for node in json.loads(self.run("watch", "-type=nodes"))}

    def maintenance(self) -> None:
        """Take one instance out of service and back in, then the whole node."""
        one = f"-service={self.first}"
        self.run("maint", "-enable", one, "-reason=to be cleaned")
        assert self.run("maint") == f"Service:\n  ID:     {self.first}\n  Reason: to be cleaned\n\n"
        eventually(lambda: self.found("-passingonly=true"), [self.second])
        self.run("maint", "-disable", one)
        eventually(lambda: self.found("-passingonly=true"), [self.first, self.second])
        self.run("maint", "-enable", "-reason=all of it")
        assert self.run("maint") == f"Node:\n  Name:   {self.node}\n  Reason: all of it\n\n"
        eventually(lambda: self.found("-passingonly=true"), [])
        self.run("maint", "-disable")
        assert self.run("maint") == ""
        eventually(lambda: self.found("-passingonly=true"), [self.first, self.second])

    def refusal(self) -> None:
        """Be told in the agent's words."""
        assert "boolean expression" in self.refused("catalog", "nodes", "-filter=Node ==")
        assert "nobody" in self.refused("maint", "-enable", "-service=nobody")
        assert "nobody" in self.refused("force-leave", "nobody")
        refused = {
            "service": {"name": self.name, "check": {"ttl": "30s", "http": "http://127.0.0.1", "interval": "1s"}}
        }
        bad = self.folder / "bad.json"
        bad.write_text(json.dumps(refused), encoding="utf-8")
        assert "400" in self.refused("services", "register", str(bad))
        assert self.found() == [self.first, self.second]

    def deregister(self) -> None:
        """Deregister both, one by its file, and find nothing left."""
        with self.watching("-type=service", f"-service={self.name}") as kept:
            eventually(lambda: [ids(answer) for answer in kept()], [[self.first, self.second]])
            self.run("services", "deregister", str(self.definition))
            eventually(lambda: [ids(answer) for answer in kept()][1:], [[self.second]])
        self.run("services", "deregister", f"-id={self.second}")
        eventually(self.found, [])
        assert self.name not in self.run("catalog", "services").split()

    def run(self, *arguments: str) -> str:
        """Run the command, and return what it prints."""
        done = self.started(*arguments)
        assert done.returncode == 0, f"consul {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """Run the command, which fails, and return what it says."""
        done = self.started(*arguments)
        assert done.returncode == 1, f"consul {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def started(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["consul", *arguments], env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )

    def table(self, *arguments: str) -> list[list[str]]:
        return [line.split() for line in self.run(*arguments).splitlines()]

    def nodes(self, *arguments: str) -> list[str]:
        """Return the names of a table of nodes, which has no heading where there are none."""
        return [row[0] for row in self.table("catalog", "nodes", *arguments)[1:]]

    def entries(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.run("watch", "-type=service", f"-service={self.name}", *arguments)
        )
        return found

    def found(self, *arguments: str) -> list[str]:
        return ids(self.entries(*arguments))

    @contextlib.contextmanager
    def watching(self, *arguments: str) -> Iterator[Callable[[], list[Any]]]:
        """Watch in the background; what is yielded reads all answers so far, in the order of their indexes."""
        kept = Path(tempfile.mkdtemp(dir=self.folder))
        command = ["consul", "watch", *arguments, "-shell=false", "sh", "-c", _KEEP, str(kept)]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL) as process:
            try:
                yield lambda: [
                    json.loads(path.read_text(encoding="utf-8"))
                    for path in sorted(kept.glob("*.json"), key=lambda path: int(path.stem))
                ]
            finally:
                process.terminate()

    def report(self, status: str, note: str) -> None:
        self.put(f"/v1/agent/check/{status}/service:{self.first}", params={"note": note})

    def put(self, path: str, **asked: Any) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.put(self.url + path, timeout=PATIENCE, **asked).raise_for_status()


def main() -> None:
    (url,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        Story(url, Path(folder)).tell()


if __name__ == "__main__":
    main()
