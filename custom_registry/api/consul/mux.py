"""Finds the endpoint of a path as Go's ``ServeMux`` does; it knows no view, and no request.

Paths are exact, or with a slash at their end the beginning of all below them, the longest counting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_registry.api.consul.endpoints import ENDPOINTS, Endpoint

if TYPE_CHECKING:
    from custom_registry.api.consul.dialects import Dialect

_DEEPEST = max(endpoint.path.count("/") for endpoint in ENDPOINTS)


class Mux:
    """The endpoints that a dialect has, by their paths."""

    def __init__(self, dialect: Dialect) -> None:
        """Sort them."""
        known = [endpoint for endpoint in ENDPOINTS if endpoint.path not in dialect.lacks_endpoints]
        self._exact = {endpoint.path: endpoint for endpoint in known if not endpoint.path.endswith("/")}
        self._begin = {endpoint.path: endpoint for endpoint in known if endpoint.path.endswith("/")}

    def find(self, path: str) -> tuple[Endpoint, str] | None:
        """Return the endpoint of a path, and what the path says beyond it; None where it is nobody's. O(1)."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact, ""
        parts = path.split("/", _DEEPEST)
        for depth in range(len(parts) - 1, 1, -1):
            beginning = "/".join(parts[:depth]) + "/"
            endpoint = self._begin.get(beginning)
            if endpoint is not None:
                return endpoint, path[len(beginning) :]
        return None

    def lacks_slash(self, path: str) -> bool:
        """Return whether an unknown path would be an endpoint's with a slash at its end."""
        return path not in self._exact and f"{path}/" in self._begin
