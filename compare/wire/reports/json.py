"""A run of the wire as JSON: the form that keeps everything; it shows nothing to people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compare.wire.run import WireRun


def render(run: WireRun) -> str:
    """Return the run as JSON in ASCII; its key ``schema`` is the version of the form."""
    return json.dumps(run.to_dict(), indent=1) + "\n"
