"""Pairs values that two runs of the same scenario name differently; it must not know where they come from.

A value such as a UUID or an index is another one in each run, but what it is equal to, and what it is above, is not.
So each value of the reference is paired with the one that the target has in its place, and the pair must hold
wherever either of them comes again.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field


@dataclass(slots=True)
class Equals:
    """Values of which only matters which are equal: each has one partner, and nobody else has it."""

    _partner: dict[str, str] = field(default_factory=dict)
    _owner: dict[str, str] = field(default_factory=dict)
    _said: set[tuple[str, str]] = field(default_factory=set)

    def conflict(self, reference: str, observed: str) -> str | None:
        """Pair two values; if they cannot be a pair, say why not, but the same only once."""
        partner = self._partner.setdefault(reference, observed)
        owner = self._owner.setdefault(observed, reference)
        if (partner == observed and owner == reference) or (reference, observed) in self._said:
            return None
        self._said.add((reference, observed))
        if partner != observed:
            return f"the reference has here what it had before, the target has not: there it was {partner}"
        return f"the target has here what it had before, the reference has not: there it was {owner}"


@dataclass(slots=True)
class Ordered:
    """Numbers of which matters which are equal and which is above which.

    What a number is differs from run to run, and so does how far it moves.
    """

    _reference: list[int] = field(default_factory=list)
    _observed: list[int] = field(default_factory=list)
    _said: set[tuple[int, int]] = field(default_factory=set)

    def conflict(self, reference: int, observed: int) -> str | None:
        """Pair two numbers; if they cannot be a pair, say why not, but the same only once."""
        place = bisect_left(self._reference, reference)
        known = place < len(self._reference) and self._reference[place] == reference
        if known and self._observed[place] == observed:
            return None
        why = self._changed(place, observed) if known else self._out_of_order(place, observed)
        if why is None:
            self._reference.insert(place, reference)
            self._observed.insert(place, observed)
        elif (reference, observed) in self._said:
            return None
        else:
            self._said.add((reference, observed))
        return why

    def _changed(self, place: int, observed: int) -> str:
        before = self._observed[place]
        moved = "moved on" if observed > before else "went back"
        return f"the reference's is the same as before, the target's {moved} from {before}"

    def _out_of_order(self, place: int, observed: int) -> str | None:
        if place and observed <= self._observed[place - 1]:
            below, same = self._reference[place - 1], self._observed[place - 1]
            word = "did not move" if observed == same else "went back"
            return f"the reference's moved on from {below}, the target's {word} from {same}"
        if place < len(self._reference) and observed >= self._observed[place]:
            above, same = self._reference[place], self._observed[place]
            word = "is the same as" if observed == same else "is above"
            return f"the reference's is below {above}, the target's {word} {same}, which stands for it"
        return None
