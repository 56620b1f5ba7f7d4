from __future__ import annotations

import inspect
import re

import pytest

import discovery
from discovery import errors
from discovery.errors import DiscoveryError, RequestRefused

DRAWN_LINE = re.compile(r"^    (?P<branches>(?:[│ ] {3})*(?:[├└]── )?)(?P<name>[A-Z]\w+)(?: +(?P<meaning>\S.*))?$")


def drawn_tree() -> dict[str, str | None]:
    """Each drawn error and what it is drawn under."""
    tree: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        drawn = DRAWN_LINE.match(line)
        if drawn is None:
            continue
        depth = len(drawn["branches"]) // 4
        path[depth:] = [drawn["name"]]
        assert drawn["name"] not in tree
        tree[drawn["name"]] = path[depth - 1] if depth else None
    return tree


def real_tree() -> dict[str, str | None]:
    classes = {
        name: kind for name, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__
    }
    return {
        name: None if kind is DiscoveryError else ", ".join(base.__name__ for base in kind.__bases__)
        for name, kind in classes.items()
    }


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    assert drawn_tree() == real_tree()


def test_every_error_can_be_imported_from_the_package() -> None:
    for name in real_tree():
        assert getattr(discovery, name) is getattr(errors, name)
        assert name in discovery.__all__


@pytest.mark.parametrize(
    "kind", [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, RequestRefused)]
)
def test_a_refusal_carries_the_field_where_it_is_known(kind: type[RequestRefused]) -> None:
    assert kind("no").field is None
    refused = kind("port must be less", field="port")
    assert (str(refused), refused.field) == ("port must be less", "port")
