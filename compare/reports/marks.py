"""How each judgement is shown: a symbol, a word and what it means; it knows no run and no format."""

from __future__ import annotations

from typing import NamedTuple

from compare.judgement import Judgement


class Mark(NamedTuple):
    """How a judgement is shown: never by colour alone."""

    symbol: str
    word: str
    meaning: str


MARKS = {
    Judgement.UNEXPECTED: Mark("!", "unexpected", "differs from the reference, and nobody has said why"),
    Judgement.UNKNOWN: Mark("?", "unknown", "could not be carried out, so nothing is known"),
    Judgement.KNOWN: Mark("~", "known", "differs from the reference for a reason that is known"),
    Judgement.NOISE: Mark("±", "noise", "differs where the reference differs from itself"),
    Judgement.NOT_OFFERED: Mark("-", "not offered", "the operation does not exist there"),
    Judgement.SAME: Mark("=", "same", "as the reference"),
}
"""In the order in which to show them, the gravest first."""
ANSWERED = Mark("·", "answered", "the reference, by which the others are measured")
NOT_RUN = Mark(" ", "not run", "the run did not come to it")
