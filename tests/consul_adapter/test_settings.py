from __future__ import annotations

import pytest

from consul_adapter.settings import Settings
from discovery import ConfigurationError, Health
from discovery.backends import BackendURL


def read(query: str) -> Settings:
    return Settings.from_url(BackendURL.parse(f"consul://10.0.0.1:8501?{query}"))


def test_without_anything_it_is_the_agent_of_this_machine() -> None:
    assert Settings.from_url(BackendURL.parse("consul://")) == Settings(host="127.0.0.1", port=8500)


def test_every_setting_is_read() -> None:
    settings = read("dc=dc2&token=a%20b&scheme=https&verify=false&timeout=2.5&status=critical&deregister_after=1h30m")
    assert settings == Settings(
        host="10.0.0.1",
        port=8501,
        scheme="https",
        verify=False,
        token="a b",  # noqa: S106 - an example
        dc="dc2",
        timeout=2.5,
        status=Health.CRITICAL,
        deregister_after="1h30m",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        *("token=", "token=a%0Ab", "token=%C3%BC", "dc=", "status=fine", "status="),
        *("deregister_after=soon", "deregister_after=90", "deregister_after=-1m", "deregister_after="),
    ],
)
def test_nonsense_is_refused_and_named(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=f"setting {wrong.partition('=')[0]}"):
        read(wrong)


def test_an_unknown_setting_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match="'datacenter'; it has: dc, deregister_after, scheme"):
        read("datacenter=dc1")
