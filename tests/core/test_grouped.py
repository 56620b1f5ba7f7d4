"""Ids in groups, against plain lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from custom_registry.core.grouped import Grouped

_GROUPS, _IDS = st.sampled_from("ab"), st.integers(0, 19).map(str)  # a group can outgrow its tuple


@given(st.lists(st.tuples(st.sampled_from([True, True, False]), _GROUPS, _IDS), min_size=25, max_size=80))
def test_ids_are_in_their_groups_in_the_order_in_which_they_came(changes: list[tuple[bool, str, str]]) -> None:
    grouped = Grouped()
    expected: dict[str, list[str]] = {"a": [], "b": []}
    for adds, group, one in changes:
        there = one in expected[group]
        if adds:
            grouped.add(group, one)
            expected[group] += [] if there else [one]
        elif there:
            grouped.remove(group, one)
            expected[group].remove(one)
        assert {name: list(grouped.of(name)) for name in expected} == expected
        assert len(grouped) == sum(bool(ids) for ids in expected.values())
