"""Which release of the program this is, as the installed package says; it knows nothing else."""

from __future__ import annotations

import functools


@functools.cache
def release() -> str:
    """Return the version of the installed package."""
    from importlib.metadata import version  # noqa: PLC0415 - its import is a tenth of the time to the first answer

    return version("discovery-compare")
