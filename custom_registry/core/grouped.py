"""Ids by what they belong to, most of them alone; it does not know of what they are."""

from __future__ import annotations

from typing import Final

_FEW: Final = 8


class Grouped:
    """Ids in the order in which they were added. A change costs O(1), however many are in its group.

    A few are kept in a tuple, which is a fifth of a dict: of most groups there is one for each instance.
    """

    __slots__ = ("_groups",)

    def __init__(self) -> None:
        """Begin with none."""
        self._groups: dict[str, tuple[str, ...] | dict[str, None]] = {}

    def __len__(self) -> int:
        """Return how many groups there are."""
        return len(self._groups)

    def of(self, group: str) -> tuple[str, ...]:
        """Return the ids of a group. O(their number)."""
        return tuple(self._groups.get(group, ()))

    def add(self, group: str, id: str) -> None:  # noqa: A002 - it is an id
        """Have one in a group; where it is so already, it keeps its place."""
        ids = self._groups.get(group)
        if ids is None:
            self._groups[group] = (id,)
        elif isinstance(ids, dict):
            ids[id] = None
        elif id not in ids:
            ids = (*ids, id)
            self._groups[group] = ids if len(ids) <= _FEW else dict.fromkeys(ids)

    def remove(self, group: str, id: str) -> None:  # noqa: A002 - it is an id
        """Have one less in a group, which it is in."""
        ids = self._groups[group]
        if isinstance(ids, dict):
            del ids[id]
        else:
            ids = self._groups[group] = tuple(one for one in ids if one != id)
        if not ids:
            del self._groups[group]
