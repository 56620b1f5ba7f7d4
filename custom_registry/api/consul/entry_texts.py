"""The JSON of health entries: each is made once, and again when a row of it is another. It knows no request.

A change of one instance of a service has all who watch it told of all its instances; only the one is rendered anew.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from custom_registry.api.consul import render
from custom_registry.api.consul.envelope import to_json
from custom_registry.bounded import Bounded

if TYPE_CHECKING:
    from custom_registry.api.consul.dialects import Dialect
    from custom_registry.core.model import Entry

_MOST_BYTES: Final = 16 * 1024 * 1024


class EntryTexts:
    """The texts of one dialect and datacenter, bounded by their bytes; those made longest ago make room.

    Any thread may use it.
    """

    def __init__(self) -> None:
        """Keep none yet."""
        self._made: Bounded[tuple[Entry, bytes]] = Bounded()
        self._making_room = threading.Lock()

    def of(self, entry: Entry, dialect: Dialect, datacenter: str) -> bytes:
        """Return an entry as an item of a list in JSON. O(its checks) where it has been made before."""
        key = entry.service.node, entry.service.id
        made = self._made.get(key)
        if made is not None and _has_the_rows_of(made[0], entry):
            return made[1]
        text = to_json(render.entry(entry, dialect, datacenter))
        with self._making_room:
            self._made.put(key, (entry, text), len(text), _MOST_BYTES)
        return text


def _has_the_rows_of(one: Entry, other: Entry) -> bool:
    """Return whether two entries are of the very same rows: a row that changes is another."""
    return (
        one.node is other.node
        and one.service is other.service
        and len(one.checks) == len(other.checks)
        and all(mine is theirs for mine, theirs in zip(one.checks, other.checks, strict=True))
    )
