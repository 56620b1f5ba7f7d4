"""The table of endpoints says the truth about the views, and the table of dialects about the endpoints and bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from custom_registry.api import create_app
from custom_registry.api.consul import shapes
from custom_registry.api.consul.call import Facade
from custom_registry.api.consul.decode import Shape
from custom_registry.api.consul.dialects import DIALECTS, Dialect
from custom_registry.api.consul.endpoints import ENDPOINTS, Served
from custom_registry.api.consul.views import VIEWS
from custom_registry.registry import Registry

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from custom_registry.api.consul.identity import Identity

PATHS = [endpoint.path for endpoint in ENDPOINTS]


def test_each_is_there_once_and_in_order() -> None:
    assert sorted(set(PATHS)) == PATHS


def test_what_is_served_has_a_view_and_nothing_else_has() -> None:
    assert {endpoint.path for endpoint in ENDPOINTS if endpoint.served is not Served.NOT} == set(VIEWS)


def test_what_is_not_served_wholly_says_why() -> None:
    for endpoint in ENDPOINTS:
        assert bool(endpoint.note) is (endpoint.served is not Served.WHOLLY), endpoint.path
        assert endpoint.methods, endpoint.path


def test_what_is_not_served_is_refused_by_its_name(api: FlaskClient) -> None:
    for endpoint in ENDPOINTS:
        if endpoint.served is not Served.NOT:
            continue
        path = endpoint.path + "x/y" if endpoint.path.endswith("/") else endpoint.path
        for method in endpoint.methods:
            answer = api.open(f"{path}?recurse", method=method, data=b"anything")
            assert (answer.status_code, answer.text) == (501, f"{method} {path} is not implemented by this registry")
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


class TestDialects:
    def test_a_dialect_is_found_by_its_name_and_an_unknown_one_says_which_there_are(self) -> None:
        assert [Dialect.named(dialect.name) for dialect in DIALECTS] == list(DIALECTS)
        with pytest.raises(ValueError, match=r"Consul 2 is not spoken here, only 1\.21, 1\.8"):
            Dialect.named("2")

    def test_it_is_the_default_that_is_the_newest(self) -> None:
        assert DIALECTS[0].name == "1.21"

    @pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
    def test_what_it_lacks_is_there_to_be_lacked(self, dialect: Dialect) -> None:
        assert dialect.lacks_endpoints <= set(PATHS)
        known = {one.name: one for one in vars(shapes).values() if isinstance(one, Shape)}
        for struct, fields in dialect.lacks.items():
            if struct in known:
                spelled = {also for field in known[struct].fields.values() for also in field.also}
                assert fields <= set(known[struct].fields) | spelled, struct

    @pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
    def test_what_it_lacks_is_unknown(self, identity: Identity, dialect: Dialect) -> None:
        registry = Registry(node=identity.node(dialect))
        api = create_app(registry, Facade(registry, identity, dialect)).test_client()
        others = [path for path in set(PATHS) - dialect.lacks_endpoints if path.endswith("/")]
        alone = [path for path in dialect.lacks_endpoints if not f"{path}/".startswith(tuple(others))]
        assert alone
        assert {path: api.get(path).status_code for path in alone} == dict.fromkeys(alone, 404)
