"""Ids by what they belong to, a few each; it does not know of what they are."""

from __future__ import annotations


class Grouped:
    """Ids in the order in which they were added. A change costs O(ids of its group), and most groups have one.

    A tuple is a fifth of a set or a dict, and of most groups there is one for each instance.
    """

    __slots__ = ("_groups",)

    def __init__(self) -> None:
        """Begin with none."""
        self._groups: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        """Return how many groups there are."""
        return len(self._groups)

    def of(self, group: str) -> tuple[str, ...]:
        """Return the ids of a group."""
        return self._groups.get(group, ())

    def add(self, group: str, id: str) -> None:  # noqa: A002 - it is an id
        """Have one in a group; where it is so already, it keeps its place."""
        ids = self._groups.get(group, ())
        if id not in ids:
            self._groups[group] = (*ids, id)

    def remove(self, group: str, id: str) -> None:  # noqa: A002 - it is an id
        """Have one less in a group, which it is in."""
        left = tuple(one for one in self._groups[group] if one != id)
        if left:
            self._groups[group] = left
        else:
            del self._groups[group]
