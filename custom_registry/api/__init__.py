"""HTTP over the registry: what is said on the wire, and nothing about how it is served."""

from custom_registry.api.app import create_app

__all__ = ["create_app"]
