"""What statuses mean together, and what becomes of outputs."""

from __future__ import annotations

import itertools

import pytest

from custom_registry.core.checks import cut, expired, worst
from discovery.model import Health


def test_the_worst_of_several_statuses() -> None:
    order = [Health.PASSING, Health.WARNING, Health.CRITICAL]
    for healths in itertools.product(order, repeat=3):
        assert worst(healths) is max(healths, key=order.index)
        assert worst([str(health) for health in healths]) is worst(healths)
    assert worst([]) is Health.PASSING


def test_a_status_that_is_none_of_the_three_is_not_passing() -> None:
    assert worst(["passing", "bogus"]) is Health.CRITICAL


def test_what_a_lapsed_check_says() -> None:
    assert expired("") == "TTL expired"
    assert expired("still here") == "TTL expired (last output before timeout follows): still here"


@pytest.mark.parametrize(
    ("output", "cut_output"),
    [
        ("", ""),
        ("x" * 10, "x" * 10),
        ("x" * 11, "x" * 10 + " ... (captured 10 of 11 bytes)"),
        ("é" * 5, "é" * 5),
        ("é" * 6, "é" * 5 + " ... (captured 10 of 12 bytes)"),
        ("x" + "é" * 5, "x" + "é" * 4 + "\N{REPLACEMENT CHARACTER} ... (captured 10 of 11 bytes)"),
    ],
)
def test_outputs_are_cut_by_bytes(output: str, cut_output: str) -> None:
    assert cut(output, 10) == cut_output
