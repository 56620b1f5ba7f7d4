"""Says in a sentence what a difference is: what the reference did and what the target did.

It must not know any format, and must not judge.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from compare.difference import Difference, Kind
from compare.reports.text import clean, quantity, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.history import Json


class _Absent:
    """Stands for a value that one side has not got, since None is a value too."""


ABSENT: Final = _Absent()
Value: TypeAlias = "Json | _Absent"


class _Place(NamedTuple):
    """Where a difference is: its path's parts by name, the path itself, and the step's verb."""

    parts: dict[str, str]
    path: str
    do: str


def sentence(reference: str, target: str, do: str, difference: Difference) -> str:
    """Return a sentence, as in "Consul finds first, critical; custom does not find it.".

    Args:
        reference: the reference's name, as it is shown.
        target: the target's.
        do: the verb of the step.
        difference: what differs.
    """
    before, after = sides(difference)
    place, phrase = _phrase(difference.path, do)
    if ABSENT in (before, after) and phrase not in _TELL_ABSENCE:
        phrase = _anything
    again = place._replace(parts=place.parts | {"name": "it"})
    return f"{clean(reference)} {phrase(place, before)}; {clean(target)} {phrase(again, after)}."


def sides(difference: Difference) -> tuple[Value, Value]:
    """Return the reference's value and the target's, ``ABSENT`` where one has none."""
    before: Value = ABSENT if difference.kind is Kind.EXTRA else difference.reference
    after: Value = ABSENT if difference.kind is Kind.MISSING else difference.observed
    return before, after


def _phrase(path: str, do: str) -> tuple[_Place, Callable[[_Place, Value], str]]:
    for pattern, phrase in _PHRASES:
        if match := pattern.fullmatch(path):
            parts = {name: clean(part) for name, part in match.groupdict().items() if part is not None}
            return _Place(parts, path, do), phrase
    return _Place({}, path, do), _anything


def _outcome(place: _Place, value: Value) -> str:
    text = str(value)
    if text == "ok":
        return {"discover": "answers", "services": "answers", "watch": "watches"}.get(place.do, "accepts it")
    if text == "not_offered":
        return "does not offer it"
    _, _, error = text.partition(": ")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", clean(error)).lower()
    return f"refuses it ({words})" if words else f"answers {shown(value)}"


def _instance(place: _Place, value: Value) -> str:
    name, twice = place.parts["name"], place.parts.get("twice")
    thing = f"{name} once more ({twice})" if twice else name
    if value is ABSENT:
        return f"does not find {thing}"
    health = value.get("health") if isinstance(value, dict) else None
    return f"finds {thing}, {shown(health).strip(chr(34))}" if health else f"finds {thing}"


def _health(place: _Place, value: Value) -> str:
    return f"shows {place.parts['name']} as {_plain(value)}"


def _knows(place: _Place, value: Value) -> str:
    verb = "knows" if value is True else "does not know"
    return f"{verb} the {place.parts['field']} of {place.parts['name']}"


def _field(place: _Place, value: Value) -> str:
    name, field = place.parts["name"], place.parts["field"].replace("_", " ")
    if value is ABSENT:
        return f"shows {name} without {field}"
    return f"shows {name} with {field} {shown(value)}"


def _order(place: _Place, value: Value) -> str:
    if not isinstance(value, list):
        return _anything(place, value)
    return f"answers in the order {', '.join(_plain(part) for part in value)}"


def _state(_: _Place, value: Value) -> str:
    return "no longer has it" if value == "gone" else f"shows it as {_plain(value)}"


def _transition(_: _Place, value: Value) -> str:
    if not isinstance(value, dict):
        return "shows no further change"
    return f"{_state(_, value.get('state'))} after {_seconds(value.get('at'))}"


def _transition_time(_: _Place, value: Value) -> str:
    return f"shows that change after {_seconds(value)}"


def _states(place: _Place, value: Value) -> str:
    if not isinstance(value, list):
        return _anything(place, value)
    return f"shows it as {', then '.join(_plain(part) for part in value)}"


def _detected(_: _Place, value: Value) -> str:
    return f"notices the lapse after {_seconds(value)}" if _is_number(value) else "does not notice a lapse"


def _removed(_: _Place, value: Value) -> str:
    if value is None:
        return "cannot say whether anything was removed"
    return f"says that {'something' if value else 'nothing'} was removed"


def _woke(_: _Place, value: Value) -> str:
    return "wakes the watch" if value else "does not wake the watch"


def _woke_after(_: _Place, value: Value) -> str:
    return f"wakes the watch after {_seconds(value)}" if _is_number(value) else "does not wake the watch"


def _summary(place: _Place, value: Value) -> str:
    verb = "does not list" if value is ABSENT else "lists"
    return f"{verb} {place.parts['name']}"


def _count(place: _Place, value: Value) -> str:
    if not isinstance(value, int):
        return _anything(place, value)
    active = "active " if place.parts["which"] == "active" else ""
    return f"counts {quantity(value, f'{active}instance')} of {place.parts['name']}"


def _burst(place: _Place, value: Value) -> str:
    instances = quantity(value, "instance") if isinstance(value, int) else _plain(value)
    return _BURST[place.parts["which"]].format(instances)


def _given_id(_: _Place, value: Value) -> str:
    return f"gives it the id {shown(value)}"


def _anything(place: _Place, value: Value) -> str:
    path = clean(place.path.removeprefix("value."))
    return f"has no {path}" if value is ABSENT else f"gives {shown(value)} as {path}"


def _plain(value: Value) -> str:
    """Return a text without quotation marks, anything else as JSON."""
    return clean(value) if isinstance(value, str) else "nothing" if value is ABSENT else shown(value)


def _seconds(value: Value) -> str:
    return f"{value:.1f} s" if _is_number(value) else _plain(value)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_BURST = {
    "registered": "registers {}",
    "found": "finds {}",
    "lost": "loses {}",
    "left": "has {} left",
    "lost_by_deregistering": "loses {} that nobody deregistered",
}
_TELL_ABSENCE = {_instance, _knows, _field, _transition, _summary}
"""The phrases that have words of their own for a value that is not there."""
_NAME = r"(?P<name>.+?)"
_PHRASES: tuple[tuple[re.Pattern[str], Callable[[_Place, Value], str]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), phrase)
    for pattern, phrase in (
        (r"outcome", _outcome),
        (rf"value\.instances\[{_NAME}\]\.health", _health),
        (rf"value\.instances\[{_NAME}\]\.has_(?P<field>\w+)", _knows),
        (rf"value\.instances\[{_NAME}\]\.(?P<field>.+)", _field),
        (rf"value\.instances\[{_NAME}(?:#(?P<twice>\d+))?\]", _instance),
        (r"value\.order", _order),
        (r"value\.transitions\[\d+\]", _transition),
        (r"value\.transitions\[\d+\]\.state", _state),
        (r"value\.transitions\[\d+\]\.at", _transition_time),
        (r"value\.states", _states),
        (r"value\.detected_at", _detected),
        (r"value\.removed", _removed),
        (r"value\.woke", _woke),
        (r"value\.after", _woke_after),
        (rf"value\.services\.{_NAME}\.(?P<which>total|active)_instances", _count),
        (rf"value\.services\.{_NAME}", _summary),
        (r"value\.id", _given_id),
        (rf"value\.(?P<which>{'|'.join(_BURST)})", _burst),
    )
)
