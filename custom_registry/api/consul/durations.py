"""Durations as Go writes them: parsed, and shown. It knows nothing of what they are for.

All durations here are whole nanoseconds, as Go's are: nothing is lost between what came and what is shown again.
"""

from __future__ import annotations

import functools
import re

from custom_registry.api.consul.gotext import quote

SECOND = 1_000_000_000  # nanoseconds

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "\N{MICRO SIGN}s": 1_000,
    "\N{GREEK SMALL LETTER MU}s": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]*)")
_LONGEST = 2**63 - 1  # nanoseconds, some 292 years
_MOST_DIGITS = 19  # of a number that can be as large as that


class InvalidDuration(ValueError):
    """A text is no duration; the message is Go's own."""


@functools.lru_cache(maxsize=1024)
def parse_duration(text: str) -> int:
    """Return the nanoseconds that a text such as ``90s``, ``1h30m`` or ``-1.5ms`` means.

    Raises:
        InvalidDuration: it means none (worded as Go 1.15 and later do).
    """
    rest = text[1:] if text[:1] in {"+", "-"} else text
    if rest == "0":
        return 0
    if not rest:
        raise InvalidDuration(f"time: invalid duration {quote(text)}")
    total = 0
    while rest:
        match = _PART.match(rest)
        whole, fraction, unit = match.groups() if match else ("", None, "")
        if not whole and not fraction:
            raise InvalidDuration(f"time: invalid duration {quote(text)}")
        if not unit:
            raise InvalidDuration(f"time: missing unit in duration {quote(text)}")
        if unit not in _UNITS:
            raise InvalidDuration(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
        if len(whole) > _MOST_DIGITS:
            raise InvalidDuration(f"time: invalid duration {quote(text)}")
        total += int(whole or "0") * _UNITS[unit]
        if fraction:
            fraction = fraction[:_MOST_DIGITS]
            total += int(fraction) * _UNITS[unit] // 10 ** len(fraction)
        if total > _LONGEST:
            raise InvalidDuration(f"time: invalid duration {quote(text)}")
        rest = rest[match.end() if match else 0 :]
    return -total if text[0] == "-" else total


def format_duration(nanoseconds: int) -> str:
    """Return a duration in Go's shortest form: ``1m30s``, ``1.5s``, ``100ms``, ``0s``."""
    sign = "-" if nanoseconds < 0 else ""
    left = abs(nanoseconds)
    if left == 0:
        return "0s"
    if left < SECOND:
        for unit, size in (("ms", 1_000_000), ("\N{MICRO SIGN}s", 1_000), ("ns", 1)):
            if left >= size:
                return f"{sign}{_decimal(left, size)}{unit}"
    hours, left = divmod(left, _UNITS["h"])
    minutes, left = divmod(left, _UNITS["m"])
    text = f"{_decimal(left, SECOND)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _decimal(amount: int, size: int) -> str:
    whole, rest = divmod(amount, size)
    if not rest:
        return str(whole)
    digits = len(str(size)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0")
