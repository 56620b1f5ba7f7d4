"""Finds up to which index an agent had counted when its scenario began; it compares nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.wire.player import NODE
from compare.wire.transcript import Answer, Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.history import Json
    from compare.wire.transcript import Transcript


def start(transcript: Transcript) -> int:
    """Return the last index that the agent gave out before the first step, as far as its answers tell; else 0.

    By then it had brought itself into its catalog: its node, the check ``serfHealth`` and the service ``consul``. All
    that is of the scenario came later.
    """
    own: dict[str, int] = {}
    later: list[int] = []
    for record in _records(transcript):
        kind = _own(record)
        if kind is not None:
            own.setdefault(kind, max(record["CreateIndex"], record["ModifyIndex"]))
        elif record["CreateIndex"] and not _is_node(record):
            later.append(record["CreateIndex"] - 1)
    return min([max(own.values(), default=0), *later])


def _records(transcript: Transcript) -> Iterator[dict[str, Json]]:
    """Yield each node, service and check of a catalog in a scenario's answers."""
    for step in transcript.steps:
        if isinstance(step, Exchange) and isinstance(step.answer, Answer):
            yield from _within(step.answer.body)


def _within(value: Json) -> Iterator[dict[str, Json]]:
    if isinstance(value, dict):
        indexes = value.get("CreateIndex"), value.get("ModifyIndex")
        if all(isinstance(index, int) for index in indexes) and {"Node", "Service", "CheckID"} & value.keys():
            yield value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _within(part)


def _own(record: dict[str, Json]) -> str | None:
    """Return which of the agent's own records this is, or ``None`` if it is the scenario's."""
    if record.get("CheckID") == "serfHealth" and record.get("Node") == NODE:
        return "check"
    if "consul" in (record.get("ServiceName"), record.get("Service")) and "CheckID" not in record:
        return "service"
    return "node" if record.get("Node") == NODE and _is_node(record) else None


def _is_node(record: dict[str, Json]) -> bool:
    return not {"CheckID", "Service", "ServiceID"} & record.keys()
