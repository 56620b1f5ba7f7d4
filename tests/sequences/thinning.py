"""Ways to ask a little less: groups of requests with one of their parts left out; it sends nothing.

Hypothesis shrinks the choices that made a sequence. It does not know that a body is an object whose members can be
left out one by one, and each of its tries costs dozens of requests; so what it leaves is thinned by these.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.wire.transcript import Request

Group: TypeAlias = tuple["Request", ...]
Groups: TypeAlias = tuple[Group, ...]


def thinner(groups: Groups) -> Iterator[Groups]:
    """Yield the same groups with one part less: without a group, or with a request that says less.

    The last group stays, since it is there that something shows.
    """
    for half in (len(groups) // 2, len(groups) // 4):
        for place in range(0, len(groups) - half, max(half, 1)) if half > 1 else ():
            yield (*groups[:place], *groups[place + half :])
    for place in range(len(groups) - 1):
        yield (*groups[:place], *groups[place + 1 :])
    for place, group in enumerate(groups):
        for number, request in enumerate(group):
            if len(group) > 1:
                yield (*groups[:place], (*group[:number], *group[number + 1 :]), *groups[place + 1 :])
            for less in _saying_less(request):
                yield (*groups[:place], (*group[:number], less, *group[number + 1 :]), *groups[place + 1 :])


def _saying_less(request: Request) -> Iterator[Request]:
    path, _, query = request.path.partition("?")
    parts = query.split("&") if query else []
    for place in range(len(parts)):
        left = "&".join((*parts[:place], *parts[place + 1 :]))
        yield request.model_copy(update={"path": f"{path}?{left}" if left else path})
    if isinstance(request.body, str):
        for body in _with_less(json.loads(request.body)):
            yield request.model_copy(update={"body": json.dumps(body)})


def _with_less(value: Any) -> Iterator[Any]:
    """Yield a JSON value without one of its members, on any level."""
    if isinstance(value, dict):
        for key, part in value.items():
            others = {other: each for other, each in value.items() if other != key}
            yield others
            yield from (value | {key: less} for less in _with_less(part))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield value[:place] + value[place + 1 :]
            yield from ([*value[:place], less, *value[place + 1 :]] for less in _with_less(part))
