"""Our registry behind a plain WSGI server as a target of the wire: who waits holds a thread, and nothing is parked."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from compare.wire.player import HTTP_PORT, Place
from compare.wire.sources import Serving
from compare.wire.transport import HTTP
from custom_registry.probing import Prober, RegisteredProbes
from tests.support.in_process import an_agent


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing of requests."""


@dataclass(frozen=True, slots=True)
class PlainWSGIAgents:
    """A ``compare.wire.sources.WireSource``.

    Args:
        consul: the version whose dialect is spoken.
    """

    consul: str
    name: str = "facade"
    how: str = "our registry behind a plain WSGI server"
    fresh: bool = True

    def version(self, _stop: threading.Event) -> str:
        return self.consul

    def start(self, stop: threading.Event) -> Serving:
        app, registry = an_agent(self.consul)
        prober = Prober(RegisteredProbes(registry))
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=server.serve_forever)

        def end() -> None:
            server.shutdown()
            thread.join()
            prober.close()
            registry.stop()
            server.server_close()

        registry.start()
        prober.start()
        thread.start()
        return Serving(HTTP(f"http://127.0.0.1:{server.port}", stop), Place(ports={server.port: HTTP_PORT}), end)
