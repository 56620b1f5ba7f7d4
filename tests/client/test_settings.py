"""The settings of a registry:// URL."""

from __future__ import annotations

import pytest

from custom_registry.client.settings import ClientSettings
from discovery import ConfigurationError, open_discovery
from discovery.backends import BackendURL


def read(url: str) -> ClientSettings:
    return ClientSettings.from_url(BackendURL.parse(url))


def test_without_anything_it_is_the_registry_of_this_machine() -> None:
    assert read("registry://") == ClientSettings(host="127.0.0.1", port=5001, timeout=10.0)
    assert read("registry://").base == "http://127.0.0.1:5001"


def test_every_setting_is_read() -> None:
    settings = read("registry://10.0.0.1:443?scheme=https&verify=false&timeout=2.5")
    assert settings == ClientSettings(host="10.0.0.1", port=443, scheme="https", verify=False, timeout=2.5)
    assert settings.base == "https://10.0.0.1:443"


def test_an_ipv6_host_stands_in_brackets_again() -> None:
    assert read("registry://[::1]:5001").base == "http://[::1]:5001"


def test_an_unknown_setting_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match="'token'; it has: scheme, timeout, verify"):
        open_discovery("registry://127.0.0.1?token=x")


@pytest.mark.parametrize("host", ["a%20b", "-x-", "a..b", "1.2.3", "x" * 70, "a%2Fb"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match="registry:// host"):
        open_discovery(f"registry://{host}:5001")
