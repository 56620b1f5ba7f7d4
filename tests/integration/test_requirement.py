"""The rule about what is not there: skipped with its reason, or a failure where it is required."""

from __future__ import annotations

import pytest

from tests.support import consul


def test_what_is_missing_is_skipped_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_CONSUL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no such thing"):
        consul.missing("no such thing")


def test_what_is_missing_but_required_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_CONSUL", "1")
    with pytest.raises(pytest.fail.Exception, match="REQUIRE_CONSUL=1, but no such thing"):
        consul.missing("no such thing")


def test_a_machine_without_consul_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_CONSUL", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.skip.Exception, match="no consul is installed"), consul.running_agent():
        raise AssertionError("there is one after all")


def test_a_machine_without_an_engine_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_CONSUL", raising=False)
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/socket")
    with pytest.raises(pytest.skip.Exception, match="no container engine"), consul.running_container():
        raise AssertionError("there is one after all")
