"""Reads of the catalog and of health: waiting, filters, and the headers that tell of the index; it knows no entry.

Whoever waits holds no thread of its own (``custom_registry.api.waiting``): where the front parks the request, what is
answered here goes nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from custom_registry.api.consul.answers import NOTHING, Answer, Refused
from custom_registry.api.consul.options import bounded_wait
from custom_registry.api.exchange import Lasting
from custom_registry.api.waiting import Settled, Wait, settle
from custom_registry.core import queries, topics
from custom_registry.core.filters import FilterError, compile_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from custom_registry.api.consul.call import Call
    from custom_registry.api.consul.dialects import Dialect
    from custom_registry.api.consul.options import Options
    from custom_registry.core.filters import Schema
    from custom_registry.core.state import State
    from custom_registry.core.topics import Topic

_Read = TypeVar("_Read")
_Shown = TypeVar("_Shown", bound="Mapping[str, object]")

_BLOCKING = "blocking-query"
_STREAMING = "streaming"


class Reading(Struct, Generic[_Read], frozen=True, kw_only=True):
    """One of Consul's reads.

    Args:
        topic: what it reads, for those who wait.
        query: reads it.
        show: makes of it what is sent.
        streaming: it is one that Consul's streaming backend answers, where the dialect has one.
        cacheable: the agent's cache may answer it.
        failed: the headers of a refusal; None for those that most reads have.
        tells_consistency: whether a header tells how consistent it was.
    """

    topic: Topic
    query: Callable[[State], _Read]
    show: Callable[[_Read], object]
    streaming: bool = False
    cacheable: bool = False
    failed: Mapping[str, str] | None = None
    tells_consistency: bool = True


def read(call: Call, options: Options, reading: Reading[_Read]) -> Answer:
    """Answer a read, once what it reads has changed after the index that the client knows.

    Where the time runs out first, Consul does not read again: an index that has moved since without waking anybody is
    not told (transcript ``blocking``, 1.21.4).

    Raises:
        Refused: the datacenter is another.
    """
    check_datacenter(call, options, index_headers(call.dialect) if reading.failed is None else reading.failed)
    topic = reading.topic
    settled = _wait(call, options, topic) if options.index else Settled.CHANGED
    if settled is Settled.PARKED:
        return NOTHING
    found, index, version = call.registry.read(
        lambda state: (reading.query(state), state.topic_index(topic), state.version(topic))
    )
    if settled is Settled.QUIET:
        index = min(index, options.index)
    consistency = options.consistency if reading.tells_consistency else ""
    headers = index_headers(call.dialect, index, consistency, leader=True, streaming=reading.streaming)
    if options.cached and reading.cacheable:
        return Answer(reading.show(found), headers=headers | call.facade.cached.look_up(call))
    return Answer(reading.show(found), headers=headers, lasting=Lasting(topic, version))


def read_unchanging(call: Call, options: Options, value: object, *, counted: bool = False) -> Answer:
    """Answer a read of what never changes here.

    Args:
        call: the request.
        options: how it is to be done.
        value: what there is.
        counted: its index is that of the agent's own node, which was made with all else; otherwise 1.

    Raises:
        Refused: the datacenter is another.
    """
    reading = Reading(
        topic=topics.Nothing(), query=lambda _state: None, show=lambda _found: value, tells_consistency=False
    )
    answer = read(call, options, reading)
    if not counted or answer is NOTHING:
        return answer
    made = call.registry.read(lambda state: queries.catalog_node(state, call.identity.node_name))
    index = made[0].create_index if made else 1
    return replace(answer, headers=answer.headers | {"X-Consul-Index": str(index)}, lasting=None)


def index_headers(
    dialect: Dialect, index: int = 1, consistency: str = "", *, leader: bool = False, streaming: bool = False
) -> dict[str, str]:
    """Return the headers that tell of the index and how it was read; without an index, those of a read that failed."""
    streaming = streaming and dialect.streams
    headers = {
        "X-Consul-Index": str(index),
        "X-Consul-Knownleader": "true" if leader and not streaming else "false",
        "X-Consul-Lastcontact": "0",
    }
    if consistency:
        headers["X-Consul-Effective-Consistency"] = consistency
    if dialect.shows_backend:
        headers["X-Consul-Query-Backend"] = _STREAMING if streaming else _BLOCKING
    return headers


def check_datacenter(call: Call, options: Options, headers: Mapping[str, str]) -> None:
    """See that a read is of the one datacenter there is.

    Raises:
        Refused: it is of another.
    """
    if options.datacenter != call.identity.datacenter:
        raise Refused(500, "No path to datacenter", headers)


def read_filter(
    call: Call, options: Options, schema: Schema, headers: Mapping[str, str] | None = None
) -> Callable[[Iterable[_Shown]], list[_Shown]]:
    """Return what ``make_filter`` does of a read's own filter, which only the datacenter asked looks at.

    Args:
        call: the request.
        options: how the read is to be done.
        schema: what can be selected.
        headers: those of a refusal; None for those that most reads have.

    Raises:
        Refused: the datacenter is another, or the filter is wrong.
    """
    headers = index_headers(call.dialect) if headers is None else headers
    check_datacenter(call, options, headers)
    return make_filter(options.filter, schema, headers)


def make_lazy_filter(text: str, schema: Schema) -> Callable[[Iterable[_Shown]], Iterable[_Shown]]:
    """Return what leaves of some entries those that a filter holds for; without one they pass one by one.

    See ``make_filter``.
    """
    return make_filter(text, schema) if text else iter


def make_filter(
    text: str, schema: Schema, headers: Mapping[str, str] | None = None
) -> Callable[[Iterable[_Shown]], list[_Shown]]:
    """Return what leaves of some entries those that a filter holds for.

    Args:
        text: the filter; empty for none.
        schema: what can be selected.
        headers: those of a refusal.

    Raises:
        Refused: the filter is wrong, be it only seen with the first entry.
    """
    if not text:
        return list
    try:
        predicate = compile_filter(text, schema)
    except FilterError as error:
        raise Refused(500, str(error), headers) from None

    def keep(entries: Iterable[_Shown]) -> list[_Shown]:
        try:
            return [entry for entry in entries if predicate(entry)]
        except FilterError as error:
            raise Refused(500, str(error), headers) from None

    return keep


def _wait(call: Call, options: Options, topic: Topic) -> Settled:
    seconds = bounded_wait(call, options.wait)
    return settle(call.registry, call.parking, Wait(topic, options.index, seconds))
