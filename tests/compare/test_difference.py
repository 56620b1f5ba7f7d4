from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.difference import Difference, Kind, differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)

MISSING_SECOND = Difference(Kind.MISSING, "value[1]", {}, None)


@pytest.mark.parametrize(
    ("reference", "observed", "expected"),
    [
        ({"a": 1}, {}, [Difference(Kind.MISSING, "value.a", 1, None)]),
        ({}, {"a": 1}, [Difference(Kind.EXTRA, "value.a", None, 1)]),
        ({"a": 1}, {"a": 2}, [Difference(Kind.CHANGED, "value.a", 1, 2)]),
        ({"a": 1}, {"a": "1"}, [Difference(Kind.TYPE, "value.a", 1, "1")]),
        ({"a": 1}, {"a": True}, [Difference(Kind.TYPE, "value.a", 1, observed=True)]),
        ({"a": None}, {"a": False}, [Difference(Kind.TYPE, "value.a", None, observed=False)]),
        (["a", "b"], ["b", "a"], [Difference(Kind.ORDER, "value", ["a", "b"], ["b", "a"])]),
        (["a", "b"], ["a"], [Difference(Kind.CHANGED, "value", ["a", "b"], ["a"])]),
        (
            [{"a": 1}, {}],
            [{}],
            [Difference(Kind.MISSING, "value[0].a", 1, None), Difference(Kind.MISSING, "value[1]", {}, None)],
        ),
        ({"at": 1.0}, {"at": 1.5}, []),
        ({"at": 1.0}, {"at": 1.7}, [Difference(Kind.TIME, "value.at", 1.0, 1.7, 0.6)]),
        ({"at": 1}, {"at": True}, [Difference(Kind.TYPE, "value.at", 1, observed=True)]),
        ({"at": 1.0}, {"at": None}, [Difference(Kind.TYPE, "value.at", 1.0, None)]),
        ({"port": 1.0}, {"port": 1.5}, [Difference(Kind.CHANGED, "value.port", 1.0, 1.5)]),
        ({"at": 1.0, "at_within": 0.1}, {"at": 1.75, "at_within": 0.1}, []),
        (
            {"at": 1.0, "at_within": 0.1},
            {"at": 1.85, "at_within": 0.1},
            [Difference(Kind.TIME, "value.at", 1.0, 1.85, 0.8)],
        ),
        ({"at": 1.0}, {"at": 1.0, "at_within": 0.1}, []),
        ({"at": 1.0, "at_within": 0.1}, {"at": 1.0}, []),
        ({"port_within": 1}, {"port_within": 2}, [Difference(Kind.CHANGED, "value.port_within", 1, 2)]),
        ({"state": "gone", "at": 70.0}, {"state": "gone", "at": 85.0}, []),
        (
            {"state": "gone", "at": 70.0},
            {"state": "gone", "at": 95.0},
            [Difference(Kind.TIME, "value.at", 70.0, 95.0, 16.0)],
        ),
        (
            [{"instance": "a"}, {"instance": "b", "port": 1}],
            [{"instance": "b", "port": 2}],
            [
                Difference(Kind.MISSING, "value[a]", {"instance": "a"}, None),
                Difference(Kind.CHANGED, "value[b].port", 1, 2),
            ],
        ),
        (
            [{"instance": "a"}],
            [{"instance": "a"}, {"instance": "a"}],
            [Difference(Kind.EXTRA, "value[a#2]", None, {"instance": "a"})],
        ),
        ([], [{"instance": "a"}], [Difference(Kind.EXTRA, "value[a]", None, {"instance": "a"})]),
    ],
)
def test_each_kind_of_difference_has_its_path(reference: Any, observed: Any, expected: list[Difference]) -> None:
    assert list(differences(reference, observed)) == expected


@given(JSON)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert differences(value, value) == ()


@given(JSON, JSON)
def test_a_difference_shows_from_both_sides(one: Any, other: Any) -> None:
    assert bool(differences(one, other)) == bool(differences(other, one))
