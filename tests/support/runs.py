"""Runs to be shown, made by hand; they come from no backend."""

from __future__ import annotations

from compare.difference import Difference, Kind
from compare.history import History, Observation, Outcome
from compare.judgement import JudgedDifference, Judgement, StaleKnown, Verdict
from compare.run import Run, SelfDifference, TargetInfo
from compare.scenario import Scenario, Step

REGISTER = Scenario(
    "register",
    "Register, then discover",
    "Is an instance found once it is registered?",
    "Registration",
    (Step("first", "register"), Step("found", "discover")),
)
LAPSE = Scenario(
    "lapse",
    "A missed heartbeat",
    "What becomes of an instance that says nothing any more?",
    "Health",
    (Step("beat", "heartbeat"), Step("picture", "timeline"), Step("after", "discover")),
)
ORDER = Scenario("order", "Order of results", "In which order?", "Registration", (Step("look", "discover"),))
TARGETS = (
    TargetInfo("basic", "custom-registry 0.1.0 (basic)", "started on a free port"),
    TargetInfo("custom", "custom-registry 0.1.0", "started on a free port"),
    TargetInfo("consul", "Consul 1.8.7", "consul started as a dev agent"),
)
KEPT = Difference(Kind.MISSING, "value.instances[first]", {"instance": "first", "health": "critical"}, None)
WHY = "Consul keeps a lapsed instance until it is told to remove it."
SOURCE = "transcript ttl_life"


def timeline(*transitions: tuple[str, float]) -> Observation:
    value = {
        "transitions": [{"state": state, "at": at} for state, at in transitions],
        "detected_at": next((at for state, at in transitions if state != "passing"), None),
    }
    return Observation("picture", "timeline", Outcome.OK, value, seconds=2.5)


def verdicts(target: str, scenario: Scenario, **special: Verdict) -> list[Verdict]:
    return [special.get(step.id, Verdict(target, scenario.name, step.id, Judgement.SAME)) for step in scenario.steps]


def sample(
    *, unexpected: bool = True, unknown: bool = True, stale: bool = True, targets: tuple[TargetInfo, ...] = TARGETS
) -> Run:
    """A run with every kind of verdict, or with fewer."""
    order = Difference(Kind.ORDER, "value.order", ["b", "a"], ["a", "b"])
    noisy = JudgedDifference(order, Judgement.NOISE, "the reference differs from itself here")
    new = Difference(Kind.CHANGED, "value.instances[first].port", 8001, 8002)
    missing = "basic: the basic registry has no heartbeat"
    after = Verdict(
        "custom", "lapse", "after", Judgement.KNOWN, (JudgedDifference(KEPT, Judgement.KNOWN, WHY, SOURCE),)
    )
    found = Verdict("custom", "register", "found", Judgement.UNEXPECTED, (JudgedDifference(new, Judgement.UNEXPECTED),))
    lost = Verdict("basic", "register", "found", Judgement.UNKNOWN, reason="basic: connection refused")
    made = [
        *verdicts("basic", REGISTER, **({"found": lost} if unknown else {})),
        *verdicts("custom", REGISTER, **({"found": found} if unexpected else {})),
        *verdicts("consul", REGISTER),
        *(Verdict("basic", "lapse", step.id, Judgement.NOT_OFFERED, reason=missing) for step in LAPSE.steps),
        *verdicts("custom", LAPSE, after=after),
        *verdicts("consul", LAPSE),
        Verdict("basic", "order", "look", Judgement.NOISE, (noisy,)),
        *verdicts("custom", ORDER),
        *verdicts("consul", ORDER),
    ]
    return Run(
        started="2026-05-04T12:00:00Z",
        seconds=21.5,
        reference="consul",
        targets=targets,
        scenarios=(REGISTER, LAPSE, ORDER),
        histories=(
            History("custom", "lapse", (timeline(("passing", 0.1), ("critical", 2.1)),)),
            History("consul", "lapse", (timeline(("passing", 0.1), ("critical", 2.2), ("gone", 92.0)),)),
        ),
        verdicts=tuple(made),
        stale=(StaleKnown("custom", "order", "look", "value.order", ["b", "a"], ["a", "b"], "It was so once."),)
        if stale
        else (),
        noise=(SelfDifference("order", "look", order),),
    )


EVIL = (
    "</script><script>alert(1)</script>|`*_[x](http://evil.example)@everyone\x1b[31m\x00\u202e\ud800\r\n" + "x" * 5000
)
"""What a backend should not be able to do anything with."""


def hostile() -> Run:
    """A run in which everything that a backend or a scenario's author may choose is hostile."""
    scenario = Scenario(EVIL, EVIL, EVIL, EVIL, (Step(EVIL, "discover"), Step("picture", "timeline")))
    changes = (
        Difference(Kind.CHANGED, f"value.instances[{EVIL}].port", EVIL, {EVIL: EVIL}),
        Difference(Kind.EXTRA, f"value.{EVIL}", None, EVIL),
        Difference(Kind.OUTCOME, "outcome", "ok", f"refused: {EVIL}"),
    )
    made = (
        Verdict(
            "custom",
            EVIL,
            EVIL,
            Judgement.UNEXPECTED,
            tuple(JudgedDifference(change, Judgement.UNEXPECTED, EVIL, EVIL) for change in changes),
        ),
        Verdict("custom", EVIL, "picture", Judgement.UNKNOWN, reason=EVIL),
        Verdict("consul", EVIL, EVIL, Judgement.SAME),
    )
    drawn = Observation("picture", "timeline", Outcome.OK, {"transitions": [{"state": EVIL, "at": 1.0}]})
    return Run(
        started=EVIL,
        seconds=1.0,
        reference="consul",
        targets=(TargetInfo("custom", EVIL, EVIL), TargetInfo("consul", EVIL, EVIL, live=False, recorded=EVIL)),
        scenarios=(scenario,),
        histories=(History("custom", EVIL, (drawn, timeline(("passing", 0.0), ("critical", 1.0)))),),
        verdicts=made,
        stale=(StaleKnown("custom", EVIL, EVIL, EVIL, EVIL, EVIL, EVIL),),
    )
