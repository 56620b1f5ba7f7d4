from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from discovery import ConfigurationError, UnknownBackend, open_discovery
from discovery.backends import ENTRY_POINT_GROUP, BackendURL, backends
from tests.discovery.fakes import MemoryDiscovery

if TYPE_CHECKING:
    from pathlib import Path


class OpenedDiscovery(MemoryDiscovery):
    """What this module's entry points open."""

    def __init__(self, url: BackendURL) -> None:
        super().__init__()
        self.url = url


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three backends: one that opens, one whose package is missing, one that is broken."""
    points = [
        EntryPoint("memory", f"{__name__}:OpenedDiscovery", ENTRY_POINT_GROUP),
        EntryPoint("missing", "a_package_that_is_not_installed.backend:open", ENTRY_POINT_GROUP),
        EntryPoint("broken", f"{__name__}:no_such_function", ENTRY_POINT_GROUP),
    ]
    found = {ENTRY_POINT_GROUP: points}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda *, group: found.get(group, []))


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "settings"),
    [
        ("registry://127.0.0.1:5001", "registry", "127.0.0.1", 5001, {}),
        ("registry://127.0.0.1:5001/", "registry", "127.0.0.1", 5001, {}),
        ("registry://", "registry", "", None, {}),
        ("REGISTRY://Host", "registry", "host", None, {}),
        ("consul://[::1]:8500?dc=dc1&token=a%26b", "consul", "::1", 8500, {"dc": "dc1", "token": "a&b"}),
        ("consul://?token=", "consul", "", None, {"token": ""}),
    ],
)
def test_a_backends_url_is_taken_apart(
    url: str, scheme: str, host: str, port: int | None, settings: dict[str, str]
) -> None:
    assert BackendURL.parse(url) == BackendURL(url, scheme, host, port, settings)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "it has no scheme"),
        ("127.0.0.1:5001", "it has no scheme"),
        ("registry:127.0.0.1", "it has no scheme"),
        ("registry://h:port", "is not a backend's URL"),
        ("registry://h:70000", "is not a backend's URL"),
        ("registry://h:0", "names port 0"),
        ("registry://[::1", "is not a backend's URL"),
        ("registry://h/path", "has more than a host, a port and settings"),
        ("registry://h#part", "has more than a host, a port and settings"),
        ("registry://me:secret@h", "has more than a host, a port and settings"),
        ("registry://h?nonsense", "is not a backend's URL"),
        ("registry://h?a=1&a=2", "gives a setting twice"),
    ],
)
def test_what_is_no_backends_url_is_refused(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        BackendURL.parse(url)


def test_the_backends_of_this_project_are_installed() -> None:
    assert {"registry", "consul"} <= backends().keys()


@pytest.mark.usefixtures("installed")
def test_the_scheme_names_the_backend_and_the_backend_gets_the_url() -> None:
    opened = open_discovery("memory://somewhere:1?x=2")

    assert isinstance(opened, OpenedDiscovery)
    assert opened.url == BackendURL.parse("memory://somewhere:1?x=2")


@pytest.mark.usefixtures("installed")
def test_without_a_url_the_configured_one_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCOVERY_URL", "memory://configured")

    opened = open_discovery()

    assert isinstance(opened, OpenedDiscovery)
    assert opened.url.host == "configured"


@pytest.mark.usefixtures("installed")
def test_an_unknown_scheme_says_which_there_are() -> None:
    with pytest.raises(UnknownBackend, match=r"no backend for etcd:// .*there are: broken://, memory://, missing://"):
        open_discovery("etcd://127.0.0.1")


def test_where_no_backend_is_installed_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda *, group: [])  # noqa: ARG005 - the name it is called by

    with pytest.raises(UnknownBackend, match="there are: none is installed"):
        open_discovery("registry://127.0.0.1")


@pytest.mark.usefixtures("installed")
def test_a_backend_without_its_package_says_how_to_install_it() -> None:
    with pytest.raises(UnknownBackend) as raised:
        open_discovery("missing://")

    assert "a_package_that_is_not_installed" in str(raised.value)
    assert 'pip install "discovery-compare[missing]"' in str(raised.value)


@pytest.mark.usefixtures("installed")
def test_a_bad_url_is_refused_before_any_backend_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError, match="has no scheme"):
        open_discovery("missing")
