from __future__ import annotations

from typing import Any

import pytest

from compare.difference import Difference, Kind, differences
from compare.reports.sentences import sentence
from tests.support.runs import EVIL


@pytest.mark.parametrize(
    ("do", "path", "reference", "observed", "expected"),
    [
        ("register", "outcome", "ok", "refused: InvalidRegistration",
         "Consul accepts it; custom refuses it (invalid registration)."),
        ("heartbeat", "outcome", "refused: UnknownInstance", "not_offered",
         "Consul refuses it (unknown instance); custom does not offer it."),
        ("discover", "outcome", "ok", "refused: InvalidRequest",
         "Consul answers; custom refuses it (invalid request)."),
        ("discover", "value.instances[first].health", "critical", "passing",
         "Consul shows first as critical; custom shows it as passing."),
        ("discover", "value.instances[a.b].metadata.zone", "x", "y",
         'Consul shows a.b with metadata.zone "x"; custom shows it with metadata.zone "y".'),
        ("discover", "value.instances[first].has_uptime", False, True,
         "Consul does not know the uptime of first; custom knows the uptime of it."),
        ("discover", "value.order", ["b", "a"], ["a", "b"],
         "Consul answers in the order b, a; custom answers in the order a, b."),
        ("timeline", "value.transitions[1].state", "critical", "gone",
         "Consul shows it as critical; custom no longer has it."),
        ("timeline", "value.transitions[1].at", 1.25, 3,
         "Consul shows that change after 1.2 s; custom shows that change after 3.0 s."),
        ("timeline", "value.detected_at", 2.1, None,
         "Consul notices the lapse after 2.1 s; custom does not notice a lapse."),
        ("keep_alive", "value.states", ["passing"], ["passing", "critical"],
         "Consul shows it as passing; custom shows it as passing, then critical."),
        ("deregister", "value.removed", None, True,
         "Consul cannot say whether anything was removed; custom says that something was removed."),
        ("deregister", "value.removed", False, True,
         "Consul says that nothing was removed; custom says that something was removed."),
        ("watch", "value.woke", True, False, "Consul wakes the watch; custom does not wake the watch."),
        ("watch", "value.after", 0.1, None, "Consul wakes the watch after 0.1 s; custom does not wake the watch."),
        ("services", "value.services.user.v2.total_instances", 1, 2,
         "Consul counts 1 instance of user.v2; custom counts 2 instances of it."),
        ("services", "value.services.user.active_instances", 0, 1,
         "Consul counts 0 active instances of user; custom counts 1 active instance of it."),
        ("register", "value.id", "a", "b", 'Consul gives it the id "a"; custom gives it the id "b".'),
        ("any", "value.new_thing", 0, 3, "Consul gives 0 as new_thing; custom gives 3 as new_thing."),
        ("burst", "value.lost", 0, 3, "Consul loses 0 instances; custom loses 3 instances."),
    ],
)  # fmt: skip
def test_a_changed_value_is_said_in_words(do: str, path: str, reference: Any, observed: Any, expected: str) -> None:
    difference = Difference(Kind.CHANGED, path, reference, observed)
    assert sentence("Consul", "custom", do, difference) == expected


@pytest.mark.parametrize(
    ("reference", "observed", "expected"),
    [
        ({"instances": [{"instance": "first", "health": "critical"}]}, {"instances": []},
         "Consul finds first, critical; custom does not find it."),
        ({"instances": []}, {"instances": [{"instance": "first"}]}, "Consul does not find first; custom finds it."),
        ({"instances": [{"instance": "a"}]}, {"instances": [{"instance": "a"}, {"instance": "a"}]},
         "Consul does not find a once more (2); custom finds it once more (2)."),
        ({"transitions": [{"state": "passing", "at": 0.0}, {"state": "gone", "at": 92.0}]},
         {"transitions": [{"state": "passing", "at": 0.0}]},
         "Consul no longer has it after 92.0 s; custom shows no further change."),
        ({"services": {"x": {"total_instances": 1}}}, {"services": {}}, "Consul lists x; custom does not list it."),
        ({"order": ["a"]}, {"order": ["a", "b"]}, "Consul answers in the order a; custom answers in the order a, b."),
        ({"states": ["passing", "critical"]}, {"states": ["passing"]},
         "Consul shows it as passing, then critical; custom shows it as passing."),
        ({"removed": None}, {}, "Consul gives null as removed; custom has no removed."),
        ({"odd": None}, {}, "Consul gives null as odd; custom has no odd."),
    ],
)  # fmt: skip
def test_a_value_that_one_side_has_not_is_no_null(reference: Any, observed: Any, expected: str) -> None:
    (difference,) = differences(reference, observed)
    assert sentence("Consul", "custom", "discover", difference) == expected


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    "path",
    [
        "outcome", "value", "value.order", "value.order[0]", "value.transitions[0]", "value.transitions[0].at",
        "value.detected_at", "value.lost", "value.states", "value.removed", "value.services.x",
        "value.services.x.total_instances", "value.instances[x]", "value.instances[x].port", "value.after",
        "value.woke", "value.id", EVIL,
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [None, True, 7, EVIL, [EVIL, None], {EVIL: EVIL}], ids=type)
def test_no_value_at_any_place_can_break_a_sentence(kind: Kind, path: str, value: Any) -> None:
    said = sentence("Consul", "custom", "discover", Difference(kind, path, value, value))
    assert said.isprintable()
    assert said.startswith("Consul ")
    assert len(said) < 2000
