"""What counts as the right answer."""

import math
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode_sandbox.cases import CallTest, StdinTest
from dreamcode_sandbox.execution import Execution
from dreamcode_sandbox.judge import judge, same_output, same_value, shorten
from dreamcode_sandbox.verdicts import Verdict


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("3\n", "3"),
        ("\n\n  3  \n\n", "3"),
        ("1 2\r\n3\r\n", "1 2\n3"),
        ("1  2", "1 2"),
        ("2.000", "2"),
        ("1e3", "1000"),
        ("-0.0", "0"),
        ("+5", "5"),
        ("a b  ", "a b"),
        ("nan", "nan"),
        ("Infinity", "inf"),
        ("", ""),
        ("  \n ", ""),
        ("1_000", "1000"),
        ("9" * 5000, "9" * 5000 + ".0"),
    ],
)
def test_outputs_that_are_the_same(printed: str, expected: str) -> None:
    assert same_output(printed, expected)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("3", "4"),
        ("1\n2", "1 2"),
        ("1\n\n2", "1\n2"),
        ("yes", "YES"),
        ("a  b", "a b"),
        ("0.30000000000000004", "0.3"),
        ("50000000000000001", "50000000000000000"),
        ("1 2", "1 2 3"),
        ("", "0"),
        ("NaN", "nan"),
        ("sNaN 1", "1 1"),
        ("3\0", "3"),
        ("1 x", "1.0 x"),
    ],
)
def test_outputs_that_differ(printed: str, expected: str) -> None:
    assert not same_output(printed, expected)


def _restated(printed: str, expected: str) -> bool:
    """The documented rule once more, as plainly as it can be put."""
    left, right = printed.strip().split("\n"), expected.strip().split("\n")
    if len(left) != len(right):
        return False
    for a, b in zip(left, right, strict=True):
        if a.strip() == b.strip():
            continue
        try:
            numbers = [list(map(Decimal, line.split())) for line in (a, b)]
            if numbers[0] != numbers[1]:
                return False
        except InvalidOperation:
            return False
    return True


_words = st.sampled_from(
    ["1", "1.0", "01", "-0", "0", "1e0", "x", "X", "nan", "sNaN", "inf", "", "\t", "é"]
)
_lines = st.lists(_words, max_size=4).map(" ".join)
_texts = st.lists(_lines, max_size=4).map("\n".join)


@given(_texts, _texts)
def test_the_rule_holds_for_any_two_texts(printed: str, expected: str) -> None:
    assert same_output(printed, expected) == _restated(printed, expected)


@given(st.text())
def test_every_text_equals_itself_whatever_surrounds_it(text: str) -> None:
    assert same_output(f"\n {text} \n", text)


@given(st.lists(st.integers(), min_size=1), st.data())
def test_one_changed_number_is_seen(numbers: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(numbers) - 1))
    changed = [n + (i == place) for i, n in enumerate(numbers)]
    assert not same_output(" ".join(map(str, changed)), " ".join(map(str, numbers)))


@pytest.mark.parametrize(
    ("returned", "expected", "same"),
    [
        ([1, 2], [1, 2], True),
        ([1, 2], (1, 2), True),
        (1, True, True),
        (2, 2.0, True),
        (-0.0, 0, True),
        (0.1 + 0.2, 0.3, False),
        (math.nan, math.nan, False),
        (None, False, False),
        ("1", 1, False),
        ([[1]], [1], False),
        ({"a": 1}, {"a": 1}, True),
    ],
)
def test_values(returned: Any, expected: Any, same: bool) -> None:
    assert same_value(returned, expected) is same


def _call(result: str, expected: Any) -> Verdict:
    return judge(CallTest("f", (), expected), Execution(None, result=result)).verdict


def test_a_call_without_result_is_a_runtime_error() -> None:
    assert _call("", 1) is Verdict.RUNTIME_ERROR


@pytest.mark.parametrize(
    "result",
    [
        "nonsense",
        "[1]",
        '"value"',
        "{}",
        '{"foreign": "a set"}',
        "[" * 100_000,
        '{"value": ' + "[" * 100_000,
        "null",
    ],
)
def test_a_result_that_the_program_forged_is_a_wrong_answer(result: str) -> None:
    assert _call(result, 1) is Verdict.WRONG_ANSWER


@pytest.mark.parametrize("digits", [10, 4300, 4301, 50_000])
def test_integers_of_any_length_keep_their_value(digits: int) -> None:
    text = "7" * digits
    assert _call(f'{{"value": {text}}}', int(Decimal(text))) is Verdict.ACCEPTED
    assert _call(f'{{"value": {text}}}', int(Decimal(text)) + 1) is Verdict.WRONG_ANSWER


def test_an_absurdly_long_integer_is_wrong_and_takes_no_time() -> None:
    assert _call('{"value": ' + "9" * 10_000_000 + "}", 9) is Verdict.WRONG_ANSWER


def test_output_that_is_no_text_is_wrong_even_if_it_looks_right() -> None:
    test = StdinTest("", "\\xff")
    assert judge(test, Execution(None, output="\\xff")).verdict is Verdict.ACCEPTED
    result = judge(test, Execution(None, output="\\xff", readable=False))
    assert result.verdict is Verdict.WRONG_ANSWER
    assert "UTF-8" in result.error


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.ACCEPTED])
def test_what_stopped_the_program_stands_whatever_it_printed(verdict: Verdict) -> None:
    execution = Execution(verdict, output="3", result='{"value": 3}')
    assert judge(StdinTest("", "3"), execution).verdict is verdict
    assert judge(CallTest("f", (), 3), execution).verdict is verdict


def test_long_output_is_shown_without_its_middle() -> None:
    shown = shorten("a" * 50_000 + "b" * 50_000)
    assert shown.startswith("aaa")
    assert shown.endswith("bbb")
    assert len(shown) < 9_000
    assert shorten("short") == "short"
