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
from tests.support.consul import running_agent
from tests.support.servers import COMMAND, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from discovery import Discovery
    from tests.support.consul import ConsulAgent

_REAL = pytest.mark.integration


@pytest.fixture(scope="session")
def in_process() -> Iterator[str]:
    """The Flask application over plain WSGI, in this process: where it listens."""
    registry = Registry()
    registry.start()
    server = make_server("127.0.0.1", 0, create_app(registry), threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="wsgi")
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()
    registry.stop()


@pytest.fixture(scope="session")
def native_in_process(in_process: str) -> str:
    """The application, spoken to natively."""
    return f"registry://{in_process}"


@pytest.fixture(scope="session")
def facade_in_process(in_process: str) -> str:
    """The application, spoken to as Consul."""
    return f"consul://{in_process}"


@pytest.fixture(scope="session")
def native_over_http() -> Iterator[str]:
    """The registry as it is run, a process of its own."""
    with running_registry() as registry:
        yield registry.url


@pytest.fixture(scope="session")
def facade() -> Iterator[ConsulAgent]:
    """The registry in place of a Consul agent."""
    with running_agent(program=COMMAND) as agent:
        yield agent


@pytest.fixture(scope="session")
def facade_1_8() -> Iterator[ConsulAgent]:
    """The registry in place of an agent of Consul 1.8."""
    with running_agent("-consul-version=1.8", program=COMMAND) as agent:
        yield agent


@pytest.fixture(
    scope="session",
    params=[
        "native_in_process",
        "native_over_http",
        "facade_in_process",
        "facade",
        "facade_1_8",
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
