"""Values and argument lists as statements write them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.problems.literals import parse_value, split_arguments

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" 3 ", 3),
        ("[1,null,true]", [1, None, True]),
        ("[True, None, 'a', -2]", [True, None, "a", -2]),
        ("(1, 2)", [1, 2]),
        ("{'a': (1,)}", {"a": [1]}),
        ('"\\u0041\\/"', "A/"),
        ("2.00000", 2.0),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert parse_value(text) == value


@pytest.mark.parametrize(
    ("text", "annotation", "value"),
    [
        ("abc", "str", "abc"),
        ("1210", "str", "1210"),
        ('"1210"', "str", "1210"),
        ("[a,b]", "List[str]", ["a", "b"]),
        ("1210", "int", 1210),
        ("null", "Optional[str]", None),
    ],
)
def test_annotation_says_string(text: str, annotation: str, value: Any) -> None:
    assert parse_value(text, annotation) == value


@pytest.mark.parametrize(
    "text", ["", "abc", "[1", "f(1)", "__import__('os')", "1 + 1", "NaN", "{1: 2}", "[" * 9999]
)
def test_what_is_no_value(text: str) -> None:
    with pytest.raises(ValueError, match="is no JSON value"):
        parse_value(text)


def test_an_open_quote_is_no_unquoted_string() -> None:
    with pytest.raises(ValueError, match="is no JSON value"):
        parse_value('"abc', "str")


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("nums = [1,2], k = 3", [("nums", "[1,2]"), ("k", "3")]),
        ("s = \"a, b = 1\", t = 'x\\', y = 2'", [("s", '"a, b = 1"'), ("t", "'x\\', y = 2'")]),
        ("a = [1,\n2],\nb = 3", [("a", "[1,\n2]"), ("b", "3")]),
        ("[1,2]\n3\n", [("", "[1,2]"), ("", "3")]),
        ("[1,2], 3", [("", "[1,2]"), ("", "3")]),
        ("s = a == b", [("s", "a == b")]),
        ("", []),
    ],
)
def test_argument_lists(text: str, pairs: list[tuple[str, str]]) -> None:
    assert split_arguments(text) == pairs


@given(st.lists(JSON, min_size=1, max_size=4))
def test_any_json_arguments_come_back(values: list[Any]) -> None:
    texts = [json.dumps(value) for value in values]
    named = ", ".join(f"p{at} = {text}" for at, text in enumerate(texts))
    for written in (named, "\n".join(texts), *([", ".join(texts)] if len(texts) > 1 else [])):
        assert [parse_value(text) for _, text in split_arguments(written)] == values
