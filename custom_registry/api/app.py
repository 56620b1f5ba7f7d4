"""Puts the Flask application together; it knows which parts there are and none of their routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.routing import BaseConverter

from custom_registry.api import errors, native
from custom_registry.api.body import LARGEST_BODY
from custom_registry.api.consul import routes as consul
from custom_registry.api.consul.call import Facade
from custom_registry.api.consul.identity import Identity

if TYPE_CHECKING:
    from custom_registry.registry import Registry


class _ServiceName(BaseConverter):
    """Any text at all, slashes and line breaks too: a name that nobody can have registered is not another path."""

    regex = "(?s:.+)"
    part_isolating = False


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
    app.url_map.converters["service"] = _ServiceName
    provider = DefaultJSONProvider(app)
    provider.sort_keys = False  # answers read in the order in which they are documented
    app.json = provider
    app.register_blueprint(native.blueprint(registry))
    consul.register(app, facade or Facade(registry, Identity.of(registry.node)))
    errors.register(app)
    return app
