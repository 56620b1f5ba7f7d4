"""Flags as Go takes them; the errors are those that Consul 1.8.7 printed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_registry.agent.flags import Flag, FlagError, HelpWanted, Kind, parse

FLAGS = {
    "dev": Flag(Kind.BOOLEAN),
    "node": Flag(Kind.TEXT),
    "http-port": Flag(Kind.INTEGER),
    "reap": Flag(Kind.NUMBER),
}


@pytest.mark.parametrize(
    ("arguments", "flags", "rest"),
    [
        ([], [], []),
        (["-node", "x"], [("node", "x")], []),
        (["-node=x"], [("node", "x")], []),
        (["--node", "x"], [("node", "x")], []),
        (["--node=x=y"], [("node", "x=y")], []),
        (["-node="], [("node", "")], []),
        (["-node", "-dev"], [("node", "-dev")], []),
        (["-dev", "-node=x"], [("dev", True), ("node", "x")], []),
        (["-dev=false", "-dev=T", "-dev=0"], [("dev", False), ("dev", True), ("dev", False)], []),
        (["-dev", "false"], [("dev", True)], ["false"]),
        (["-http-port", "-1"], [("http-port", -1)], []),
        (["-reap", "0.5", "-reap=2"], [("reap", 0.5), ("reap", 2.0)], []),
        (["-dev", "--", "-node"], [("dev", True)], ["-node"]),
        (["-dev", "-", "-node"], [("dev", True)], ["-", "-node"]),
    ],
)
def test_what_go_takes(arguments: list[str], flags: list[tuple[str, object]], rest: list[str]) -> None:
    given_flags = parse(arguments, FLAGS)
    assert (list(given_flags.flags), list(given_flags.rest)) == (flags, rest)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("-nonsense", "flag provided but not defined: -nonsense"),
        ("--nonsense=x", "flag provided but not defined: -nonsense"),
        ("-node", "flag needs an argument: -node"),
        ("-http-port=abc", 'invalid value "abc" for flag -http-port: strconv.Atoi: parsing "abc": invalid syntax'),
        ("-reap=abc", 'invalid value "abc" for flag -reap: strconv.ParseFloat: parsing "abc": invalid syntax'),
        ("-dev=maybe", 'invalid boolean value "maybe" for -dev: strconv.ParseBool: parsing "maybe": invalid syntax'),
        ("---dev", "bad flag syntax: ---dev"),
        ("-=x", "bad flag syntax: -=x"),
    ],
)
def test_what_go_refuses(argument: str, said: str) -> None:
    with pytest.raises(FlagError, match=f"^{re.escape(said)}$"):
        parse(["-dev", argument], FLAGS)


@pytest.mark.parametrize("argument", ["-h", "-help", "--help"])
def test_help_can_always_be_asked_for(argument: str) -> None:
    with pytest.raises(HelpWanted):
        parse(["-dev", argument, "-nonsense"], FLAGS)


@given(st.lists(st.text(max_size=8) | st.sampled_from(["-dev", "--node", "-node=", "-http-port", "1", "--"])))
def test_nothing_else_comes_of_any_arguments(arguments: list[str]) -> None:
    try:
        taken = parse(arguments, FLAGS)
    except (FlagError, HelpWanted):
        return
    assert len(taken.rest) <= len(arguments)
    assert {name for name, _ in taken.flags} <= FLAGS.keys()
