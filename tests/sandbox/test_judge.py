"""What counts as the right answer."""

import json
import math
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode_sandbox.cases import CallTest, StdinTest
from dreamcode_sandbox.comparison import Comparison, Kind
from dreamcode_sandbox.execution import Execution
from dreamcode_sandbox.judge import judge, shorten
from dreamcode_sandbox.texts import same_output
from dreamcode_sandbox.values import same_value
from dreamcode_sandbox.verdicts import Verdict
from tests.references.kattis_validator import accepts


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


# Other comparisons


@pytest.mark.parametrize(
    ("by", "printed", "expected", "same"),
    [
        (Comparison("exact"), "1 2\r\n", "1 2", True),
        (Comparison("exact"), "1  2\n", "1 2\n", False),
        (Comparison("exact"), "1 2 \n", "1 2\n", False),
        (Comparison("exact"), "2.0\n", "2\n", False),
        (Comparison("exact"), "1\n\n", "1\n", False),
        (Comparison("tokens"), "1\n2\n", "1 2", True),
        (Comparison("tokens"), "1 2 3", "1 2", False),
        (Comparison("tokens"), "1.0", "1", False),
        (Comparison("tokens"), "no", "No", False),
        (Comparison("tokens", ignore_case=True), "no", "No", True),
        (Comparison("tokens", ignore_case=True), "Ä", "ä", False),
        (Comparison("tokens", keep_spaces=True), "1\n2", "1 2", False),
        (Comparison("floats", 1e-6, 1e-6), "0.3333333333", "0.333333", True),
        (Comparison("floats", 1e-6, 1e-6), "YES 1e-7", "YES 0", True),
        (Comparison("floats", 1e-6, 1e-6), "yes 1", "YES 1", False),
        (Comparison("floats", 1e-6, 1e-6), "1_0", "10", False),
        (Comparison("floats", 1e-6, 1e-6), "nan", "1", False),
        (Comparison("floats", 1e-6, 1e-6), "1", "nan", False),
        (Comparison("floats", 1e-6, 1e-6), "inf", "inf", True),
        (Comparison("floats", 1e-6, 1e-6), "1e999999999", "1", False),
        (Comparison("floats", 0, 1e-3), "1000.9", "1000", True),
        (Comparison("floats", 1e-3, 0), "1000.9", "1000", False),
        (Comparison("floats"), "3.14000e-2", "0.0314", True),
        (Comparison("unordered"), "4 1\n", "1 4\n", True),
        (Comparison("unordered"), "1 1 4", "1 4 4", False),
        (Comparison("unordered"), "3 4\n1 2\n", "1 2\n3 4\n", True),
        (Comparison("unordered"), "2 1\n3 4\n", "1 2\n3 4\n", False),
        (Comparison("unordered-deep"), "2 1\n4 3\n", "3 4\n1 2\n", True),
        (Comparison("unordered-deep"), "2 4\n1 3\n", "3 4\n1 2\n", False),
    ],
)
def test_outputs_by_other_comparisons(
    by: Comparison, printed: str, expected: str, same: bool
) -> None:
    assert same_output(printed, expected, by) is same


@pytest.mark.parametrize(
    ("by", "returned", "expected", "same"),
    [
        (Comparison("exact"), [1, "a"], [1, "a"], True),
        (Comparison("exact"), 1.0, 1, False),
        (Comparison("exact"), True, 1, False),
        (Comparison("tokens"), ["a  b"], ["a b"], True),
        (Comparison("tokens"), {"a": [1.0]}, {"a": [1]}, True),
        (Comparison("floats", 1e-5, 1e-5), [0.1 + 0.2], [0.3], True),
        (Comparison("floats", 1e-5, 1e-5), {"a": 1.1}, {"a": 1}, False),
        (Comparison("floats", 1e-5, 1e-5), {"a": 1}, {"b": 1}, False),
        (Comparison("floats", 1e-5, 1e-5), [1], [1, 1], False),
        (Comparison("floats", 1e-5, 1e-5), 10**400, 1.0, False),
        (Comparison("floats", 1e-5, 1e-5), "0.30000000001", "0.3", True),
        (Comparison("unordered"), [2, 1], [1, 2], True),
        (Comparison("unordered"), [2, 1.0, True], [1, 2, 1], True),
        (Comparison("unordered"), [[2, 1]], [[1, 2]], False),
        (Comparison("unordered"), [1, 1, 2], [1, 2, 2], False),
        (Comparison("unordered"), "ab", "ba", False),
        (Comparison("unordered"), ["1"], [1], False),
        (Comparison("unordered-deep"), [["b", "a"], ["c"]], [["c"], ["a", "b"]], True),
        (Comparison("unordered-deep"), [["a"], ["b", "c"]], [["a", "b"], ["c"]], False),
        (Comparison("unordered"), {"a": [1, 2]}, {"a": [2, 1]}, False),
        (Comparison("unordered"), -0.0, 0, True),
    ],
)
def test_values_by_other_comparisons(
    by: Comparison, returned: Any, expected: Any, same: bool
) -> None:
    assert same_value(returned, expected, by) is same
    assert same_value(expected, returned, by) is same


_scrap_words = [
    "1",
    "1.0",
    "+1",
    "1.0000005",
    "1.1",
    "1e0",
    "1_0",
    "a",
    "A",
    "b",
    "É",
    "é",
    "nan",
    "-inf",
    "1e999",
    "1e-999",
    ".5",
    "5.",
    ".",
    "0x1",
]
_pieces = st.sampled_from([*_scrap_words, " ", "  ", "\n", "\t", "\r\n", "\x1f", "\xa0"])
_scraps = st.lists(_pieces, max_size=7).map("".join)
_amounts = st.sampled_from([None, 0.0, 1e-6, 0.2])


@given(_scraps, _scraps, _amounts, _amounts, st.booleans(), st.booleans())
def test_tokens_and_floats_are_what_kattis_accepts(
    printed: str,
    expected: str,
    absolute: float | None,
    relative: float | None,
    exact_case: bool,
    spaces: bool,
) -> None:
    kind: Kind = "tokens" if absolute is None and relative is None else "floats"
    by = Comparison(
        kind, absolute or 0.0, relative or 0.0, ignore_case=not exact_case, keep_spaces=spaces
    )
    theirs = (-1 if amount is None else amount for amount in (absolute, relative))
    reference = accepts(printed.encode(), expected.encode(), *theirs, exact_case, spaces)
    assert same_output(printed, expected, by) == reference


_leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 1.0, -0.0, 1e300, "1", "a"])
)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


@given(_values, _values, st.randoms())
def test_unordered_is_some_permutation(one: Any, other: Any, random: Any) -> None:
    if isinstance(one, list) and random.random() < 0.7:
        other = random.sample(one, len(one))
    expected = one == other
    if isinstance(one, list) and isinstance(other, list):
        expected = any(list(shuffled) == other for shuffled in permutations(one))
    assert same_value(one, other, Comparison("unordered")) == expected


def _shuffled(value: Any, random: Any) -> Any:
    if isinstance(value, list):
        return [_shuffled(item, random) for item in random.sample(value, len(value))]
    return value


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return frozenset(Counter(map(_frozen, value)).items())
    if isinstance(value, dict):
        return tuple(sorted((key, _frozen(item)) for key, item in value.items()))
    return value


_nests = st.recursive(st.integers(0, 2), lambda inner: st.lists(inner, max_size=3), max_leaves=8)


@given(_nests, _nests, st.randoms())
def test_deep_is_some_permutation_on_every_level(one: Any, other: Any, random: Any) -> None:
    by = Comparison("unordered-deep")
    assert same_value(_shuffled(one, random), one, by)
    assert same_value(one, other, by) == (_frozen(one) == _frozen(other))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1e-6, 0.5]))
def test_near_is_near(one: float, other: float, amount: float) -> None:
    exact = abs(Fraction(one) - Fraction(other))
    bound = max(Fraction(amount), Fraction(amount) * abs(Fraction(other)))
    found = same_value(one, other, Comparison("floats", amount, amount))
    if abs(exact - bound) > Fraction(1, 10**9):  # away from the edge, where doubles round
        assert found == (exact <= bound)
    assert found == same_output(repr(one), repr(other), Comparison("floats", amount, amount))


@given(st.lists(_nests, max_size=3), st.sampled_from(["", ",", '",]']))
def test_a_long_value_is_read_like_a_short_one(values: Any, text: str) -> None:
    whole = [values, text, {"a,": values}]
    long = json.dumps([whole, "x" * 200_000])
    test = CallTest("f", (), [whole, "x" * 200_000])
    assert judge(test, Execution(None, result=f'{{"value": {long}}}')).verdict is Verdict.ACCEPTED


# Bounds


@contextmanager
def _within(seconds: float, megabytes: int) -> Iterator[None]:
    """Fails where what is done takes more time, or lets the process grow by more memory."""
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    assert time.process_time() - started < seconds
    if sys.platform == "linux":
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < megabytes << 10


KINDS = [
    *(Comparison(kind) for kind in ("livecodebench", "exact", "tokens", "unordered")),
    Comparison("unordered-deep"),
    Comparison("floats", 1e-6, 1e-6),
    Comparison("tokens", keep_spaces=True),
]
FLOODS = {
    "tokens": "1 " * 8_000_000,
    "lines": "1\n" * 8_000_000,
    "digits": "1" * 16_000_000,
    "decimals": "0." + "1" * 16_000_000,
    "exponent": "1e" + "9" * 16_000_000,
    "spaces": " " * 16_000_000,
    "a huge number": "1e999999999",
    "a tiny number": "-1e-999999999999999999",
}


@pytest.mark.parametrize("by", KINDS, ids=lambda by: by.kind)
@pytest.mark.parametrize("flood", FLOODS)
def test_floods_of_output_cost_little(by: Comparison, flood: str) -> None:
    for expected in ("1", "1 2\n3 4", "1e999999998"):
        with _within(seconds=3, megabytes=300):
            result = judge(StdinTest("", expected, by), Execution(None, output=FLOODS[flood]))
        assert result.verdict is Verdict.WRONG_ANSWER


RETURNED = {
    "40 integers of 99,000 digits": "[" + ", ".join(["7" * 99_000] * 40) + "]",
    "many": "[" + "1, " * 5_000_000 + "1]",
    "deep": "[" * 5_000_000,
    "deep and closed": "[" * 100_000 + "]" * 100_000,
    "objects": "[" + ", ".join(['{"a": 1}'] * 1_500_000) + "]",
    "a long float": "1." + "1" * 15_000_000,
    "a huge float": "1e999999999",
    "a long exponent": "1e" + "9" * 15_000_000,
    "a long integer": "9" * 16_000_000,
}


@pytest.mark.parametrize("by", KINDS, ids=lambda by: by.kind)
@pytest.mark.parametrize("flood", RETURNED)
def test_floods_of_values_cost_little(by: Comparison, flood: str) -> None:
    for expected in (1, [1, 2], list(range(40)), "1", {"a": 1.5}):
        with _within(seconds=3, megabytes=300):
            execution = Execution(None, result=f'{{"value": {RETURNED[flood]}}}')
            result = judge(CallTest("f", (), expected, by), execution)
        assert result.verdict is Verdict.WRONG_ANSWER
