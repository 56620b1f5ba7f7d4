"""The backends on which the contract suite runs, each as a URL: a suite that knows no more fits any backend."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from custom_registry.api.app import create_app
from custom_registry.registry import Registry
from discovery import open_discovery
from tests.support.servers import running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from discovery import Discovery

_REAL = pytest.mark.integration


@pytest.fixture(scope="session")
def native_in_process() -> Iterator[str]:
    """The Flask application over plain WSGI, in this process."""
    registry = Registry()
    registry.start()
    server = make_server("127.0.0.1", 0, create_app(registry), threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="wsgi")
    thread.start()
    yield f"registry://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()
    registry.stop()


@pytest.fixture(scope="session")
def native_over_http() -> Iterator[str]:
    """The registry as it is run, a process of its own."""
    with running_registry() as registry:
        yield registry.url


@pytest.fixture(
    scope="session",
    params=[
        "native_in_process",
        "native_over_http",
        pytest.param("consul_agent", marks=_REAL),
        pytest.param("consul_container", marks=_REAL),
    ],
)
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a backend that runs; each test runs once for each."""
    backend = request.getfixturevalue(request.param)
    return backend if isinstance(backend, str) else str(backend.url)


@pytest.fixture
def backend(url: str) -> Iterator[Discovery]:
    """An open backend."""
    with open_discovery(url) as opened:
        yield opened


@pytest.fixture
def service() -> str:
    """A service's name that no other test and no other run uses."""
    return f"web-{uuid.uuid4().hex[:12]}"
