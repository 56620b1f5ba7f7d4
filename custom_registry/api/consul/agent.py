"""``/v1/agent`` beside services and checks: the views; what the agent says of itself, and what it is told to do.

What only a real Consul could say (most of its configuration, Raft, Serf, its runtime, xDS) is left out, not invented.
Source: transcript ``agent_info`` (1.8.7 and 1.21.4), and a running 1.8.7.
"""

from __future__ import annotations

import platform
import time
from typing import TYPE_CHECKING, Any

from custom_registry.api.consul.answers import NOTHING, Answer, Refused
from custom_registry.api.consul.durations import SECOND, format_duration
from custom_registry.api.consul.joining import find_listener, is_oneself
from custom_registry.api.consul.options import DEFAULT_WAIT, LONGEST_WAIT
from custom_registry.api.consul.refusals import read_enable
from custom_registry.core import queries
from custom_registry.core.commands import SetNodeMaintenance
from custom_registry.core.intervals import OUTPUT_MAX_SIZE

if TYPE_CHECKING:
    from custom_registry.api.consul.call import Call, Views
    from custom_registry.core.state import State

BUILD_DATE = "1970-01-01T00:00:01Z"  # of a Consul built without one
COORDINATE = {"Vec": [0] * 8, "Error": 1.5, "Adjustment": 0, "Height": 1e-05}  # of whoever has not been measured
_METRICS_INTERVAL = 10  # seconds


def self_(call: Call) -> Answer:
    """Answer who the agent is and how it is configured."""
    identity, dialect = call.identity, call.dialect
    config = {
        "Datacenter": identity.datacenter,
        "PrimaryDatacenter": identity.datacenter,
        "NodeName": identity.node_name,
        "NodeID": identity.node_id,
        "Revision": "",
        "Server": True,
        "Version": dialect.version,
        "BuildDate": BUILD_DATE,
    }
    return Answer(
        {
            "Config": {key: value for key, value in config.items() if key not in dialect.lacking("Self.Config")},
            "DebugConfig": _debug_config(call),
            "Coord": COORDINATE,
            "Member": identity.member(dialect, wan=False),
            "Stats": _stats(call),
            "Meta": identity.meta(dialect),
        }
    )


def version(call: Call) -> Answer:
    """Answer which Consul it is."""
    return Answer({"SHA": "", "BuildDate": BUILD_DATE, "HumanVersion": call.dialect.version, "FIPS": ""})


def host(_call: Call) -> Answer:
    """Answer on what machine the agent runs, as far as that needs no measuring."""
    machine = {
        "hostname": platform.node(),
        "os": platform.system().lower(),
        "kernelVersion": platform.release(),
        "kernelArch": platform.machine(),
    }
    return Answer({"Host": machine, "CollectionTime": time.time_ns(), "Errors": None})


def members(call: Call) -> Answer:
    """Answer the agent, the one member there is."""
    wan = bool(call.arguments.first("wan"))
    segment = call.arguments.first("segment")
    if segment not in {"", "_all"}:
        if wan:
            raise Refused(400, "Cannot provide a segment with wan=true")
        raise Refused(500, "Network segments are not supported in this version of Consul")
    return Answer([call.identity.member(call.dialect, wan=wan)])


def metrics(call: Call) -> Answer:
    """Answer what is counted here: how much is registered, and how many wait."""
    if call.arguments.first("format") == "prometheus":
        raise Refused(415, "Prometheus is not enabled since its retention time is not positive")

    def query(state: State) -> dict[str, int]:
        nodes, services = queries.catalog_nodes(state), queries.catalog_services(state)
        return {
            "consul.state.nodes": len(nodes),
            "consul.state.service_instances": len(services),
            "consul.state.services": len({service.name for _, service in services}),
        }

    gauges = call.registry.read(query) | {"consul.rpc.queries_blocking": call.registry.waiting}
    moment = time.gmtime(time.time() // _METRICS_INTERVAL * _METRICS_INTERVAL)
    return Answer(
        {
            "Timestamp": time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC", moment),
            "Gauges": [{"Name": name, "Value": gauges[name], "Labels": {}} for name in sorted(gauges)],
            "Points": [],
            "Counters": [],
            "Samples": [],
        }
    )


def maintain(call: Call) -> Answer:
    """Put the node into maintenance or take it out."""
    call.registry.apply(SetNodeMaintenance(read_enable(call), call.arguments.first("reason")))
    return NOTHING


def reload(_call: Call) -> Answer:
    """Read the configuration anew, of which nothing can change while the agent runs."""
    return NOTHING


def join(call: Call) -> Answer:
    """Join the agent itself; refuse another: as Consul does where nobody is there, otherwise for want of gossip."""
    identity = call.identity
    default_port = identity.serf_wan_port if call.arguments.first("wan") else identity.serf_lan_port
    if is_oneself(call.rest, default_port, identity):
        return NOTHING
    find_listener(call.rest, default_port, call.dialect)
    raise Refused(501, f"{call.method} {call.path}{call.rest} is not implemented by this registry: it does not gossip")


def force_leave(call: Call) -> Answer:
    """Let go of a member that has failed, which the one there is has not."""
    if call.rest != call.identity.node_name:
        raise Refused(500, f"agent: No node found with name '{call.rest}'")
    return NOTHING


def leave(call: Call) -> Answer:
    """Leave, which ends the agent."""
    if call.facade.leave is None:
        raise Refused(501, f"{call.method} {call.path} is not implemented by this server: it cannot end itself")
    call.facade.leave()
    return NOTHING


VIEWS: Views = {
    "/v1/agent/force-leave/": force_leave,
    "/v1/agent/host": host,
    "/v1/agent/join/": join,
    "/v1/agent/leave": leave,
    "/v1/agent/maintenance": maintain,
    "/v1/agent/members": members,
    "/v1/agent/metrics": metrics,
    "/v1/agent/reload": reload,
    "/v1/agent/self": self_,
    "/v1/agent/version": version,
}


def _debug_config(call: Call) -> dict[str, Any]:
    """Return of Consul's configuration what is so here too."""
    identity, intervals = call.identity, call.registry.intervals
    return {
        "ACLsEnabled": False,
        "AdvertiseAddrLAN": identity.address,
        "AdvertiseAddrWAN": identity.address,
        "CheckDeregisterIntervalMin": format_duration(round(intervals.least_deregister_after * SECOND)),
        "CheckOutputMaxSize": OUTPUT_MAX_SIZE,
        "CheckReapInterval": format_duration(round(intervals.reap * SECOND)),
        "Datacenter": identity.datacenter,
        "DefaultQueryTime": format_duration(round(DEFAULT_WAIT * SECOND)),
        "DevMode": True,
        "EnableLocalScriptChecks": False,
        "EnableRemoteScriptChecks": False,
        "MaxQueryTime": format_duration(round(LONGEST_WAIT * SECOND)),
        "NodeID": identity.node_id,
        "NodeMeta": dict(identity.node_meta),
        "NodeName": identity.node_name,
        "PrimaryDatacenter": identity.datacenter,
        "Revision": "",
        "SerfAdvertiseAddrLAN": _tcp(identity.address, identity.serf_lan_port),
        "SerfAdvertiseAddrWAN": _tcp(identity.address, identity.serf_wan_port),
        "SerfPortLAN": identity.serf_lan_port,
        "SerfPortWAN": identity.serf_wan_port,
        "ServerMode": True,
        "ServerPort": identity.server_port,
        "Version": call.dialect.version,
        "VersionPrerelease": "",
    }


def _tcp(host: str, port: int) -> str:
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def _stats(call: Call) -> dict[str, dict[str, str]]:
    services, checks = call.registry.read(lambda state: (queries.agent_services(state), queries.agent_checks(state)))
    build = {"prerelease": "", "revision": "", "version": call.dialect.version, "version_metadata": ""}
    return {
        "agent": {
            "check_monitors": "0",
            "check_ttls": str(sum(check.definition.ttl is not None for check in checks)),
            "checks": str(len(checks)),
            "services": str(len(services)),
        },
        "build": {key: text for key, text in build.items() if key not in call.dialect.lacking("Stats.build")},
        "consul": {
            "acl": "disabled",
            "bootstrap": "false",
            "known_datacenters": "1",
            "leader": "true",
            "leader_addr": call.identity.server,
            "server": "true",
        },
    }
