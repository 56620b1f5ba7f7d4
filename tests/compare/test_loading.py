from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compare.loading import SCENARIOS, BadScenario, load_scenario, load_scenarios, select
from compare.steps import ARGUMENTS, Register
from compare.verbs import VERBS

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'title = "T"\nquestion = "Q?"\ngroup = "G"\n'
REGISTER = '[[steps]]\nstep = "a"\ndo = "register"\nservice = "web"\naddress = "h:1"\n'
LIST = '[[steps]]\nstep = "b"\ndo = "services"\n'
WATCH = '[[steps]]\nstep = "b"\ndo = "watch"\nservice = "w"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title = ", "cannot be read"),
        ('question = "Q?"\ngroup = "G"\n' + REGISTER, "title: Field required"),
        (HEAD + 'colour = "red"\n' + REGISTER, "colour: unknown key"),
        (HEAD + "slow = 1\n" + REGISTER, "slow: Input should be a valid boolean"),
        (HEAD + "steps = []\n", "steps: List should have at least 1 item"),
        (HEAD + '[[steps]]\nstep = "a"\ndo = "fly"\n', "step a: do: unknown verb 'fly'; there are: register,"),
        (HEAD + '[[steps]]\ndo = "services"\n', "step number 1: step must be a name"),
        (HEAD + '[[steps]]\nstep = "A b"\ndo = "services"\n', "step must be a name"),
        (HEAD + REGISTER + REGISTER, "step a: an earlier step has this name"),
        (HEAD + REGISTER + "sevice = 1\n", "step a: sevice: unknown key"),
        (HEAD + REGISTER + 'port = "1"\n', "step a: port: Input should be a valid integer"),
        (HEAD + REGISTER + "port = 1.5\n", "step a: port: Input should be a valid integer"),
        (HEAD + REGISTER + "ttl = 0\n", "step a: ttl: Input should be greater than 0"),
        (HEAD + REGISTER + "ttl = nan\n", "step a: ttl:"),
        (HEAD + '[[steps]]\nstep = "a"\ndo = "register"\nservice = "web"\n', "step a: address: Field required"),
        (HEAD + '[[steps]]\nstep = "b"\ndo = "heartbeat"\n', "step b: give either of"),
        (HEAD + '[[steps]]\nstep = "b"\ndo = "heartbeat"\nof = "a"\n', "step b: of: 'a' is no earlier step"),
        (HEAD + '[[steps]]\nstep = "b"\ndo = "heartbeat"\nid = "x"\nof = "a"\n', "step b: give either of"),
        (
            HEAD + LIST + '[[steps]]\nstep = "c"\ndo = "heartbeat"\nof = "b"\n',
            "step c: of: 'b' is no earlier step that registers",
        ),
        (HEAD + REGISTER + '[[steps]]\nstep = "b"\ndo = "discover"\nservice = "w"\nuntil = {}\n', "give count, health"),
        (HEAD + REGISTER + '[[steps]]\nstep = "b"\ndo = "discover"\nservice = "w"\nshow = ["colour"]\n', "show.0:"),
        (
            HEAD + WATCH + 'act = { do = "register", args = { servce = "x" } }\n',
            "step b: service: Field required",
        ),
        (
            HEAD + '[[steps]]\nstep = "b"\ndo = "burst"\nservice = "w"\ncount = 1\nremove = 2\n',
            "remove must not be more than count",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_file_step_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(BadScenario) as refusal:
        load_scenario(file)
    assert str(refusal.value).startswith(f"{file}: ")
    assert complaint in str(refusal.value)


def test_a_yaml_file_says_the_same_as_a_toml_file(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(HEAD + REGISTER)
    (tmp_path / "two.yaml").write_text(
        "title: T\nquestion: Q?\ngroup: G\nsteps:\n- {step: a, do: register, service: web, address: 'h:1'}\n"
    )
    one, two = load_scenario(tmp_path / "one.toml"), load_scenario(tmp_path / "two.yaml")
    assert one.steps == two.steps
    assert (one.name, two.name) == ("one", "two")


@pytest.mark.parametrize("text", ["- a list\n", "just text", ": : :"])
def test_a_yaml_file_that_is_no_scenario_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(BadScenario, match=r"bad\.yaml"):
        load_scenario(file)


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1-lapse.toml").write_text(HEAD + REGISTER)
    with pytest.raises(BadScenario, match="'lapse' is also in"):
        load_scenarios(SCENARIOS, tmp_path)


def test_a_folder_without_scenarios_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match="no scenario"):
        load_scenarios(tmp_path)
    with pytest.raises(BadScenario, match="no such folder"):
        load_scenarios(tmp_path / "missing")


def test_long_texts_are_spelled_out() -> None:
    args = Register.model_validate({"service": {"repeat": "ab", "times": 3}, "address": "h"})
    assert args.service == "ababab"


def test_selection_leaves_slow_ones_out_unless_asked() -> None:
    every = load_scenarios(SCENARIOS)
    default = {scenario.name for scenario in select(every, (), slow=False)}
    assert "lapse" in default
    assert "lapse_whole" not in default
    assert [scenario.name for scenario in select(every, ("lapse_whole",), slow=False)] == ["lapse_whole"]
    assert select(every, (), slow=True) == every
    with pytest.raises(BadScenario, match="no scenario 'laps'; there are: register_discover"):
        select(every, ("laps",), slow=False)


def test_every_verb_has_its_shape_and_its_function() -> None:
    assert VERBS.keys() == ARGUMENTS.keys()


def test_every_scenario_asks_a_question_and_titles_are_unique() -> None:
    every = load_scenarios(SCENARIOS)
    assert all(scenario.question.endswith("?") for scenario in every)
    assert len({scenario.title for scenario in every}) == len(every)


def test_every_verb_is_used_by_a_scenario_that_comes_along() -> None:
    used = {step.do for scenario in load_scenarios(SCENARIOS) for step in scenario.steps}
    assert used == ARGUMENTS.keys() - {"wait"}
