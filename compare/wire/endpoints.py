"""Names the endpoint of Consul's API that a request speaks to; it must not know whether anybody serves it."""

from __future__ import annotations

_OWN = frozenset(
    [
        *("acl", "agent", "aliases", "autopilot", "bootstrap", "ca", "catalog", "check", "checks", "config"),
        *("configuration", "connect", "coordinate", "create", "datacenters", "deregister", "destroy", "event"),
        *("execute", "explain", "fail", "fire", "force-leave", "gateway-services", "health", "host", "id", "info"),
        *("ingress", "internal", "join", "kv", "leader", "leave", "list", "maintenance", "members", "metrics"),
        *("monitor", "name", "node", "node-services", "nodes", "operator", "pass", "peers", "query", "raft"),
        *("register", "reload", "renew", "roots", "self", "service", "services", "session", "state", "status"),
        *("tokens", "txn", "ui", "update", "v1", "version", "warn"),
    ]
)
"""Consul's own words in the paths of its API; all else in them names what a request is about."""


def endpoint(method: str, path: str) -> str:
    """Return a request's endpoint: its method, Consul's own words, and ``…`` for what they are about."""
    plain = path.partition("?")[0]
    parts = plain.strip("/").split("/")
    own = next((place for place, part in enumerate(parts) if part not in _OWN), len(parts))
    if own == 0:
        return f"{method} {plain}"
    return f"{method} /{'/'.join(parts[:own])}{'/…' if own < len(parts) else ''}"
