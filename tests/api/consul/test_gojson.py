"""JSON as Go reads it. Source of the wordings: a running Consul 1.8.7, whose ``check/register`` was given each body."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_registry.api.consul.gojson import Number, Pairs, SyntaxProblem, read_json

KEY = "looking for beginning of object key string"
VALUE = "looking for beginning of value"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "EOF"),
        (" \n", "EOF"),
        ("{", "unexpected EOF"),
        ('{"Name"', "unexpected EOF"),
        ('{"Name":', "unexpected EOF"),
        ('{"Name":"x"', "unexpected EOF"),
        ('"x', "unexpected EOF"),
        ("nul", "unexpected EOF"),
        ("[", "unexpected EOF"),
        ('{"Name":"x",}', f"invalid character '}}' {KEY}"),
        ("{,}", f"invalid character ',' {KEY}"),
        ("{1:2}", f"invalid character '1' {KEY}"),
        ("{'a':1}", f"invalid character '\\'' {KEY}"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
        ('{"Name":01}', "invalid character '1' after object key:value pair"),
        ("[1 2]", "invalid character '2' after array element"),
        ("[1,]", f"invalid character ']' {VALUE}"),
        ("]", f"invalid character ']' {VALUE}"),
        ('{"Name":.5}', f"invalid character '.' {VALUE}"),
        ("NaN", f"invalid character 'N' {VALUE}"),
        ("\ufeff{}", f"invalid character 'ï' {VALUE}"),
        ("é", f"invalid character 'Ã' {VALUE}"),
        ("\0", f"invalid character '\\x00' {VALUE}"),
        ("nulk", "invalid character 'k' in literal null (expecting 'l')"),
        ("fals}", "invalid character '}' in literal false (expecting 'e')"),
        ('{"Name":1e}', "invalid character '}' in exponent of numeric literal"),
        ('{"Name":1.}', "invalid character '}' after decimal point in numeric literal"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ('{"Name":-}', "invalid character '}' in numeric literal"),
        ("-Infinity", "invalid character 'I' in numeric literal"),
        ('{"Name":"\\x"}', "invalid character 'x' in string escape code"),
        ('{"Name":"\\u12"}', "invalid character '\"' in \\u hexadecimal character escape"),
        ('{"Name":"\x01"}', "invalid character '\\x01' in string literal"),
        ('{"Name":"\n"}', "invalid character '\\n' in string literal"),
    ],
)
def test_what_is_no_json_is_refused_as_go_does(body: str, problem: str) -> None:
    with pytest.raises(SyntaxProblem) as raised:
        read_json(body.encode())
    assert str(raised.value) == problem


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"Name":"x"}}', [("Name", "x")]),
        (b'{"Name":"x"} x', [("Name", "x")]),
        (b"{}{", []),
        (b"01", "0"),
        (b"1 2", "1"),
        (b'"a" "b"', "a"),
        (b'{"a":1,"a":2}', [("a", "1"), ("a", "2")]),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (b'"\\ud800"', "\N{REPLACEMENT CHARACTER}"),
        (b'["\\udc00\\ud800"]', ["\N{REPLACEMENT CHARACTER}" * 2]),
        (b'"\xff"', "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_the_first_value_counts_and_text_is_read_as_go_reads_it(body: bytes, value: object) -> None:
    assert read_json(body) == value


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(SyntaxProblem, match="exceeded max depth"):
        read_json(b"[" * 200_000)


TEXT = st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_what_is_json_is_read_whole(value: object) -> None:
    def plain(read: object) -> object:
        match read:
            case Number():
                return json.loads(read)
            case Pairs():
                return {key: plain(one) for key, one in read}
            case list():
                return [plain(one) for one in read]
            case _:
                return read

    assert plain(read_json(json.dumps(value).encode())) == value


@given(st.text(alphabet='{}[]",:0123.eE+-trufalsn \\/u', max_size=20).map(str.encode) | st.binary(max_size=20))
def test_whatever_is_refused_is_refused_in_gos_words(body: bytes) -> None:
    try:
        read_json(body)
    except SyntaxProblem as problem:
        assert str(problem).startswith(("EOF", "unexpected EOF", "invalid character '"))  # noqa: PT017 - not all are
