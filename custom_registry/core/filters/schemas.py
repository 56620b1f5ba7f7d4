"""What filters may select, in each kind of entry and each version of Consul; it evaluates nothing.

The fields are those of Consul's structures, not all of which are on the wire; on a field's type depends which operators
it has. Those of 1.8 were learnt by asking 1.8.7 for every field, with every operator. What 1.21 has beyond them is as
Consul's own test of what may be filtered lists it (agent/structs/structs_filtering_test.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from custom_registry.core.filters.expressions import Operator
from custom_registry.core.filters.golang import parse_bool, parse_int

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EQUALITY: Final = frozenset({Operator.EQUAL, Operator.NOT_EQUAL})
_EMPTINESS: Final = frozenset({Operator.IS_EMPTY, Operator.IS_NOT_EMPTY})
_MEMBERSHIP: Final = frozenset({Operator.IN, Operator.NOT_IN})
_MATCHING: Final = frozenset({Operator.MATCHES, Operator.NOT_MATCHES})


class Leaf(msgspec.Struct, frozen=True, eq=False):
    """A value that holds no other: how the text in a filter becomes one, and what one is that is not there."""

    operators: frozenset[Operator]
    coerce: Callable[[str], object]
    zero: object


class Struct(msgspec.Struct, frozen=True, eq=False):
    """A structure of named fields; nothing can be asked of itself."""

    fields: Mapping[str, Type]
    operators: frozenset[Operator] = frozenset()


class Items(msgspec.Struct, frozen=True, eq=False):
    """A list; a selector goes on into its elements' fields, and holds where it holds for one of them."""

    element: Leaf | Struct

    @property
    def operators(self) -> frozenset[Operator]:
        """What may be asked of the list itself."""
        return _EMPTINESS | _MEMBERSHIP if isinstance(self.element, Leaf) else _EMPTINESS


class Table(msgspec.Struct, frozen=True, eq=False):
    """A map from any names to values of one type; what is asked of the map itself is asked of its names."""

    value: Leaf | Struct
    operators: frozenset[Operator] = _EMPTINESS | _MEMBERSHIP


Type: TypeAlias = Leaf | Struct | Items | Table

TEXT: Final = Leaf(_EQUALITY | _MEMBERSHIP | _MATCHING, str, "")
NUMBER: Final = Leaf(_EQUALITY, parse_int, 0)
FLAG: Final = Leaf(_EQUALITY, parse_bool, False)  # noqa: FBT003 - what a flag is that is not there
TEXTS: Final = Items(TEXT)
NAMED_TEXTS: Final = Table(TEXT)


class Schema(msgspec.Struct, frozen=True, eq=False):
    """What one kind of entry has.

    Args:
        entry: its structure.
        late: the agent looks at the filter's selectors with the first entry only, and then without saying that it
            could not create an evaluator (`checks`, step 26): the predicate raises, not the compiler.
    """

    entry: Struct
    late: bool = False


class Schemas(msgspec.Struct, frozen=True):
    """The kinds of entries, as one version of Consul has them.

    Args:
        service: /v1/agent/services, and the services of /v1/catalog/node and /v1/catalog/node-services.
        agent_check: /v1/agent/checks.
        check: /v1/health/node, /v1/health/checks, /v1/health/state.
        node: /v1/catalog/nodes.
        health_entry: /v1/health/service, connect and ingress.
        catalog_entry: /v1/catalog/service and connect; in 1.21 /v1/catalog/services, too.
    """

    service: Schema
    agent_check: Schema
    check: Schema
    node: Schema
    health_entry: Schema
    catalog_entry: Schema


def _texts(*names: str) -> dict[str, Type]:
    return dict.fromkeys(names, TEXT)


def _schemas(
    node: dict[str, Type], service: dict[str, Type], catalog: dict[str, Type], check: dict[str, Type]
) -> Schemas:
    checks = Schema(Struct(check))
    entry = Struct({"Node": Struct(node), "Service": Struct(service), "Checks": Items(checks.entry)})
    return Schemas(
        service=Schema(Struct(service)),
        agent_check=Schema(checks.entry, late=True),
        check=checks,
        node=Schema(Struct(node)),
        health_entry=Schema(entry),
        catalog_entry=Schema(Struct(catalog)),
    )


_ADDRESSES = Table(Struct({"Address": TEXT, "Port": NUMBER}))
_WEIGHTS = Struct({"Passing": NUMBER, "Warning": NUMBER})
_CONNECT = Struct({"Native": FLAG})
_GATEWAY = Struct({"Mode": TEXT})
_PATHS = Items(
    Struct(_texts("Path", "Protocol") | {"ListenerPort": NUMBER, "LocalPathPort": NUMBER, "ParsedFromCheck": FLAG})
)
_UPSTREAM = _texts("DestinationType", "DestinationNamespace", "DestinationName", "Datacenter", "LocalBindAddress") | {
    "LocalBindPort": NUMBER,
    "MeshGateway": _GATEWAY,
}
_PROXY = _texts("DestinationServiceName", "DestinationServiceID", "LocalServiceAddress") | {
    "LocalServicePort": NUMBER,
    "Upstreams": Items(Struct(_UPSTREAM)),
    "MeshGateway": _GATEWAY,
    "Expose": Struct({"Checks": FLAG, "Paths": _PATHS}),
}
_NODE = _texts("ID", "Node", "Address", "Datacenter") | {"TaggedAddresses": NAMED_TEXTS, "Meta": NAMED_TEXTS}
_SERVICE = _texts("Kind", "ID", "Service", "Address") | {
    "Tags": TEXTS,
    "TaggedAddresses": _ADDRESSES,
    "Meta": NAMED_TEXTS,
    "Port": NUMBER,
    "Weights": _WEIGHTS,
    "EnableTagOverride": FLAG,
    "Proxy": Struct(_PROXY),
    "Connect": _CONNECT,
}
_CATALOG = _texts(
    "ID", "Node", "Address", "Datacenter", "ServiceKind", "ServiceID", "ServiceName", "ServiceAddress"
) | {
    "TaggedAddresses": NAMED_TEXTS,
    "NodeMeta": NAMED_TEXTS,
    "ServiceTags": TEXTS,
    "ServiceTaggedAddresses": _ADDRESSES,
    "ServiceMeta": NAMED_TEXTS,
    "ServicePort": NUMBER,
    "ServiceWeights": _WEIGHTS,
    "ServiceEnableTagOverride": FLAG,
    "ServiceProxy": Struct(_PROXY),
    "ServiceConnect": _CONNECT,
}
_CHECK = _texts("Node", "CheckID", "Name", "Status", "Notes", "Output", "ServiceID", "ServiceName", "Type") | {
    "ServiceTags": TEXTS
}

CONSUL_1_8: Final = _schemas(_NODE, _SERVICE, _CATALOG, _CHECK)

_NEWER_UPSTREAM = _texts("DestinationPartition", "DestinationPeer", "LocalBindSocketPath", "LocalBindSocketMode")
_EXTENSION = _texts("Name", "ConsulVersion", "EnvoyVersion") | {"Required": FLAG}
_LOGS = _texts("Type", "Path", "JSONPath", "TextPath") | {"Enabled": FLAG, "DisableListenerLogs": FLAG}
_NEWER_PROXY = Struct(
    _PROXY
    | _texts("Mode", "LocalServiceSocketPath")
    | {
        "EnvoyExtensions": Items(Struct(_EXTENSION)),
        "Upstreams": Items(Struct(_UPSTREAM | _NEWER_UPSTREAM)),
        "TransparentProxy": Struct({"OutboundListenerPort": NUMBER, "DialedDirectly": FLAG}),
        "AccessLogs": Struct(_LOGS),
    }
)

CONSUL_1_21: Final = _schemas(
    _NODE | _texts("Partition", "PeerName"),
    _SERVICE | _texts("SocketPath", "PeerName") | {"Proxy": _NEWER_PROXY},
    _CATALOG | _texts("ServiceSocketPath", "PeerName") | {"ServiceProxy": _NEWER_PROXY},
    _CHECK | _texts("Interval", "Timeout", "PeerName") | {"ExposedPort": NUMBER, "LastCheckStartTime": Struct({})},
)
