"""Tells the story through python-consul2 or py-consul, each in an environment of its own: both are named ``consul``.

    python -m tests.clients.python_story CLIENT URL

It needs nothing else of this project.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import consul

from tests.clients.telling import PATIENCE, eventually, tell

if TYPE_CHECKING:
    from collections.abc import Callable


class Story:
    """One agent, seen by one client.

    Args:
        distribution: the client's name in the package index.
        connect: returns a new client of the agent; two threads do not share one.
    """

    def __init__(self, distribution: str, connect: Callable[[], Any]) -> None:
        self.is_newer = distribution == "py-consul"  # it knows weights and filters, python-consul2 does not
        self.connect = connect
        self.client = connect()
        self.name = f"web-{uuid.uuid4().hex[:8]}"
        self.first, self.second = f"{self.name}-1", f"{self.name}-2"
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
        me = self.client.agent.self()
        self.node = me["Config"]["NodeName"]
        assert me["Config"]["Datacenter"] == "dc1"
        assert me["Config"]["Server"] is True
        assert me["Member"]["Name"] == self.node
        assert [(member["Name"], member["Status"]) for member in self.client.agent.members()] == [(self.node, 1)]
        leader = self.client.status.leader()
        assert leader.startswith("127.0.0.1:")
        assert self.client.status.peers() == [leader]
        assert self.client.coordinate.datacenters()[0]["Datacenter"] == "dc1"

    def register(self) -> None:
        """Register an instance with a TTL check and one without any."""
        register = self.client.agent.service.register
        weights = {"Passing": 10, "Warning": 2} if self.is_newer else {"Passing": 1, "Warning": 1}
        assert register(
            self.name,
            service_id=self.first,
            address="10.1.0.1",
            port=8001,
            tags=["primary", "v1"],
            meta={"version": "1"},
            check=consul.Check.ttl("30s"),
            **({"weights": weights} if self.is_newer else {}),
        )
        assert register(self.name, service_id=self.second, address="10.1.0.2", port=8002, tags=["v2"])
        mine = self.client.agent.services()
        assert {field: mine[self.first][field] for field in ("ID", "Service", "Tags", "Meta", "Address", "Port")} == {
            "ID": self.first,
            "Service": self.name,
            "Tags": ["primary", "v1"],
            "Meta": {"version": "1"},
            "Address": "10.1.0.1",
            "Port": 8001,
        }
        assert mine[self.first]["Weights"] == weights
        assert mine[self.second]["Weights"] == {"Passing": 1, "Warning": 1}
        if self.is_newer:
            assert self.client.agent.service_definition(self.first)["ContentHash"]
        check = self.client.agent.checks()[f"service:{self.first}"]
        assert (check["Status"], check["ServiceName"], check["Type"]) == ("critical", self.name, "ttl")
        eventually(lambda: sorted(self.ids()), [self.first, self.second])

    def heartbeat(self) -> None:
        """Report each state, and see it in the agent at once and in the catalog a little later."""
        check = self.client.agent.check
        check_id = f"service:{self.first}"
        for report, status, found in (
            (check.ttl_pass, "passing", [self.first, self.second]),
            (check.ttl_warn, "warning", [self.second]),
            (check.ttl_fail, "critical", [self.second]),
            (check.ttl_pass, "passing", [self.first, self.second]),
        ):
            assert report(check_id, notes=f"it is {status}")
            mine = self.client.agent.checks()[check_id]
            assert (mine["Status"], mine["Output"]) == (status, f"it is {status}")
            eventually(lambda: sorted(self.ids(passing=True)), found)
            eventually(lambda: self.of(self.first)["Checks"][-1]["Status"], status)
        body = json.dumps({"Status": "warning", "Output": "by an update"})
        code = self.client.http.put(lambda answer: answer.code, f"/v1/agent/check/update/{check_id}", data=body)
        assert code == 200
        assert self.client.agent.checks()[check_id]["Output"] == "by an update"
        eventually(lambda: self.ids(passing=True), [self.second])
        assert check.ttl_pass(check_id)
        eventually(lambda: sorted(self.ids(passing=True)), [self.first, self.second])

    def discover(self) -> None:
        """Find the instances with all that was registered, by service, tag, node and state."""
        entry = self.of(self.first)
        assert entry["Node"]["Node"] == self.node
        service = entry["Service"]
        assert (service["Service"], service["Address"], service["Port"]) == (self.name, "10.1.0.1", 8001)
        assert (service["Tags"], service["Meta"]) == (["primary", "v1"], {"version": "1"})
        assert sorted(check["CheckID"] for check in entry["Checks"]) == ["serfHealth", f"service:{self.first}"]
        assert self.ids(tag="v2") == [self.second]
        assert self.ids(tag="v3") == []
        assert sorted(self.ids(near="_agent", passing=True)) == [self.first, self.second]
        index, checks = self.client.health.checks(self.name)
        assert int(index) > 0
        assert [(check["ServiceID"], check["Status"]) for check in checks] == [(self.first, "passing")]
        on_node = {check["CheckID"] for check in self.client.health.node(self.node)[1]}
        assert {"serfHealth", f"service:{self.first}"} <= on_node
        assert f"service:{self.first}" in {check["CheckID"] for check in self.client.health.state("passing")[1]}
        assert int(self.client.health.service("nobody")[0]) > 0
        assert self.client.health.service("nobody")[1] == []

    def filter(self) -> None:
        """Ask with filters; python-consul2 knows none, so that its users send them through its own transport."""
        assert self.filtered('Service.Meta.version == "1"') == [self.first]
        assert self.filtered('("v2" in Service.Tags or Service.Port == 1) and not Service.Meta contains version') == [
            self.second
        ]
        assert self.filtered("Checks.Status == warning") == []
        assert "boolean expression" in self.refused(lambda: self.filtered("Service.Port =="))

    def watch(self) -> None:
        """Wait for a change: it wakes, another service's does not, and the index never goes back."""
        index, _ = self.client.health.service(self.name)
        begun = time.monotonic()
        unchanged, entries = self.client.health.service(self.name, index=index, wait="200ms")
        assert (unchanged, len(entries)) == (index, 2)
        assert time.monotonic() - begun >= 0.2
        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(self.connect().health.service, self.name, index=index, wait="10s")
            everything = threads.submit(
                self.connect().catalog.services, index=self.client.catalog.services()[0], wait="10s"
            )
            time.sleep(0.2)  # so that both wait
            assert not waiting.done()
            self.client.agent.service.register(f"{self.name}-other")
            assert f"{self.name}-other" in everything.result(PATIENCE)[1]
            assert not waiting.done()
            self.client.agent.check.ttl_warn(f"service:{self.first}", notes="woken")
            newer, entries = waiting.result(PATIENCE)
        assert int(newer) > int(index)
        assert self.of(self.first, entries)["Checks"][-1]["Status"] == "warning"
        assert self.client.agent.service.deregister(f"{self.name}-other")
        assert self.client.agent.check.ttl_pass(f"service:{self.first}")
        eventually(lambda: sorted(self.ids(passing=True)), [self.first, self.second])

    def lapse(self) -> None:
        """Stop the heartbeats of a check of its own, and be woken by its lapse."""
        check_id = f"{self.name}-short"
        index, _ = self.client.health.service(self.name)
        assert self.client.agent.check.register(
            "short", check={"ttl": "300ms", "status": "passing"}, check_id=check_id, service_id=self.second
        )
        check: dict[str, Any] = {"Output": ""}
        while not check["Output"].startswith("TTL expired"):
            newer, entries = self.client.health.service(self.name, index=index, wait="10s")
            assert int(newer) > int(index), f"nothing lapses: {check}"
            index = newer
            check = {check["CheckID"]: check for check in self.of(self.second, entries)["Checks"]}[check_id]
        assert check["Status"] == "critical"
        assert self.ids(passing=True) == [self.first]
        assert self.client.agent.check.deregister(check_id)
        eventually(lambda: sorted(self.ids(passing=True)), [self.first, self.second])

    def catalog(self) -> None:
        """List what the catalog has, and write a node of our own into it."""
        catalog = self.client.catalog
        assert catalog.datacenters() == ["dc1"]
        services = catalog.services(consistency="consistent")[1]
        assert services["consul"] == []
        assert sorted(services[self.name]) == ["primary", "v1", "v2"]
        found = {entry["ServiceID"]: entry for entry in catalog.service(self.name)[1]}
        assert (found[self.first]["ServiceAddress"], found[self.first]["ServicePort"]) == ("10.1.0.1", 8001)
        assert (found[self.first]["Node"], found[self.first]["ServiceMeta"]) == (self.node, {"version": "1"})
        assert [entry["ServiceID"] for entry in catalog.service(self.name, tag="v2")[1]] == [self.second]
        assert {self.first, self.second} <= set(catalog.node(self.node, consistency="stale")[1]["Services"])
        assert catalog.node("nobody")[1] is None

        outside = f"{self.name}-outside"
        service = {"Service": self.name, "ID": outside, "Address": "10.9.0.1", "Port": 9, "Tags": ["outside"]}
        check = {"Name": "looked at", "CheckID": outside, "Status": "passing", "ServiceID": outside}
        assert catalog.register(outside, "10.9.0.1", service=service, check=check)
        assert {self.node, outside} <= {node["Node"] for node in catalog.nodes(near="_agent")[1]}
        assert [node["Node"] for node in catalog.nodes(node_meta={"consul-network-segment": ""})[1]] == [self.node]
        assert self.ids(tag="outside", passing=True) == [outside]
        assert [check["CheckID"] for check in self.client.health.node(outside)[1]] == [outside]
        assert outside not in self.client.agent.services()
        assert catalog.deregister(outside)
        assert catalog.node(outside)[1] is None
        assert self.ids(tag="outside") == []

    def maintenance(self) -> None:
        """Take one instance out of service and back in, then the whole node."""
        agent = self.client.agent
        assert agent.service.maintenance(self.first, "true", "to be cleaned")
        eventually(lambda: self.ids(passing=True), [self.second])
        check = agent.checks()[f"_service_maintenance:{self.first}"]
        assert (check["Status"], check["Notes"]) == ("critical", "to be cleaned")
        assert agent.service.maintenance(self.first, "false")
        eventually(lambda: sorted(self.ids(passing=True)), [self.first, self.second])
        assert agent.maintenance("true", "all of it")
        eventually(lambda: self.ids(passing=True), [])
        assert agent.maintenance("false")
        eventually(lambda: sorted(self.ids(passing=True)), [self.first, self.second])

    def refusal(self) -> None:
        """Be refused, in the client's own errors."""
        agent = self.client.agent
        for asked, wording in (
            (lambda: agent.service.register(""), "Missing service name"),
            (lambda: agent.service.register("x", check={"ttl": "soon"}), "invalid duration"),
            (lambda: self.client.health.service(self.name, index="soon"), "Invalid index"),
            (lambda: self.client.catalog.register("", "10.9.0.1"), "Must provide node"),
        ):
            assert wording in self.refused(asked)
        try:  # 1.8 has 500 for what it does not know, 1.21 has 404, of which the client makes False
            assert not agent.check.ttl_pass("service:nobody")
        except consul.ConsulException as raised:
            assert "service:nobody" in str(raised)  # noqa: PT017 - no pytest here

    def deregister(self) -> None:
        """Deregister both while somebody waits, and find nothing left."""
        index, _ = self.client.health.service(self.name)
        assert self.client.agent.service.deregister(self.first)
        newer, _ = self.client.health.service(self.name, index=index, wait="10s")
        assert int(newer) > int(index)
        eventually(self.ids, [self.second])
        assert self.client.agent.service.deregister(self.second)
        eventually(self.ids, [])
        assert int(self.client.health.service(self.name)[0]) >= int(newer)
        assert self.first not in self.client.agent.services()
        assert f"service:{self.first}" not in self.client.agent.checks()
        assert self.name not in self.client.catalog.services()[1]

    def ids(self, **narrowed: Any) -> list[str]:
        return [entry["Service"]["ID"] for entry in self.client.health.service(self.name, **narrowed)[1]]

    def of(self, service_id: str, entries: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Return the instance's entry, its checks in the order of their ids."""
        entries = self.client.health.service(self.name)[1] if entries is None else entries
        entry = {entry["Service"]["ID"]: entry for entry in entries}[service_id]
        return entry | {"Checks": sorted(entry["Checks"], key=lambda check: check["CheckID"])}

    def refused(self, ask: Callable[[], Any]) -> str:
        """Ask for what is refused, and return what the client's error says."""
        try:
            answer = ask()
        except consul.ConsulException as error:
            return str(error)
        raise AssertionError(f"taken: {answer!r}")

    def filtered(self, expression: str) -> list[str]:
        if self.is_newer:
            return self.ids(filter_expr=expression)
        read = consul.base.CB.json(index=True)
        _, entries = self.client.http.get(read, f"/v1/health/service/{self.name}", params=[("filter", expression)])
        return [entry["Service"]["ID"] for entry in entries]


def main() -> None:
    distribution, url = sys.argv[1:]
    version(distribution)  # fails where the other client is installed
    address = urlsplit(url)
    Story(distribution, lambda: consul.Consul(host=address.hostname, port=address.port)).tell()


if __name__ == "__main__":
    main()
