"""What every backend guarantees of registering, finding, listing and removing."""

from __future__ import annotations

import contextlib

import pytest

from discovery import (
    Discovery,
    Health,
    InvalidRegistration,
    InvalidRequest,
    Registration,
    ServiceSummary,
    UnknownInstance,
)
from discovery.address import resolve_endpoint

ODD_NAMES = [
    "",
    " ",
    "with space",
    "slash/es",
    "two//slashes",
    "trailing/",
    "/leading",
    ".",
    "..",
    "a/../b",
    "question?mark",
    "hash#tag",
    "per%cent",
    "per%41cent",
    'quo"te',
    "back\\slash",
    "plus+and&amp=",
    "semi;colon",
    "ünïcödé",
    "\N{GRINNING FACE}",
    "line\nbreak",
    "tab\t",
    "nul\0",
    "half\ud800",
    "n" * 300,
    "UPPER",
]


def test_a_backend_is_a_discovery(backend: Discovery) -> None:
    assert isinstance(backend, Discovery)


def test_what_is_registered_is_found_as_it_was_registered(backend: Discovery, service: str) -> None:
    registration = Registration(
        service,
        "10.0.0.7",
        8001,
        id=f"{service}-1",
        tags=("b", "a", "a"),
        metadata={"version": "1.2", "zone": "ü"},
        ttl=30,
        weight=7,
    )
    assert backend.register(registration) == f"{service}-1"
    (found,) = backend.discover(service)
    assert (found.service, found.id, found.health) == (service, f"{service}-1", Health.PASSING)
    assert found.healthy
    assert (found.address, found.host, found.port) == ("10.0.0.7", "10.0.0.7", 8001)
    assert (found.tags, dict(found.metadata), found.weight) == (("b", "a", "a"), {"version": "1.2", "zone": "ü"}, 7)
    assert found.ttl in {30, None}


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("localhost", None),
        ("localhost", 8001),
        ("localhost:8001", None),
        ("localhost:8001", 8001),
        ("http://localhost:8001", None),
        ("http://localhost:8001/base?x=1", None),
        ("https://example.test", None),
        ("::1", 8001),
        ("[::1]:8001", None),
        ("http://[::1]:8001", None),
    ],
)
def test_an_address_comes_back_as_it_came(backend: Discovery, service: str, address: str, port: int | None) -> None:
    backend.register(Registration(service, address, port))
    (found,) = backend.discover(service)
    wanted = resolve_endpoint(address, port)
    assert (found.address, found.host, found.port) == (address, wanted.host, wanted.port)
    assert dict(found.metadata) == {}


def test_registering_the_same_again_changes_nothing(backend: Discovery, service: str) -> None:
    registration = Registration(service, "http://localhost:8001", tags=("a",), metadata={"k": "v"})
    first, second = backend.register(registration), backend.register(registration)
    assert first == second
    (found,) = backend.discover(service)
    assert (found.address, found.tags, dict(found.metadata)) == ("http://localhost:8001", ("a",), {"k": "v"})


def test_registering_with_other_values_replaces_the_values(backend: Discovery, service: str) -> None:
    backend.register(Registration(service, "localhost", 1, id=service, tags=("a",), metadata={"k": "v"}, weight=2))
    backend.register(Registration(service, "localhost", 2, id=service))
    (found,) = backend.discover(service)
    assert (found.port, found.tags, dict(found.metadata), found.weight) == (2, (), {}, 1)


@pytest.mark.parametrize("status", [Health.WARNING, Health.CRITICAL])
def test_registering_again_makes_an_unhealthy_instance_pass(backend: Discovery, service: str, status: Health) -> None:
    registration = Registration(service, "localhost", 1)
    backend.heartbeat(backend.register(registration), status=status)
    backend.register(registration)
    assert [found.health for found in backend.discover(service)] == [Health.PASSING]


def test_a_service_that_nobody_registered_has_no_instances(backend: Discovery, service: str) -> None:
    assert backend.discover(service) == []
    assert backend.discover(service, healthy_only=False, tag="a") == []


def test_discovery_by_tag_finds_those_that_carry_it(backend: Discovery, service: str) -> None:
    for port, tags in enumerate([("a",), ("a", "b"), ()], start=1):
        backend.register(Registration(service, "localhost", port, tags=tags))
    assert {found.port for found in backend.discover(service, tag="a")} == {1, 2}
    assert {found.port for found in backend.discover(service, tag="b")} == {2}
    assert backend.discover(service, tag="c") == []


def test_after_deregistering_it_is_not_found(backend: Discovery, service: str) -> None:
    gone = backend.register(Registration(service, "localhost", 1))
    left = backend.register(Registration(service, "localhost", 2))
    assert backend.deregister(gone) in {True, None}
    assert [found.id for found in backend.discover(service, healthy_only=False)] == [left]
    with pytest.raises(UnknownInstance):
        backend.heartbeat(gone)


def test_an_unknown_id_is_no_error_when_deregistering(backend: Discovery, service: str) -> None:
    assert backend.deregister(service) in {False, None}
    instance_id = backend.register(Registration(service, "localhost", 1))
    removed = backend.deregister(instance_id)
    again = backend.deregister(instance_id)
    assert (removed, again) in {(True, False), (None, None)}


def test_a_backend_that_lists_services_counts_all_and_the_healthy(backend: Discovery, service: str) -> None:
    ids = [backend.register(Registration(service, "localhost", port)) for port in (1, 2, 3)]
    other = backend.register(Registration(f"{service}-other", "localhost", 1))
    backend.heartbeat(ids[0], status=Health.WARNING)
    listed = backend.services()
    assert listed[service] == ServiceSummary(service, 3, 2)
    assert listed[f"{service}-other"] == ServiceSummary(f"{service}-other", 1, 1)
    backend.deregister(ids[0])
    backend.deregister(other)
    listed = backend.services()
    assert listed[service] == ServiceSummary(service, 2, 2)
    assert listed.get(f"{service}-other", ServiceSummary("", 0, 0)).total_instances == 0


def test_a_refused_registration_changes_nothing(backend: Discovery, service: str) -> None:
    backend.register(Registration(service, "localhost", 1, id=service, tags=("a",)))
    before = [(found.id, found.port, found.tags) for found in backend.discover(service, healthy_only=False)]
    with pytest.raises(InvalidRegistration):
        backend.register(Registration(service, "localhost", 2, id=service, ttl=-1))
    assert [(found.id, found.port, found.tags) for found in backend.discover(service, healthy_only=False)] == before


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_an_odd_service_name_is_kept_or_refused(backend: Discovery, service: str, name: str) -> None:
    registration = Registration(name, "localhost", 1, id=service)
    try:
        backend.register(registration)
    except InvalidRegistration:
        backend.heartbeat(backend.register(Registration(service, "localhost", 1)))  # it serves as before
        return
    assert service in {found.id for found in backend.discover(name)}
    backend.deregister(service)
    assert service not in {found.id for found in backend.discover(name, healthy_only=False)}


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_an_odd_id_is_kept_or_refused(backend: Discovery, service: str, name: str) -> None:
    try:
        given = backend.register(Registration(service, "localhost", 1, id=name))
    except InvalidRegistration:
        assert backend.discover(service, healthy_only=False) == []
        return
    assert given == name or not name  # an empty one may be replaced by one of the backend's
    assert [found.id for found in backend.discover(service)] == [given]
    backend.heartbeat(given)
    backend.deregister(given)
    assert backend.discover(service, healthy_only=False) == []


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_asking_for_an_odd_name_finds_nothing_or_is_refused(backend: Discovery, service: str, name: str) -> None:
    asked = service + name if name not in {"", ".", ".."} else name
    with pytest.raises((UnknownInstance, InvalidRequest)):
        backend.heartbeat(asked)
    with contextlib.suppress(InvalidRequest):
        assert backend.discover(asked) == []
    with contextlib.suppress(InvalidRequest):
        assert backend.deregister(asked) in {False, None}
