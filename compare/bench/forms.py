"""How much is measured: the forms of a run, from the tiny to the large; a form measures nothing itself."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from compare.bench.run import Form

if TYPE_CHECKING:
    from collections.abc import Mapping

_FULL = Form("full", sizes=(100, 1000, 5000, 10_000), rounds=5, seconds=1.5, repeats=3, starts=3, waiting=(1000, 5000))

FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "full": _FULL,
        "large": replace(_FULL, name="large", sizes=(*_FULL.sizes, 100_000), budget=600.0),
        "quick": Form(
            "quick",
            sizes=(100, 1000),
            rounds=2,
            seconds=0.35,
            repeats=1,
            waiting=(1000,),
            ttl=2,
            budget=8.0,
            settle=1.0,
            at_larger=("list",),
            renews=False,  # it would take more than the two minutes
        ),
        "tiny": Form(
            "tiny",
            sizes=(100,),
            rounds=1,
            seconds=0.2,
            connections=4,
            waiting=(20,),
            lapses=20,
            ttl=2,
            budget=30.0,
            settle=1.0,
        ),
    }
)
"""By name: ``tiny`` is for the tests, and its figures mean nothing."""
