from __future__ import annotations

import inspect
from typing import Any

import pytest

import discovery
from discovery import Discovery, Watchable
from tests.discovery.fakes import MemoryDiscovery

CALLS = [
    pytest.param(method, id=f"{protocol.__name__}.{name}")
    for protocol in (Discovery, Watchable)
    for name, method in vars(protocol).items()
    if inspect.isfunction(method) and not name.startswith("_")
]


def test_all_that_is_exported_is_there() -> None:
    assert discovery.__all__ == sorted(discovery.__all__, key=lambda name: (name[0].islower(), name))
    for name in discovery.__all__:
        assert getattr(discovery, name).__doc__


@pytest.mark.parametrize("method", CALLS)
def test_each_call_describes_all_its_arguments_or_none(method: Any) -> None:
    _, heading, arguments = (inspect.getdoc(method) or "").partition("Args:\n")

    described = [name for name in inspect.signature(method).parameters if f"    {name}: " in arguments]

    assert described == ([name for name in inspect.signature(method).parameters if name != "self"] if heading else [])


@pytest.mark.parametrize("method", [case for case in CALLS if case.id not in {"Discovery.ping", "Discovery.close"}])
def test_each_call_says_what_is_guaranteed_and_what_is_not(method: Any) -> None:
    described = inspect.getdoc(method) or ""

    assert "\nGuaranteed: " in described
    assert "\nLeft open: " in described or method.__name__ == "deregister"


def test_a_class_that_has_the_methods_is_a_discovery_and_no_watchable() -> None:
    backend = MemoryDiscovery()

    assert isinstance(backend, Discovery)
    assert not isinstance(backend, Watchable)
    assert not isinstance(object(), Discovery)
