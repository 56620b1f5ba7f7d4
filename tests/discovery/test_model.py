from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from discovery import Health, InvalidRegistration, Registration
from tests.discovery.fakes import an_instance


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("service", 1, "service must be a string, not int"),
        ("service", None, "service must be a string, not NoneType"),
        ("service", b"users", "service must be a string, not bytes"),
        ("address", 8001, "address must be a string, not int"),
        ("port", "8001", "port must be a whole number or None, not str"),
        ("port", 8001.0, "port must be a whole number or None, not float"),
        ("port", True, "port must be a whole number or None, not bool"),
        ("port", 2**63, "port must be a whole number or None, of at most 64 bits"),
        ("weight", -(2**63) - 1, "weight must be a whole number, of at most 64 bits"),
        ("ttl", 10**400, "ttl must be a number of seconds or None, of at most 64 bits"),
        ("id", 7, "id must be a string or None, not int"),
        ("ttl", "30s", "ttl must be a number of seconds or None, not str"),
        ("ttl", True, "ttl must be a number of seconds or None, not bool"),
        ("weight", 1.5, "weight must be a whole number, not float"),
        ("weight", None, "weight must be a whole number, not NoneType"),
        ("tags", "blue", "tags must be a sequence of strings"),
        ("tags", ["blue", 1], "tags must be a sequence of strings"),
        ("tags", None, "tags must be a sequence of strings"),
        ("tags", 5, "tags must be a sequence of strings"),
        ("metadata", {"version": 2}, "metadata must map strings to strings"),
        ("metadata", {2: "version"}, "metadata must map strings to strings"),
        ("metadata", [("a", "b")], "metadata must map strings to strings"),
        ("metadata", None, "metadata must map strings to strings"),
    ],
)
def test_a_value_of_the_wrong_type_or_size_is_refused_and_named(field: str, value: object, message: str) -> None:
    values: dict[str, Any] = {"service": "users", "address": "127.0.0.1"}

    with pytest.raises(InvalidRegistration) as refused:
        Registration(**(values | {field: value}))

    assert (str(refused.value), refused.value.field) == (message, field)


def test_what_only_a_backend_can_judge_is_not_judged() -> None:
    odd = Registration(service="", address="::nonsense::", port=-(2**63), id="", ttl=-1, weight=0)

    assert (odd.service, odd.address, odd.port, odd.ttl, odd.weight) == ("", "::nonsense::", -(2**63), -1, 0)


def test_a_registration_is_frozen_with_all_that_is_in_it() -> None:
    tags, metadata = ["blue"], {"version": "2"}
    registration = Registration("users", "127.0.0.1", tags=tags, metadata=metadata)  # type: ignore[arg-type]

    tags.append("green")
    metadata["version"] = "3"

    assert registration.tags == ("blue",)
    assert registration.metadata == {"version": "2"}
    with pytest.raises(TypeError):
        registration.metadata["version"] = "4"  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        registration.service = "payments"  # type: ignore[misc]


def test_equal_registrations_are_equal() -> None:
    assert Registration("users", "h", tags=("a",)) == Registration("users", "h", tags=["a"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("health", "healthy"), [(Health.PASSING, True), (Health.WARNING, False), (Health.CRITICAL, False)]
)
def test_only_passing_is_healthy(health: Health, *, healthy: bool) -> None:
    assert an_instance("a", health=health).healthy is healthy


def test_a_health_reads_as_consul_writes_it() -> None:
    assert [str(health) for health in Health] == ["passing", "warning", "critical"]
