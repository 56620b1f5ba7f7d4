"""Discovery over the native HTTP API, the backend of ``registry://``; it knows nothing of the server's code."""

from custom_registry.client.backend import RegistryClient, open_registry

__all__ = ["RegistryClient", "open_registry"]
