"""Scales of a chart's axes: from a value to its place between 0 and 1, and round values to be marked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_FEW = 2  # decades, up to which 2 and 5 are marked too
_NINES = ((0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"))


class Scale(Protocol):
    """Places values on an axis."""

    def place(self, value: float) -> float:
        """Return where a value is, from 0 to 1."""
        ...

    def say(self, value: float) -> str:
        """Return a value in words."""
        ...

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield round values and their labels."""
        ...


@dataclass(frozen=True, slots=True)
class Log:
    """A logarithmic scale; ``low`` and ``high`` are powers of ten times 1, 2 or 5."""

    low: float
    high: float
    words: Callable[[float], str]

    @classmethod
    def over(cls, values: Iterable[float], words: Callable[[float], str]) -> Log:
        """Return a scale on which all values have room; those that are not above 0 have none."""
        positive = [value for value in values if value > 0] or [1.0]
        low, high = _round(min(positive), up=False), _round(max(positive), up=True)
        return cls(low, high if high > low * 1.01 else low * 10, words)

    def place(self, value: float) -> float:
        """Return where a value is; below the scale is its beginning."""
        return max(0.0, math.log(max(value, self.low) / self.low) / math.log(self.high / self.low))

    def say(self, value: float) -> str:
        """Return a value in words."""
        return self.words(value)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield powers of ten, and 2 and 5 times those where they are few."""
        decades = math.log10(self.high / self.low)
        for power in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1):
            for step in (1, 2, 5) if decades <= _FEW else (1,):
                value = step * 10.0**power
                if self.low * 0.999 <= value <= self.high * 1.001:
                    yield value, self.words(value)


@dataclass(frozen=True, slots=True)
class Nines:
    """A scale for parts of a whole that gives each further 9 the same room: 90 %, 99 %, 99.9 %; the whole is last."""

    def place(self, value: float) -> float:
        """Return where a part is."""
        return min(-math.log10(max(1 - value, 1e-9)), 3.5) / 3.5

    def say(self, value: float) -> str:
        """Return a part in words."""
        return f"{value * 100:g} %"

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield the half, each further nine, and all."""
        yield from _NINES
        yield 1.0, "all"


@dataclass(frozen=True, slots=True)
class Share:
    """A plain scale for parts of a whole."""

    def place(self, value: float) -> float:
        """Return where a part is."""
        return value

    def say(self, value: float) -> str:
        """Return a part in words."""
        return f"{value * 100:g} %"

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield quarters."""
        for quarter in range(5):
            yield quarter / 4, f"{quarter * 25} %"


def _round(value: float, *, up: bool) -> float:
    """Return the next power of ten times 1, 2 or 5."""
    power: float = 10.0 ** math.floor(math.log10(value))
    steps = [power * step for step in (1, 2, 5, 10)]
    if up:
        return next(step for step in steps if step >= value * 0.999)
    return next(step for step in reversed(steps) if step <= value * 1.001)
