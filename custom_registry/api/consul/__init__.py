"""Consul's own HTTP API, ``/v1``, over the registry: what its clients send, and what they are used to get back."""
