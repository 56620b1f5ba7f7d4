"""Who the agent is that Consul's API speaks of: its node, its ``consul`` service, its membership.

There is one server, which is its own leader and has itself for its only member; of Serf and Raft it has the names,
numbers and ports that a dev agent tells (transcript ``agent_info``), so that clients find what they look for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from msgspec import Struct, field

from custom_registry.core.model import SERVER_ID, NodeDefinition, ServiceDefinition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_registry.api.consul.dialects import Dialect


class Identity(Struct, frozen=True, kw_only=True):
    """What is said of the agent by whoever starts it.

    Args:
        node_name: the name of its node.
        node_id: a UUID.
        datacenter: the one there is.
        address: at which others reach it.
        node_meta: text by text, beside what Consul itself tells of a node.
        server_port: of Consul's own protocol: ``/v1/status/leader`` and the ``consul`` service tell it.
        serf_lan_port: of the gossip within the datacenter.
        serf_wan_port: of that between datacenters.
        started_at: when the agent started, in seconds since 1970; the server has been stable since then.
    """

    node_name: str
    node_id: str
    datacenter: str = "dc1"
    address: str = "127.0.0.1"
    node_meta: Mapping[str, str] = field(default_factory=dict)
    server_port: int = 8300
    serf_lan_port: int = 8301
    serf_wan_port: int = 8302
    started_at: float = 0.0

    @classmethod
    def of(cls, node: NodeDefinition) -> Self:
        """Return the identity of a node, all else as a dev agent has it."""
        return cls(node_name=node.name, node_id=node.id, address=node.address)

    @property
    def server(self) -> str:
        """The server's address and port."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.server_port}"

    def meta(self, dialect: Dialect) -> dict[str, str]:
        """Return the node's metadata, what Consul itself tells of a node included."""
        return dict(sorted((dict(self.node_meta) | dict(dialect.own_meta)).items()))

    def node(self, dialect: Dialect) -> NodeDefinition:
        """Return the agent's own node."""
        family = "ipv6" if ":" in self.address else "ipv4"
        tags = ("lan", f"lan_{family}", "wan", f"wan_{family}")
        return NodeDefinition(
            name=self.node_name,
            id=self.node_id,
            address=self.address,
            tagged_addresses=dict.fromkeys(tags, self.address),
            meta=self.meta(dialect),
        )

    def service(self, dialect: Dialect) -> ServiceDefinition:
        """Return the service by which a server is known."""
        return ServiceDefinition(
            id=SERVER_ID, service=SERVER_ID, tags=(), port=self.server_port, meta=dict(dialect.server_meta)
        )

    def member(self, dialect: Dialect, *, wan: bool) -> dict[str, object]:
        """Return the agent as a member of the gossip, of the one between datacenters or of the one within."""
        tags = {
            "acls": "0",
            "build": f"{dialect.version}:",
            "dc": self.datacenter,
            "ft_fs": "1",
            **dialect.member_tags,
            "id": self.node_id,
            "port": str(self.server_port),
            "raft_vsn": "3",
            "role": SERVER_ID,
            "segment": "",
            "vsn": "2",
            "vsn_max": "3",
            "vsn_min": "2",
        }
        if not wan:
            tags["wan_join_port"] = str(self.serf_wan_port)
        return {
            "Name": f"{self.node_name}.{self.datacenter}" if wan else self.node_name,
            "Addr": self.address,
            "Port": self.serf_wan_port if wan else self.serf_lan_port,
            "Tags": tags,
            "Status": 1,
            "ProtocolMin": 1,
            "ProtocolMax": 5,
            "ProtocolCur": 2,
            "DelegateMin": 2,
            "DelegateMax": 5,
            "DelegateCur": 4,
        }
