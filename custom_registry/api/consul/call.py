"""One request as the endpoints see it, and what they work on; of Flask it knows nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.dialects import DEFAULT
from custom_registry.api.consul.entry_texts import EntryTexts
from custom_registry.api.consul.kinds import DecodeProblem
from custom_registry.api.consul.options import CachedReads

if TYPE_CHECKING:
    from custom_registry.api.consul.answers import Answer
    from custom_registry.api.consul.arguments import Arguments
    from custom_registry.api.consul.decode import Decoded, Shape
    from custom_registry.api.consul.dialects import Dialect
    from custom_registry.api.consul.identity import Identity
    from custom_registry.api.exchange import Headers
    from custom_registry.api.waiting import Parking
    from custom_registry.registry import Registry


class Facade(Struct, frozen=True):
    """What all endpoints share.

    Args:
        registry: what is registered.
        identity: who the agent is.
        dialect: which Consul is spoken.
        pretty: whether all JSON is indented, as in Consul's dev mode; otherwise where it is asked for.
        leave: called when the agent is asked to leave; it must return at once. None where whoever serves the
            application cannot be told to end.
        stagger: given seconds, returns how many of them a wait is to be longer, so that not all end at once.
        cached: which reads have been asked for with ``cached`` before.
        texts: of the health entries that have been shown.
    """

    registry: Registry
    identity: Identity
    dialect: Dialect = DEFAULT
    pretty: bool = False
    leave: Callable[[], None] | None = None
    stagger: Callable[[float], float] = lambda seconds: random.uniform(0.0, seconds)  # noqa: S311 - no secret
    cached: CachedReads = field(default_factory=CachedReads)
    texts: EntryTexts = field(default_factory=EntryTexts)


class Call(Struct, frozen=True):
    """A request.

    Args:
        facade: what it is asked of.
        method: of HTTP.
        path: of the endpoint, as the table has it.
        rest: what the path says beyond that; empty for an exact one.
        arguments: of the query string.
        headers: by names without regard to case.
        body: as it came.
        parking: where it is parked if it has to wait; None where its thread waits.
    """

    facade: Facade
    method: str
    path: str
    rest: str
    arguments: Arguments
    headers: Headers
    body: bytes
    parking: Parking | None = None

    @property
    def dialect(self) -> Dialect:
        """Which Consul is spoken."""
        return self.facade.dialect

    @property
    def registry(self) -> Registry:
        """What is registered."""
        return self.facade.registry

    @property
    def identity(self) -> Identity:
        """Who the agent is."""
        return self.facade.identity

    def decode(self, shape: Shape) -> Decoded:
        """Decode the body.

        Raises:
            Refused: it cannot be decoded.
        """
        try:
            return shape.decode(self.body, self.dialect)
        except DecodeProblem as problem:
            raise Refused(400, f"Request decode failed: {problem}") from None

    def refuse_enterprise(self) -> None:
        """Refuse what only Consul Enterprise has.

        Raises:
            Refused: a namespace is named, or where the dialect knows of them a partition.
        """
        if not self.headers and not self.arguments:  # as with most writes
            return
        if self.headers.get("X-Consul-Namespace", ""):
            self._refuse('header: "X-Consul-Namespace" - Namespaces')
        if self.arguments.first("ns"):
            self._refuse('query parameter: "ns" - Namespaces')
        if self.dialect.partitions_refused:
            if self.headers.get("X-Consul-Partition", ""):
                self._refuse('header: "X-Consul-Partition" - Partitions')
            if self.arguments.first("partition"):
                self._refuse('query parameter: "partition" - Partitions')

    def _refuse(self, what: str) -> None:
        text = f"Invalid {what} are a Consul Enterprise feature"
        raise Refused(400, self.dialect.wordings.bad_request + text)


View = Callable[[Call], "Answer"]
Views = Mapping[str, View]
