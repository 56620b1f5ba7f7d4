"""HTTP over the registry: what is said on the wire, and nothing about how it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from custom_registry.api.consul.call import Facade
    from custom_registry.registry import Registry

__all__ = ["create_app"]


def create_app(registry: Registry, facade: Facade | None = None) -> Flask:
    """Return the WSGI application over a registry: see ``custom_registry.api.app``."""
    from custom_registry.api import app  # noqa: PLC0415 - whoever serves without Flask need not wait for its import

    return app.create_app(registry, facade)
