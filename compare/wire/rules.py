"""The named rules by which unequal answers on the wire count as equal, each with its reason.

Which values a rule speaks of is data here; how two answers are gone through is ``compare.wire.comparison``'s business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from compare.normalise import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.history import Json

Path: TypeAlias = tuple[str | int, ...]
"""Where in an answer: ``("headers", "Allow")``, ``("body", 0, "Node")``."""

INDEXES = Rule(
    "indexes",
    "each agent counts its changes from a start of its own, and counts more than what is asked of it; so an index is "
    "paired with the one in its place, and throughout the scenario equal stays equal and above stays above; 0 and 1, "
    "which say that there is none, must be the same. A pair that breaks this is reported where it first shows",
)
START = Rule(
    "start",
    "an agent brings itself into its catalog in one write or in several, as it happens; of the indexes from before the "
    "scenario only is compared that they are from then",
)
IDENTIFIERS = Rule(
    "identifiers",
    "an agent draws UUIDs by chance, and computes hashes and fingerprints out of them; each is paired with the one in "
    "its place, and the pair must hold throughout the scenario. One that does not is reported where it first shows",
)
TIMESTAMPS = Rule("timestamps", "an agent says what time it is; that it is a time of this form is compared, not which")
CERTIFICATES = Rule("certificates", "each agent makes its keys and certificates by itself; that it is one is compared")
BUILDS = Rule(
    "builds",
    "a version is played against others of the same minor version, and each build has a stamp of its own; that there "
    "is one is compared",
)
SECONDS = Rule(
    "seconds",
    "a machine is busy, and Consul adds up to a sixteenth to a wait by chance; two times count as equal if they are no "
    "more than half a second and a sixteenth apart, and both before, or both after, what was sent meanwhile",
)
REMOVAL = Rule(
    "removal",
    "Consul looks each 30 s for what to remove, so that the time of removal depends on when its agent began to look",
)
UNORDERED = Rule(
    "unordered",
    "Consul keeps these in maps, whose order Go shuffles: two answers of one agent differ; they are sorted first",
)
FIRST_PROBE = Rule(
    "first probe",
    "an agent first runs a check at a moment chosen by chance within its interval; before, there is no output",
)
ALIAS = Rule("alias", "of several failing checks an alias names the first out of a map, whose order Go shuffles")
MEASUREMENTS = Rule(
    "measurements",
    "what an agent measures of itself depends on the machine and on the moment; that it is there is compared, no more",
)
PLACE = Rule(
    "place",
    "an agent's name and its ports are given to it by whoever starts it; in its answers they are put back to those of "
    "the transcripts",
)
RULES = (
    *(INDEXES, START, IDENTIFIERS, TIMESTAMPS, CERTIFICATES, BUILDS, SECONDS, REMOVAL),
    *(UNORDERED, FIRST_PROBE, ALIAS, MEASUREMENTS, PLACE),
)
"""All of them, in the order in which to show them."""

LOOKS = 30.0
"""Seconds between two looks of Consul for what to remove (seen on 1.8.7 and 1.21.4, transcripts ``reaping``)."""

_INDEX_KEYS = {"CreateIndex", "ModifyIndex", "X-Consul-Index"}
_HASH_KEYS = {"ContentHash", "X-Consul-Contenthash"}
_PROBES = {"http", "tcp", "udp", "grpc", "h2ping", "script", "docker", "os_service"}
_ALIASED = re.compile(r'Aliased check ".*" failing: ', re.DOTALL)
_LEAST_INDEX = 1


@dataclass(frozen=True, slots=True)
class _At:
    """A place in the answers of some endpoints: ``*`` in ``endpoint`` is any text, in ``path`` any one key."""

    endpoint: str
    path: Path

    def covers(self, endpoint: str, path: Path) -> bool:
        return (
            len(path) == len(self.path)
            and all(mine in ("*", theirs) for mine, theirs in zip(self.path, path, strict=True))
            and fnmatchcase(endpoint, self.endpoint)
        )


_SHUFFLED: dict[_At, Path] = {
    _At("/v1/catalog/services", ("body", "*")): (),
    _At("/v1/session/list", ("body",)): ("CreateIndex",),
    _At("/v1/session/node/*", ("body",)): ("CreateIndex",),
    _At("/v1/agent/health/service/name/*", ("body",)): ("Service", "ID"),
    _At("/v1/agent/health/service/name/*", ("body", "*", "Checks")): ("CheckID",),
    _At("/v1/agent/health/service/id/*", ("body", "Checks")): ("CheckID",),
}
"""Lists without an order, each with that by which to sort its parts."""

_MEASURED = (
    *(_At("/v1/agent/metrics", ("body", kind)) for kind in ("Gauges", "Points", "Counters", "Samples")),
    *(_At("/v1/agent/self", ("body", "Stats", *path)) for path in (("raft", "*"), ("runtime", "*"))),
)


_BUILDS = (
    *(_At("/v1/agent/self", ("body", "Config", key)) for key in ("Version", "Revision", "BuildDate")),
    *(_At("/v1/agent/self", ("body", "DebugConfig", key)) for key in ("Version", "Revision", "VersionPrerelease")),
    _At("/v1/agent/self", ("body", "DebugConfig", "BuildDate")),
    _At("/v1/agent/self", ("body", "Member", "Tags", "build")),
    _At("/v1/agent/self", ("body", "Stats", "build", "*")),
    _At("/v1/agent/members", ("body", "*", "Tags", "build")),
    _At("/v1/agent/version", ("body", "*")),
    _At("/v1/operator/autopilot/health", ("body", "Servers", "*", "Version")),
)
_NODE_BUILD = "consul-version"
"""In the Meta of a node, since 1.16."""


def is_index(path: Path, value: Json) -> bool:
    """Whether this is an index that says when something changed (rule: indexes)."""
    return path[-1] in _INDEX_KEYS and re.fullmatch(r"\d+", str(value)) is not None and int(str(value)) > _LEAST_INDEX


def is_hash(path: Path) -> bool:
    """Whether this is a hash of something, or the index of events, which is one (rule: identifiers)."""
    return path[-1] in _HASH_KEYS


def is_hashed_index(endpoint: str) -> bool:
    """Whether this endpoint's index is made out of UUIDs, so that it neither grows nor shrinks (rule: identifiers)."""
    return endpoint == "/v1/event/list"


def is_build(endpoint: str, path: Path) -> bool:
    """Whether this is the stamp of a build (rule: builds)."""
    return path[-1] == _NODE_BUILD or any(place.covers(endpoint, path) for place in _BUILDS)


def is_measured(endpoint: str, path: Path) -> bool:
    """Whether this is a measurement (rule: measurements)."""
    return any(place.covers(endpoint, path) for place in _MEASURED)


def sorting(endpoint: str, path: Path) -> Path | None:
    """Return by what to sort the parts of a list that has no order of its own (rule: unordered), or ``None``."""
    return next((by for place, by in _SHUFFLED.items() if place.covers(endpoint, path)), None)


def output_rule(check: Mapping[str, Json], reference: str, observed: str) -> Rule | None:
    """Return the rule by which two outputs of a check count as equal (rules: first probe, alias), or ``None``.

    Args:
        check: the reference's check.
        reference: its output.
        observed: the target's.
    """
    kind = check.get("Type")
    if kind in _PROBES and "" in {reference, observed}:
        return FIRST_PROBE
    if kind == "alias" and _ALIASED.match(reference) and _ALIASED.match(observed):
        return ALIAS
    return None


def seconds_apart(reference: float) -> float:
    """Return how far another time may be from this one, in seconds (rule: seconds)."""
    return 0.5 + reference / 16
