"""What is registered on every target alike, by running numbers; it registers nothing."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ONE, TEN, HUNDRED = "one", "ten", "hundred"
SPANS: Mapping[str, range] = MappingProxyType({ONE: range(1), TEN: range(1, 11), HUNDRED: range(11, 111)})
"""The numbers of the instances of the three services that are discovered."""

_FIRST = 111
_MANY = 997
_SMALLEST, _ALL_SERVICES = 118, 1108
NEW_SERVICES = 100
"""Over so many services the new instances are spread."""


@dataclass(frozen=True, slots=True)
class Population:
    """The names of all that one run registers.

    Args:
        prefix: of every id and every name of a service, found nowhere else.
    """

    prefix: str

    def ids(self) -> str:
        """Return an id's form, with the place of its number."""
        return f"{self.prefix}-{{number}}"

    def id(self, number: int) -> str:
        """Return the id of an instance."""
        return f"{self.prefix}-{number:07d}"

    def service(self, name: str) -> str:
        """Return the full name of a service."""
        return f"{self.prefix}-{name}"

    def service_of(self, number: int) -> str:
        """Return the full name of the service to which a number belongs: one of those three, or of 997 others."""
        for name, span in SPANS.items():
            if number in span:
                return self.service(name)
        return self.service(f"many{(number - _FIRST) % _MANY:03d}")

    def cycle(self, members: range) -> range:
        """Return as many of some members as it takes until their services are the same again, one after the other."""
        return members[:_MANY] if members.start >= _FIRST else members

    def names(self, size: int) -> set[str]:
        """Return the full names of all services at a size: 10 below 1,000, and 1,000 from there on."""
        return {self.service_of(number) for number in range(min(total(size), _FIRST + _MANY))}


def total(size: int) -> int:
    """Return how many instances there are at a size.

    Below 1,000 they are those of the three services and seven more; from 1,000 on there are 1,000 services, which
    takes 1,108 instances. What is above goes to the 997 others, one after the other.
    """
    return _SMALLEST if size < 1000 else max(size, _ALL_SERVICES)  # noqa: PLR2004 - as the docstring has it
