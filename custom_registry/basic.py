"""The minimal registry that this project began from: register and discover, and nothing else; it knows no other module.

It is kept as it was to be compared with what became of it: no heartbeat, no removal, no validation. Bad input fails
however Flask and Python happen to fail on it.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from flask import Flask, request


def create_app() -> Flask:
    """Make the application, with a registry of its own that holds nothing yet."""
    app = Flask(__name__)
    release = version("discovery-compare")
    registry: dict[str, list[str]] = {}

    @app.post("/register")
    def register() -> dict[str, Any]:
        """Add an address to a service; the same one twice is found twice."""
        body = request.get_json(force=True)  # curl's -d alone does not say that it sends JSON
        service, address = body["service"], body["address"]
        registry.setdefault(service, []).append(address)
        return {"status": "registered", "message": f"Service {service} registered at {address}"}

    @app.get("/discover/<service>")
    def discover(service: str) -> dict[str, Any]:
        """Return every address that was ever registered."""
        instances = [{"address": address} for address in registry.get(service, [])]
        return {"service": service, "instances": instances, "count": len(instances)}

    @app.get("/health")
    def health() -> dict[str, Any]:
        """Say that the registry serves."""
        return {"status": "healthy", "profile": "basic", "name": "custom-registry basic", "version": release}

    return app
