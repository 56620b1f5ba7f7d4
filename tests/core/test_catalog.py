"""The catalog of all nodes: which index each write takes, what moves and wakes what, and in which order things are."""

from __future__ import annotations

import pytest

from custom_registry.core import queries
from custom_registry.core.catalog import Catalog
from custom_registry.core.commands import NodeNameTaken, UnknownService
from custom_registry.core.concerns import NOBODY
from custom_registry.core.grouped import Grouped
from custom_registry.core.model import CheckRecord, NodeDefinition, ServiceDefinition
from custom_registry.core.reads import catalog_index
from custom_registry.core.state import SERVER, State
from custom_registry.core.topics import (
    CatalogConnect,
    CatalogNode,
    CatalogNodes,
    CatalogService,
    CatalogServices,
    CatalogTopic,
    Everything,
    HealthChecks,
    HealthConnect,
    HealthNode,
    HealthService,
    HealthState,
    Instances,
    Topic,
)

EXT = NodeDefinition("ext", address="10.9.9.9")
OTHER = NodeDefinition("other", address="10.8.8.8")
WEB = ServiceDefinition("w", "web")
PROXY = ServiceDefinition("p", "web-proxy", kind="connect-proxy", connect_for="web")


def _touched(catalog: Catalog) -> frozenset[Topic]:
    return NOBODY.union(*catalog.touched)


@pytest.fixture
def catalog() -> Catalog:
    """Two nodes with a service and two checks each, one of them with a proxy."""
    catalog = Catalog(hidden=("own", "consul"))
    catalog.register(0.0, EXT, WEB, [CheckRecord("c", status="passing", service_id="w"), CheckRecord("n")])
    catalog.register(0.0, EXT, PROXY)
    catalog.register(0.0, OTHER, ServiceDefinition("d", "db"), [CheckRecord("c", service_id="d")])
    catalog.touched.clear()
    return catalog


def change_node(catalog: Catalog) -> None:
    catalog.register(0.0, NodeDefinition("ext", address="10.9.9.10"))


def change_service(catalog: Catalog) -> None:
    catalog.register(0.0, EXT, ServiceDefinition("w", "web", port=1))


def change_check(catalog: Catalog) -> None:
    catalog.register(0.0, EXT, checks=[CheckRecord("c", status="warning", service_id="w")])


def change_node_check(catalog: Catalog) -> None:
    catalog.register(0.0, EXT, checks=[CheckRecord("n", status="passing")])


def change_proxy(catalog: Catalog) -> None:
    catalog.register(0.0, EXT, ServiceDefinition("p", "web-proxy", kind="connect-proxy", connect_for="web", port=1))


def drop_service(catalog: Catalog) -> None:
    catalog.deregister_service("ext", "w")


def drop_check(catalog: Catalog) -> None:
    catalog.deregister_check("ext", "c")


def drop_node_check(catalog: Catalog) -> None:
    catalog.deregister_check("ext", "n")


def drop_node(catalog: Catalog) -> None:
    catalog.deregister_node("ext")


NODES: set[CatalogTopic] = {CatalogNodes(), CatalogNodes(with_services=True)}
NODE: set[CatalogTopic] = {CatalogNode("ext"), CatalogNode("ext", alone=True)}
SERVICES: set[CatalogTopic] = {CatalogServices()}
CHECKS: set[CatalogTopic] = {HealthNode("ext"), HealthState()}
OF_NODE: set[CatalogTopic] = {HealthChecks("", by_node_meta=True), HealthChecks("")}
OF_WEB: set[CatalogTopic] = {HealthChecks("web", by_node_meta=True), HealthChecks("web")}
WEB_CHECKS: set[CatalogTopic] = CHECKS | OF_WEB | {HealthState("passing")}
PROXIES: set[CatalogTopic] = {HealthService("web-proxy"), HealthConnect("web")}
NODE_CHECKS: set[CatalogTopic] = {*CHECKS, HealthService("web"), *PROXIES, *OF_NODE, HealthState("critical")}
WAKES = [
    (change_node, NODES | NODE | {CatalogService("web"), CatalogService("web-proxy"), CatalogConnect("web")}
        | {HealthChecks("web", by_node_meta=True), HealthChecks("web-proxy", by_node_meta=True)}
        | {HealthService("web"), Instances("web"), Instances("web-proxy")} | PROXIES),
    (change_service, SERVICES | NODE | {CatalogService("web"), HealthService("web"), Instances("web")}),
    (change_check, WEB_CHECKS | {HealthState("warning"), HealthService("web")}),
    (change_node_check, NODE_CHECKS | {HealthState("passing"), Instances("web"), Instances("web-proxy")}),
    (change_proxy, SERVICES | NODE | PROXIES
        | {CatalogService("web-proxy"), CatalogConnect("web"), Instances("web-proxy")}),
    (drop_service, SERVICES | NODE | WEB_CHECKS | {CatalogService("web"), HealthService("web"), Instances("web")}),
    (drop_check, WEB_CHECKS | {HealthService("web")}),
    (drop_node_check, NODE_CHECKS | {Instances("web"), Instances("web-proxy")}),
    (drop_node, NODES | SERVICES | NODE | WEB_CHECKS | NODE_CHECKS | PROXIES
        | {CatalogService("web"), CatalogService("web-proxy"), CatalogConnect("web")}
        | {Instances("web"), Instances("web-proxy")}),
]  # fmt: skip


@pytest.mark.parametrize(("write", "wakes"), WAKES, ids=[write.__name__ for write, _ in WAKES])
def test_what_a_write_wakes(catalog: Catalog, write: object, wakes: set[CatalogTopic]) -> None:
    assert callable(write)
    write(catalog)
    assert _touched(catalog) - {Everything()} == wakes
    assert Everything() in _touched(catalog)


EVERY: list[CatalogTopic] = [
    *NODES, *NODE, *SERVICES, *CHECKS, *PROXIES, CatalogService("web"), CatalogConnect("web"), HealthService("web"),
    HealthChecks("web"), Instances("web"), Instances("web-proxy"), CatalogService("web-proxy"), HealthConnect("db"),
    CatalogConnect("db"), HealthService("db"), CatalogService("db"), CatalogNode("other"), HealthNode("other"),
    CatalogNode("other", alone=True), HealthService("nosuch"), CatalogService("nosuch"), CatalogNode("nosuch"),
    CatalogNode("nosuch", alone=True),
]  # fmt: skip
CONNECT: set[CatalogTopic] = {
    CatalogConnect("web"),
    CatalogService("web"),
    HealthConnect("web"),
    HealthService("web-proxy"),
}
MISSING: set[CatalogTopic] = {
    HealthService("nosuch"),
    CatalogService("nosuch"),
    HealthConnect("db"),
    CatalogConnect("db"),
}
ALL_NODES: set[CatalogTopic] = {CatalogNode("ext"), CatalogNode("other")}
MOVES = [
    (change_node, NODES | NODE | ALL_NODES | CONNECT | PROXIES | {HealthService("web"), CatalogService("web-proxy")}
        | {HealthService("nosuch"), CatalogService("nosuch"), Instances("web"), Instances("web-proxy")}),
    (change_service, SERVICES | NODE | ALL_NODES | {CatalogNodes(with_services=True)}
        | {CatalogService("web"), HealthService("web"), CatalogConnect("web"), Instances("web")}
        | {HealthService("nosuch"), CatalogService("nosuch")}),
    (change_check, CHECKS | {HealthChecks("web"), HealthNode("other"), HealthService("web"), CatalogService("web")}
        | {CatalogConnect("web"), HealthService("nosuch")}),
    (change_node_check, CHECKS | {HealthChecks("web"), HealthNode("other"), HealthService("web"), CatalogService("web")}
        | PROXIES | {CatalogConnect("web"), CatalogService("web-proxy"), HealthService("nosuch")}
        | {Instances("web"), Instances("web-proxy")}),
    (drop_check, CHECKS | {HealthChecks("web"), HealthNode("other"), HealthService("web"), CatalogService("web")}
        | {CatalogConnect("web"), HealthService("nosuch")}),
    (drop_node_check, CHECKS | SERVICES | {HealthChecks("web"), HealthNode("other"), HealthService("web")} | ALL_NODES
        | PROXIES | {CatalogConnect("web"), CatalogService("web"), CatalogService("web-proxy")}
        | {HealthService("nosuch"), CatalogService("nosuch"), Instances("web"), Instances("web-proxy")}),
    (drop_service, CHECKS | SERVICES | NODE | ALL_NODES | {CatalogNodes(with_services=True), HealthChecks("web")}
        | {HealthNode("other"), HealthService("web"), CatalogService("web"), Instances("web")}
        | MISSING | {CatalogConnect("web")}),
    (drop_node, CHECKS | SERVICES | NODES | NODE | {CatalogNode("other"), CatalogNode("nosuch", alone=True)} | CONNECT
        | PROXIES | {HealthChecks("web"), HealthNode("other"), HealthService("web"), CatalogService("web-proxy")}
        | MISSING | {Instances("web"), Instances("web-proxy")}),
]  # fmt: skip


@pytest.mark.parametrize(("write", "moves"), MOVES, ids=[write.__name__ for write, _ in MOVES])
def test_which_indexes_a_write_moves(catalog: Catalog, write: object, moves: set[CatalogTopic]) -> None:
    before = {topic: catalog_index(catalog, topic) for topic in EVERY}
    assert callable(write)
    write(catalog)
    after = {topic: catalog_index(catalog, topic) for topic in EVERY}
    known = {CatalogNode("ext")} if write is drop_node else set()
    assert {topic for topic in EVERY if after[topic] != before[topic]} - known == moves - known
    assert all(after[topic] == catalog.indexes.current for topic in moves - {CatalogConnect("web")} - known)


class TestNodeMeta:
    """What narrows reads by ``node-meta`` is woken by (seen on 1.8.7; a wait there for the rest)."""

    IN = NodeDefinition("in", meta={"zone": "1", "k": ""})
    OUT = NodeDefinition("out", meta={"zone": "2"})
    ZONE = ("zone", "1")

    def touched(
        self, catalog: Catalog, *definitions: NodeDefinition, service: ServiceDefinition | None = None
    ) -> set[object]:
        for definition in definitions:
            catalog.touched.clear()
            catalog.register(0.0, definition, service)
        return {
            topic
            for topic in _touched(catalog)
            if isinstance(topic, CatalogNodes | CatalogServices) and topic.meta == self.ZONE
        }

    def test_nodes_that_have_it_wake_and_those_that_had_it(self, catalog: Catalog) -> None:
        every = {
            CatalogNodes(meta=self.ZONE),
            CatalogNodes(with_services=True, meta=self.ZONE),
            CatalogServices(self.ZONE),
        }
        assert self.touched(catalog, self.IN) == every
        assert self.touched(catalog, NodeDefinition("in", meta={"zone": "2"})) == every
        assert self.touched(catalog, self.OUT, EXT) == set()
        assert self.touched(catalog, NodeDefinition("out", meta={"zone": "1"})) == every

    def test_so_do_their_services_for_reads_of_services(self, catalog: Catalog) -> None:
        self.touched(catalog, self.IN, self.OUT)
        assert self.touched(catalog, self.OUT, service=WEB) == set()
        assert self.touched(catalog, self.IN, service=WEB) == {CatalogServices(self.ZONE)}

    def test_the_index_is_that_of_all(self, catalog: Catalog) -> None:
        self.touched(catalog, self.OUT)
        change_service(catalog)
        assert catalog_index(catalog, CatalogNodes(meta=self.ZONE)) == catalog_index(catalog, CatalogNodes())
        assert catalog_index(catalog, CatalogServices(self.ZONE)) == catalog.indexes.current

    def test_but_for_a_services_checks_that_of_the_service_there_or_not(self, catalog: Catalog) -> None:
        checks = HealthChecks("web", by_node_meta=True)
        change_service(catalog)
        assert catalog_index(catalog, checks) == catalog_index(catalog, HealthService("web")) == catalog.indexes.current
        catalog.register(0.0, OTHER, ServiceDefinition("d", "db", port=1))
        assert catalog_index(catalog, checks) < catalog.indexes.current
        drop_service(catalog)
        change_node(catalog)
        assert catalog_index(catalog, checks) == catalog.indexes.current


class TestRewriting:
    """A check that is written again as it was (1.8.7: transcript ``reregister``, and a running one)."""

    AGAIN = CheckRecord("c", status="passing", service_id="w")
    OTHER_KIND = CheckRecord("c", status="passing", service_id="w", type="http", interval="10s", timeout="1s")

    @pytest.fixture
    def old(self) -> Catalog:
        catalog = Catalog(hidden=("own", "consul"), rewrites_checks=True)
        catalog.register(0.0, EXT, WEB, [self.AGAIN])
        catalog.touched.clear()
        return catalog

    @pytest.mark.parametrize("record", [AGAIN, OTHER_KIND])
    def test_it_moves_the_index_of_all_checks_and_wakes_but_is_no_change(
        self, old: Catalog, record: CheckRecord
    ) -> None:
        before = {topic: catalog_index(old, topic) for topic in (HealthService("web"), CatalogNode("ext"))}
        old.register(0.0, EXT, checks=[record])
        assert _touched(old) - {Everything()} == WEB_CHECKS
        assert catalog_index(old, HealthNode("ext")) == old.indexes.current == 3
        assert {topic: catalog_index(old, topic) for topic in before} == before
        (check,) = old.checks_of_node("ext")
        assert (check.create_index, check.modify_index, check.record.type) == (2, 2, record.type)

    @pytest.mark.parametrize("record", [AGAIN, OTHER_KIND])
    def test_in_1_21_nothing_comes_of_it(self, catalog: Catalog, record: CheckRecord) -> None:
        before = catalog.indexes.current
        catalog.register(0.0, EXT, checks=[record])
        assert (catalog.indexes.current, _touched(catalog)) == (before, NOBODY)


class TestWhatLeaves:
    """What Consul does not count as a change of what it leaves (seen on 1.8.7)."""

    def test_a_check_that_takes_another_service(self, catalog: Catalog) -> None:
        before = catalog_index(catalog, HealthService("web"))
        catalog.register(0.0, EXT, checks=[CheckRecord("c", status="critical", service_id="p")])
        assert catalog_index(catalog, HealthService("web")) == before
        assert catalog_index(catalog, HealthService("web-proxy")) == catalog.indexes.current

    def test_yet_natively_it_counts(self, catalog: Catalog) -> None:
        drop_node_check(catalog)
        catalog.register(0.0, EXT, checks=[CheckRecord("c", service_id="w")])
        catalog.touched.clear()
        catalog.register(0.0, EXT, checks=[CheckRecord("c", service_id="p")])
        assert {Instances("web"), Instances("web-proxy")} <= _touched(catalog)

    def test_a_check_that_goes_counts_for_the_name_that_its_service_had(self, catalog: Catalog) -> None:
        catalog.register(0.0, OTHER, ServiceDefinition("d", "renamed"))
        before = catalog_index(catalog, HealthService("renamed"))
        catalog.deregister_check("other", "c")
        assert catalog_index(catalog, HealthService("renamed")) == before
        assert catalog_index(catalog, HealthNode("other")) == catalog.indexes.current > before
        assert catalog_index(catalog, HealthChecks("db", by_node_meta=True)) == catalog.indexes.current

    def test_also_where_others_have_that_name(self, catalog: Catalog) -> None:
        catalog.register(0.0, EXT, ServiceDefinition("d", "db"))
        catalog.register(0.0, OTHER, ServiceDefinition("d", "renamed"))
        catalog.deregister_check("other", "c")
        assert catalog_index(catalog, HealthService("db")) == catalog.indexes.current


class TestRows:
    def test_a_write_is_one_transaction(self, catalog: Catalog) -> None:
        before = catalog.indexes.current
        catalog.register(1.0, NodeDefinition("new"), WEB, [CheckRecord("a", service_id="w"), CheckRecord("b")])
        assert catalog.indexes.current == before + 1
        indexes = {check.modify_index for check in catalog.checks_of_node("new")}
        indexes |= {service.modify_index for service in catalog.services_of("new")}
        assert indexes == {before + 1}

    @pytest.mark.parametrize("skip_node_update", [False, True])
    def test_the_same_again_takes_no_index(self, catalog: Catalog, *, skip_node_update: bool) -> None:
        before = catalog.indexes.current
        checks = [CheckRecord("c", status="passing", service_id="w"), CheckRecord("n")]
        catalog.register(1.0, EXT, WEB, checks, skip_node_update=skip_node_update)
        assert (catalog.indexes.current, _touched(catalog)) == (before, NOBODY)

    def test_a_node_stays_as_it_is_when_it_is_to_be_skipped(self, catalog: Catalog) -> None:
        catalog.register(0.0, NodeDefinition("EXT"), skip_node_update=True)
        assert catalog.node("ext") == catalog.node("Ext")
        found = catalog.node("ext")
        assert found
        assert found.definition == EXT

    def test_but_it_comes_where_there_is_none(self, catalog: Catalog) -> None:
        catalog.register(0.0, NodeDefinition("new"), skip_node_update=True)
        assert catalog.node("new")

    def test_a_check_takes_name_and_tags_of_its_service(self, catalog: Catalog) -> None:
        catalog.register(0.0, EXT, ServiceDefinition("t", "tagged", ("x",)), [CheckRecord("t", service_id="t")])
        found = catalog.check("ext", "t")
        assert found
        assert (found.record.service_name, found.record.service_tags) == ("tagged", ("x",))

    def test_a_check_of_no_service_refuses_the_whole_write(self, catalog: Catalog) -> None:
        before = catalog.indexes.current
        with pytest.raises(UnknownService) as refused:
            catalog.register(0.0, NodeDefinition("new"), WEB, [CheckRecord("a", service_id="nosuch")])
        assert (refused.value.id, refused.value.check_id) == ("nosuch", "a")
        assert (catalog.indexes.current, catalog.node("new"), _touched(catalog)) == (before, None, NOBODY)

    def test_a_check_may_change_its_service(self, catalog: Catalog) -> None:
        created = catalog.check("ext", "c")
        catalog.register(0.0, EXT, checks=[CheckRecord("c", service_id="p")])
        found = catalog.check("ext", "c")
        assert created
        assert found
        assert found.create_index == created.create_index
        assert [check.record.id for check in catalog.checks_of_service("ext", "p")] == ["c"]
        assert list(catalog.checks_of_service("ext", "w")) == []

    @pytest.mark.parametrize(
        "drop",
        [
            lambda catalog: catalog.deregister_node("nosuch"),
            lambda catalog: catalog.deregister_service("ext", "nosuch"),
            lambda catalog: catalog.deregister_service("nosuch", "w"),
            lambda catalog: catalog.deregister_check("ext", "nosuch"),
            lambda catalog: catalog.deregister_check("nosuch", "c"),
        ],
    )
    def test_removing_what_is_not_there_changes_nothing(self, catalog: Catalog, drop: object) -> None:
        before = catalog.indexes.current
        assert callable(drop)
        drop(catalog)
        assert (catalog.indexes.current, _touched(catalog)) == (before, NOBODY)

    def test_an_emptied_catalog_keeps_no_row(self, catalog: Catalog) -> None:
        for node in ("ext", "other"):
            catalog.deregister_node(node)
        tables = [value for value in vars(catalog).values() if isinstance(value, dict | Grouped)]
        assert len(tables) == 7
        assert not any(tables)
        assert (len(catalog.tallies), catalog.tallies.instances, catalog.tallies.active) == (0, 0, 0)
        assert (catalog.indexes.node, catalog.indexes.service) == ({}, {})


class TestNodeIds:
    """Seen on 1.8.7."""

    A, B = "aaaaaaaa-0000-0000-0000-000000000000", "bbbbbbbb-0000-0000-0000-000000000000"

    def test_a_node_may_take_another_name_and_leaves_all_behind(self, catalog: Catalog) -> None:
        catalog.register(0.0, NodeDefinition("old", self.A), WEB)
        old = catalog.node("old")
        catalog.register(0.0, NodeDefinition("new", self.A))
        new = catalog.node("new")
        assert old
        assert new
        assert (catalog.node("old"), list(catalog.services_of("new"))) == (None, [])
        assert new.create_index == old.create_index

    def test_one_without_an_id_may_be_given_one(self, catalog: Catalog) -> None:
        catalog.register(0.0, NodeDefinition("EXT", self.A))
        found = catalog.node("ext")
        assert found
        assert found.definition.id == self.A
        assert len(catalog.services_of("ext")) == 2

    @pytest.mark.parametrize("renames", [False, True])
    def test_the_name_of_one_that_lives_is_refused(self, catalog: Catalog, *, renames: bool) -> None:
        serf = CheckRecord("serfHealth", status="passing")
        catalog.register(0.0, NodeDefinition("alive", self.A), checks=[serf])
        if renames:
            catalog.register(0.0, NodeDefinition("renamed", self.B))
        before = catalog.indexes.current
        with pytest.raises(NodeNameTaken) as refused:
            catalog.register(0.0, NodeDefinition("Alive", self.B), WEB)
        assert (refused.value.renames, refused.value.node.name) == (renames, "alive")
        assert catalog.indexes.current == before
        catalog.register(0.0, NodeDefinition("alive", self.A), checks=[CheckRecord("serfHealth")])
        catalog.register(0.0, NodeDefinition("alive", self.B))


class TestIndexesOfWhatIsMissing:
    def test_a_service_that_never_was_has_that_of_all_tables(self, catalog: Catalog) -> None:
        assert catalog_index(catalog, HealthService("nosuch")) == catalog.indexes.current
        assert catalog_index(catalog, CatalogService("nosuch")) == catalog.indexes.current

    def test_once_any_service_is_gone_that_of_the_last_to_go(self, catalog: Catalog) -> None:
        catalog.deregister_service("other", "d")
        gone = catalog.indexes.current
        change_check(catalog)
        for name in ("db", "nosuch"):
            assert catalog_index(catalog, HealthService(name)) == gone
            assert catalog_index(catalog, CatalogService(name)) == gone
        assert catalog_index(catalog, HealthService("web")) > gone

    def test_a_name_left_for_another_keeps_its_own(self, catalog: Catalog) -> None:
        """Transcript register_shapes, "same ID, another name", 1.8.7 and 1.21.4."""
        kept = catalog_index(catalog, CatalogService("db"))
        catalog.register(0.0, OTHER, ServiceDefinition("d", "renamed"))
        assert catalog_index(catalog, CatalogService("db")) == kept < catalog.indexes.current
        catalog.register(0.0, EXT, ServiceDefinition("again", "db"))
        assert catalog_index(catalog, CatalogService("db")) == catalog.indexes.current

    def test_a_check_that_goes_leaves_one_by_the_name_it_still_called_its_service(self, catalog: Catalog) -> None:
        """Transcript sequences, 1.8.7: the name itself was gone for good before."""
        check = CheckRecord("c", service_id="d")
        catalog.register(0.0, OTHER, ServiceDefinition("d", "old"), [check])
        catalog.register(0.0, OTHER, ServiceDefinition("same", "old"))
        catalog.register(0.0, OTHER, ServiceDefinition("d", "new"))
        catalog.deregister_service("other", "same")
        catalog.deregister_check("other", "c")
        kept = catalog_index(catalog, HealthChecks("old"))
        assert kept == catalog.indexes.current
        change_service(catalog)
        assert catalog_index(catalog, HealthChecks("old")) == kept < catalog.indexes.current

    def test_unless_any_service_is_gone(self, catalog: Catalog) -> None:
        """Seen on 1.8.7, where even an index that a client knows is then above it."""
        drop_service(catalog)
        gone = catalog.indexes.current
        catalog.register(0.0, OTHER, ServiceDefinition("d", "db", port=1))
        catalog.register(0.0, OTHER, ServiceDefinition("d", "renamed"))
        for topic in (HealthService("db"), CatalogService("db"), CatalogConnect("db")):
            assert catalog_index(catalog, topic) == gone

    def test_names_that_are_left_do_not_pile_up_and_no_index_goes_back(self, catalog: Catalog) -> None:
        for number in range(3000):
            seen = catalog_index(catalog, HealthService("nosuch"))
            catalog.register(0.0, OTHER, ServiceDefinition("d", f"name-{number}"))
            assert catalog_index(catalog, HealthService("nosuch")) >= seen
            assert len(catalog.indexes._left) <= 1024

    def test_a_node(self, catalog: Catalog) -> None:
        assert catalog_index(catalog, CatalogNode("nosuch")) == 1
        assert catalog_index(catalog, CatalogNode("nosuch", alone=True)) == 1
        catalog.deregister_node("other")
        assert catalog_index(catalog, CatalogNode("nosuch")) == 1
        assert catalog_index(catalog, CatalogNode("nosuch", alone=True)) == catalog.indexes.current

    def test_the_mesh_goes_by_the_names_of_its_proxies(self, catalog: Catalog) -> None:
        change_service(catalog)
        assert catalog_index(catalog, HealthConnect("web")) == catalog_index(catalog, HealthService("web-proxy"))
        assert catalog_index(catalog, CatalogConnect("web")) == catalog_index(catalog, CatalogService("web"))


class TestOrderAndNames:
    @pytest.fixture
    def state(self) -> State:
        state = State(now=0.0)
        for node in ("b", "A"):
            for service_id in ("z-9", "a-1", "B-2", "10", "9"):
                definition = ServiceDefinition(service_id, "Svc")
                check = CheckRecord(f"c{service_id}", service_id=service_id)
                state.catalog.register(0.0, NodeDefinition(node), definition, [check, CheckRecord("y")])
        return state

    def test_all_come_by_node_and_id(self, state: State) -> None:
        ids = ["10", "9", "a-1", "B-2", "z-9"]
        expected = [(node, service_id) for node in ("A", "b") for service_id in ids]
        assert [node.name for node in queries.catalog_nodes(state)] == ["A", "b", "node-1"]
        assert [(node.name, row.id) for node, row in queries.catalog_service(state, "sVC")] == expected
        assert [(one.node.name, one.service.id) for one in queries.health_service(state, "svc")] == expected
        assert [(one.node, one.record.id) for one in queries.health_checks(state, "SVC")] == [
            (node, f"c{service_id}") for node, service_id in expected
        ]
        found = queries.catalog_node(state, "B")
        assert found
        assert [row.id for row in found[1]] == ids
        assert [one.record.id for one in queries.health_node(state, "B")] == [*(f"c{one}" for one in ids), "y"]

    def test_the_case_of_a_nodes_name_in_a_row_is_nothing_to_go_by(self, state: State) -> None:
        """Seen on 1.8.7: rows keep the name as it was when they were written."""
        for node, name in (("c", "n"), ("C", "o"), ("c", "p")):
            state.catalog.register(0.0, NodeDefinition(node), ServiceDefinition(name, "last"), [CheckRecord(name)])
        expected = [("c", "n"), ("C", "o"), ("c", "p")]
        assert [(one.node, one.record.id) for one in queries.health_node(state, "C")] == expected
        assert [(row.node, row.id) for _, row in queries.catalog_service(state, "last")] == expected

    def test_of_an_instance_the_nodes_checks_come_first(self, state: State) -> None:
        entry = queries.health_service(state, "svc")[0]
        assert [check.record.id for check in entry.checks] == ["y", "c10"]

    def test_checks_by_state(self, state: State) -> None:
        assert [check.record.id for check in queries.health_state(state, "passing")] == ["serfHealth"]
        assert len(queries.health_state(state, None)) == 13
        assert queries.health_state(state, "bogus") == ()

    def test_the_registry_is_there_as_a_dev_agent_is(self, state: State) -> None:
        (entry,) = queries.health_service(state, "consul")
        assert (entry.node.name, entry.service.definition) == ("node-1", SERVER)
        assert [(check.record.id, check.record.output) for check in entry.checks] == [
            ("serfHealth", "Agent alive and reachable")
        ]
        assert entry.service.create_index == entry.checks[0].create_index == entry.node.create_index > 1
        assert state.topic_index(HealthService("consul")) == entry.node.modify_index
        assert state.topic_index(HealthService("svc")) > entry.node.modify_index
