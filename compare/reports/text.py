"""Makes text that came from a backend fit to be shown: printable, on one line, not too long; it knows no format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare.history import Json

LONGEST_WORDS = 400
"""Characters of a message or a reason."""
LONGEST_VALUE = 120
"""Characters of an observed value."""


def clean(text: str, longest: int = LONGEST_WORDS) -> str:
    r"""Return the text with everything unprintable written out, as in ``\x1b``, and cut where it is too long.

    Control and format characters, line ends, lone surrogates and marks that turn the direction of writing could
    otherwise forge a report's lines, colours or markup. Line ends and tabs become spaces, since they are harmless and
    common in messages.
    """
    cut = text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
    return "".join(_visible(character) for character in cut)


def shown(value: Json) -> str:
    """Return a JSON value as a person reads it: compact, clean and cut."""
    return clean(json.dumps(value, ensure_ascii=False), LONGEST_VALUE)


def quantity(count: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``1 step``, ``2 steps``."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character in "\t\n\r":
        return " "
    return character.encode("unicode_escape").decode("ascii")
