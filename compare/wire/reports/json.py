"""A run of the wire as JSON, and back: the form that keeps everything; it shows nothing to people."""

from __future__ import annotations

import json

from compare.wire.run import LEVEL, WireRun


def render(run: WireRun) -> str:
    """Return the run as JSON in ASCII; its key ``schema`` is the version of the form."""
    return json.dumps(run.to_dict(), indent=1) + "\n"


def read(text: str) -> WireRun | None:
    """Return the run that ``render`` wrote, or ``None`` where this is something else.

    Raises:
        UnreadableRun: it is a run of the wire that cannot be read; the message says where it is wrong.
    """
    try:
        plain = json.loads(text)
    except ValueError:
        return None
    return WireRun.from_dict(plain) if isinstance(plain, dict) and plain.get("level") == LEVEL else None
