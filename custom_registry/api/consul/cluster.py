"""The views of what a cluster has and a lone agent has little of: leader and peers, coordinates, Raft, ACLs, entries.

Source: transcript ``agent_info`` (1.8.7 and 1.21.4), and a running 1.8.7.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from custom_registry.api.consul.agent import COORDINATE
from custom_registry.api.consul.answers import Answer, Refused
from custom_registry.api.consul.endpoints import ENDPOINTS
from custom_registry.api.consul.gotext import quote
from custom_registry.api.consul.options import read_options
from custom_registry.api.consul.reading import check_datacenter, read_unchanging

if TYPE_CHECKING:
    from custom_registry.api.consul.call import Call, Views


def leader(call: Call) -> Answer:
    """Answer the leader's address."""
    _check(call)
    return Answer(call.identity.server)


def peers(call: Call) -> Answer:
    """Answer the addresses of all servers."""
    _check(call)
    return Answer([call.identity.server])


def coordinates_of_datacenters(call: Call) -> Answer:
    """Answer where the servers of each datacenter are, as far as has been measured."""
    identity = call.identity
    coordinate = {"Node": identity.node_name, "Segment": "", "Coord": COORDINATE}
    return Answer([{"Datacenter": identity.datacenter, "AreaID": "wan", "Coordinates": [coordinate]}])


def coordinates_of_nodes(call: Call) -> Answer:
    """Answer where the nodes are, which nobody measures."""
    return read_unchanging(call, read_options(call), [])


def coordinates_of_node(call: Call) -> Answer:
    """Answer where one node is, which nobody measures."""
    _check(call)
    return Answer(status=404, content_type=None)


def raft_configuration(call: Call) -> Answer:
    """Answer the one server."""
    _check(call)
    identity = call.identity
    server = {
        "ID": identity.node_id,
        "Node": identity.node_name,
        "Address": identity.server,
        "Leader": True,
        "ProtocolVersion": "3",
        "Voter": True,
    }
    return Answer({"Servers": [server], "Index": 0})


def autopilot_health(call: Call) -> Answer:
    """Answer that the one server is healthy, as it is from its start."""
    _check(call)
    identity = call.identity
    server = {
        "ID": identity.node_id,
        "Name": identity.node_name,
        "Address": identity.server,
        "SerfStatus": "alive",
        "Version": call.dialect.version,
        "Leader": True,
        "LastContact": "0s",
        "Healthy": True,
        "Voter": True,
        "StableSince": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(identity.started_at)),
    }
    return Answer({"Healthy": True, "FailureTolerance": 0, "Servers": [server]})


def no_acl(_call: Call) -> Answer:
    """Say that there are no ACLs."""
    raise Refused(401, "ACL support disabled")


def config_entries(call: Call) -> Answer:
    """Answer the configuration entries of a kind, of which there are none."""
    options = read_options(call)
    kind, _, name = call.rest.partition("/")
    if call.method != "GET":
        raise Refused(501, f"{call.method} {call.path}{call.rest} is not implemented by this registry")
    if kind and kind not in call.dialect.config_kinds:
        raise Refused(500, f"invalid config entry kind: {kind}")
    answer = read_unchanging(call, options, [], counted=call.dialect.config_counts)
    if name:
        raise Refused(404, f"Config entry not found for {quote(kind)} / {quote(name)}", answer.headers)
    return answer


VIEWS: Views = {
    "/v1/agent/token/": no_acl,
    "/v1/config/": config_entries,
    "/v1/coordinate/datacenters": coordinates_of_datacenters,
    "/v1/coordinate/node/": coordinates_of_node,
    "/v1/coordinate/nodes": coordinates_of_nodes,
    "/v1/operator/autopilot/health": autopilot_health,
    "/v1/operator/raft/configuration": raft_configuration,
    "/v1/status/leader": leader,
    "/v1/status/peers": peers,
    **{endpoint.path: no_acl for endpoint in ENDPOINTS if endpoint.path.startswith("/v1/acl/")},
}


def _check(call: Call) -> None:
    check_datacenter(call, read_options(call), {})
