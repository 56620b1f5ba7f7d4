from __future__ import annotations

import re
import signal
import socket
from typing import TYPE_CHECKING

import pytest
import requests

from discovery import Discovery, open_discovery
from tests.examples.programs import ports_in, read_until, run_example, running_example
from tests.support.servers import RegistryProcess, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.consul import ConsulAgent


NOBODY = "registry://127.0.0.1:1"  # a privileged port that nothing listens on


@pytest.fixture(scope="module")
def registry() -> Iterator[RegistryProcess]:
    with running_registry() as registry:
        yield registry


@pytest.fixture(params=["registry", pytest.param("consul_agent", marks=pytest.mark.integration)])
def url(request: pytest.FixtureRequest) -> str:
    """Either backend: the programs name none."""
    backend: RegistryProcess | ConsulAgent = request.getfixturevalue(request.param)
    return backend.url


@pytest.fixture
def discovery(url: str) -> Iterator[Discovery]:
    with open_discovery(url) as discovery:
        yield discovery


@pytest.mark.parametrize("service", ["user-service", "payment-service"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_is_found_answers_and_leaves(
    url: str, discovery: Discovery, service: str, number: signal.Signals
) -> None:
    with running_example("example_service.py", service, "0", "--ttl", "5", "--tag", "blue", url=url) as process:
        read_until(process, f"{service}: registered as")
        [found] = discovery.discover(service, tag="blue")
        with requests.Session() as http:
            me = http.get(found.address, timeout=5).json()
            health = http.get(f"{found.address}/health", timeout=5).json()
            unknown = http.get(f"{found.address}/nothing", timeout=5)
        process.send_signal(number)
        rest = process.communicate()[0]

    assert me == {"service": service, "port": found.port, "pid": process.pid}
    assert health == me | {"status": "healthy"}
    assert (unknown.status_code, unknown.json()) == (404, {"error": "no /nothing here: there are / and /health"})
    assert rest.endswith(f"{service} has left\n")
    assert process.returncode == 0
    assert discovery.discover(service, healthy_only=False) == []


def test_the_advertised_host_is_what_is_found(url: str, discovery: Discovery) -> None:
    arguments = ["payment-service", "0", "--host", "0.0.0.0", "--advertise", "localhost"]
    with running_example("example_service.py", *arguments, url=url) as process:
        read_until(process, "registered as")
        [found] = discovery.discover("payment-service")
        process.terminate()
        process.communicate()

    assert found.host == "localhost"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["user-service", "0", "--host", "0.0.0.0"], 2, "give one with --advertise"),
        (["user-service", "70000"], 2, "70000 is not in the range 0<=x<=65535"),
        (["user-service", "0", "--ttl", "0"], 1, "ttl must be a positive number of seconds"),
        (["order-service"], 2, "No such command 'order-service'"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(arguments: list[str], exit_code: int, message: str) -> None:
    ended = run_example("example_service.py", *arguments, url=NOBODY)

    assert ended.returncode == exit_code
    assert re.search(rf"^Error: .*{re.escape(message)}", ended.stderr, re.MULTILINE)
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run_example("example_service.py", "user-service", str(port), url=NOBODY)

    assert ended.returncode == 1
    assert ended.stderr == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_the_client_finds_calls_and_watches(url: str) -> None:
    with running_example("example_service.py", "user-service", "0", "--tag", "blue", url=url) as service:
        [port] = ports_in(read_until(service, "serves at"))  # said once it is registered
        found = run_example("client.py", "find", "user-service", "--tag", "blue", url=url)
        called = run_example("client.py", "call", "user-service", "--count", "2", "--picker", "weighted", url=url)
        with running_example("client.py", "watch", "user-service", url=url) as watching:
            read_until(watching, f"passing  http://127.0.0.1:{port} [blue]")
            service.terminate()
            read_until(watching, "  none")
            watching.send_signal(signal.SIGINT)
            rest = watching.communicate()[0]

    assert found.stdout == f"  passing  http://127.0.0.1:{port} [blue]\n"
    assert called.stdout.count(f"http://127.0.0.1:{port} answers") == 2
    assert (rest, watching.returncode) == ("", 0)


def test_a_service_whose_backend_is_down_serves_nevertheless_and_says_so() -> None:
    with running_example("example_service.py", "user-service", "0", url=NOBODY) as process:
        read_until(process, "trying on after BackendUnavailable")
        [port] = ports_in(read_until(process, "serves at"))
        with requests.Session() as http:
            assert http.get(f"http://127.0.0.1:{port}/health", timeout=5).ok
        process.terminate()
        process.communicate()

    assert process.returncode == 0


def test_the_client_says_that_nobody_is_there(url: str) -> None:
    ended = run_example("client.py", "call", "nobody", url=url)

    assert (ended.returncode, ended.stderr) == (1, "Error: 'nobody' has no healthy instance\n")


@pytest.mark.parametrize("url", ["etcd://127.0.0.1", NOBODY])
def test_the_client_tells_what_is_wrong_in_one_line(url: str) -> None:
    ended = run_example("client.py", "find", "user-service", url=url)

    assert ended.returncode == 1
    assert re.fullmatch(r"Error: .+\n", ended.stderr)
