"""Discovery over a Consul agent, through python-consul2; it knows the contract and no other backend."""

from consul_adapter.backend import ConsulDiscovery, open_consul

__all__ = ["ConsulDiscovery", "open_consul"]
