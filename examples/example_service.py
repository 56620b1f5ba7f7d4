"""A small real HTTP service that registers itself, keeps its heartbeat and leaves gracefully; it names no backend.

::

    python examples/example_service.py user-service 8001
    python examples/example_service.py payment-service 8002
    python examples/example_service.py demo

Where it registers is one setting: ``DISCOVERY_URL=consul://127.0.0.1:8500`` makes it Consul.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast

import click
from demonstration import demonstrate

from discovery import DiscoveryError, Registrar, Registration, leave_on_signals, open_discovery

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on


class ExampleServer(ThreadingHTTPServer):
    """Answers ``/`` with who answers, and ``/health`` with how it is."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: str, host: str, port: int) -> None:
        """Listen, but do not answer yet."""
        self.service = service
        super().__init__((host, port), ExampleHandler)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer from a thread until the block ends."""
        thread = threading.Thread(target=self.serve_forever, args=[0.05], name="http")  # seconds until it sees its end
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()


class ExampleHandler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        """Answer it."""
        server = cast("ExampleServer", self.server)
        me = {"service": server.service, "port": server.server_port, "pid": os.getpid()}
        match self.path:
            case "/":
                self._answer(HTTPStatus.OK, me)
            case "/health":
                self._answer(HTTPStatus.OK, me | {"status": "healthy"})
            case _:
                self._answer(HTTPStatus.NOT_FOUND, {"error": f"no {self.path} here: there are / and /health"})

    def _answer(self, status: HTTPStatus, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing of single requests."""


def run_service(server: ExampleServer, registration: Registration, drain: float) -> None:
    """Serve and stay registered until SIGTERM or Ctrl-C.

    The instance is deregistered before the server stops, so that nobody finds it who could not call it any more.

    Args:
        server: what serves.
        registration: of the instance.
        drain: seconds for which it goes on answering those who found it just before; a second signal cuts them short.
    """
    try:
        with leave_on_signals(), open_discovery() as discovery, server, server.serving():
            with leave_on_signals(), Registrar(discovery, registration):
                click.echo(f"{registration.service} serves at {registration.address}")
                threading.Event().wait()
            time.sleep(drain)
    except DiscoveryError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{registration.service} has left")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def main() -> None:
    """Run an example service that registers itself, or a demonstration of several.

    DISCOVERY_URL says where: registry://127.0.0.1:5001 (the default), consul://127.0.0.1:8500 ...
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")


def _add_service(name: str, default_port: int) -> None:
    """Add a command; the two services are the same but for name and port."""

    @main.command(
        name, help=f"Run a {name} until SIGTERM or Ctrl-C. PORT is {default_port} by default; 0 is a free one."
    )
    @click.argument("port", type=click.IntRange(0, 65535), default=default_port)
    @click.option("--host", default="127.0.0.1", help="Where to listen.")
    @click.option("--advertise", metavar="HOST", help="Where others call it, if that is not --host.")
    @click.option(
        "--ttl", type=float, default=30.0, metavar="SECONDS", help="Without a heartbeat for so long, it lapses."
    )
    @click.option("--tag", "tags", multiple=True, help="A tag to be found by; may be repeated.")
    @click.option(
        "--drain",
        type=click.FloatRange(0, 3600),
        default=0.0,
        metavar="SECONDS",
        help="Deregistered, it answers for so long those who had found it before.",
    )
    def command(  # noqa: PLR0913 - one for each option
        port: int, *, host: str, advertise: str | None, ttl: float, tags: tuple[str, ...], drain: float
    ) -> None:
        if host in EVERYWHERE and advertise is None:
            raise click.UsageError(f"--host {host!r} is no address to be called at: give one with --advertise")
        try:
            server = ExampleServer(name, host, port)
        except OSError as error:
            raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
        address = f"http://{advertise or host}:{server.server_port}"
        metadata = {"pid": str(os.getpid())}
        run_service(server, Registration(name, address, tags=tags, metadata=metadata, ttl=ttl), drain)


_add_service("user-service", 8001)
_add_service("payment-service", 8002)


@main.command("demo")
def demo() -> None:
    """Start a registry (unless DISCOVERY_URL names one) and several services; show them come, be called, go."""
    demonstrate(service_program=__file__)


if __name__ == "__main__":
    main()
