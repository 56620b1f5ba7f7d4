"""A run as JSON, and back: the form that keeps everything; it shows nothing to people."""

from __future__ import annotations

import json

from compare.run import Run, UnreadableRun


def render(run: Run) -> str:
    """Return the run as JSON in ASCII; its key ``schema`` is the version of the form."""
    return json.dumps(run.to_dict(), indent=1, allow_nan=False) + "\n"


def read(text: str) -> Run:
    """Return the run that ``render`` wrote.

    Raises:
        UnreadableRun: it is none; the message says where it is wrong.
    """
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise UnreadableRun(f"this is no JSON: {error}") from error
    return Run.from_dict(plain)
