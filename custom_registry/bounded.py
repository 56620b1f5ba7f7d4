"""A mapping that holds so many bytes at most: what was put in longest ago makes room. It knows no value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

_Value = TypeVar("_Value")


class Bounded(Generic[_Value]):
    """All costs are O(1) but for those who make room. One thread at a time may write, any may read meanwhile."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._held: dict[Hashable, tuple[_Value, int]] = {}
        self._bytes = 0

    def get(self, key: Hashable) -> _Value | None:
        """Return a value that is still held."""
        held = self._held.get(key)
        return None if held is None else held[0]

    def put(self, key: Hashable, value: _Value, size: int, most: int) -> None:
        """Hold a value, as the youngest.

        Args:
            key: in the place of what was held under it.
            value: what to hold.
            size: its bytes.
            most: how many bytes all may have.
        """
        self.drop(key)
        self._held[key] = value, size
        self._bytes += size
        while self._bytes > most:
            self.drop(next(iter(self._held)))

    def drop(self, key: Hashable) -> None:
        """Hold it no more. Idempotent."""
        dropped = self._held.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped[1]
