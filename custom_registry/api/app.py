"""Puts the Flask application together; it knows which parts there are and none of their routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from custom_registry.api import routes
from custom_registry.api.body import LARGEST_BODY
from custom_registry.api.consul.asking import Consul
from custom_registry.api.consul.call import Facade
from custom_registry.api.consul.identity import Identity
from custom_registry.api.native import Native

if TYPE_CHECKING:
    from custom_registry.registry import Registry


def create_app(registry: Registry, facade: Facade | None = None) -> Flask:
    """Return the WSGI application over a registry. Whoever calls starts and stops the registry.

    Args:
        registry: what is served.
        facade: how Consul's API is spoken over it; None for the default dialect and the registry's own node.
    """
    app = Flask("custom_registry", static_folder=None)
    # Werkzeug cuts a body of unknown length off at its maximum without a word; one byte more shows that there was more.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY + 1
    app.url_map.merge_slashes = False  # a service's name is taken as it is, never redirected to another
    routes.register(app, Native(registry), Consul(facade or Facade(registry, Identity.of(registry.node))))
    return app
