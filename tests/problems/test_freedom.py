"""What statements say of answers that are right all the same, and what says nothing of the kind."""

from pathlib import Path

import pytest

from dreamcode.problems.freedom import any_order, explain_freedom, find_hints
from dreamcode.problems.read import read_problem
from dreamcode_sandbox.comparison import Comparison

TOLERANT = {
    "Your answer is accepted if its absolute or relative error is at most $10^{-6}$.": "1e-6",
    "Absolute or relative error of 10^-9 is allowed.": "1e-9",
    "The relative or absolute error from the true value must be at most $10^{-5}$.": "1e-5",
    "Answers within 10^-5 of the actual answer will be accepted.": "1e-5",
    "Answers within 10-5 of the actual value will be accepted.": "1e-5",
    "an absolute error of at most 10⁻⁸": "1e-8",
    "with relative error no more than 1e-4": "1e-4",
    "Your output may differ from ours by at most 0.001.": "0.001",
    "should not deviate from the correct one by more than 10^{ -4 }": "1e-4",
    "Print the probability with an error less than 10<sup>-6</sup>.": "1e-6",
    "Print it with precision $10^{-3}$.": "1e-3",
    "The answer must be accurate to within 1e-6.": "1e-6",
    "Print at least 6 digits after the decimal point.": "",
    "It has to be correct to 4 decimal places.": "",
    "Small rounding errors will be ignored.": "",
    "a tolerance of one percent": "",
    "Your output must have a precision of six decimal digits.": "",
    "Your output is correct if |x - y| <= 1e-6.": "1e-6",
    "The checker ignores differences below 10^{-6}.": "1e-6",
    "formally $|a-b| \\le 10^{-6}$, the checker allows an error up to $10^{-6}$": "1e-6",
}
SEVERAL = [
    "If there are several answers, print any of them.",
    "If there are several answers, print any.",
    "If there are multiple solutions, you may output any one of them.",
    "If there are many such sequences, print any.",
    "If more than one answer exists, any of them will be accepted.",
    "Any valid answer will be accepted.",
    "Any of these orderings is considered correct.",
    "Return any valid permutation.",
    "Output any such pair.",
    "Print any integer between 0 and 9 that is not equal to A + B.",
    "Find any solution.",
    "If there are multiple optimal ways, you can choose any of them.",
    "Print one of them.",
    "All answers will be accepted.",
    "The answer is not necessarily unique.",
    "The answer may not be unique.",
    "This problem has a special judge.",
    "You may return any of the possible strings.",
    "If both are possible, print either one.",
    "There may be several valid itineraries; report any.",
    "If there is more than one solution, any will do.",
    "If several optimal tours exist, output whichever you like.",
    "It is enough to print one of the valid schedules.",
    "When more than one answer is possible, choose any.",
    "Multiple answers are allowed.",
]
UNORDERED = [
    "You can return the answer in any order.",
    "Return the result in arbitrary order.",
    "Print the edges in any order.",
    "Output the names, one per line; the order does not matter.",
    "Return a list of indices. The order of the output doesn't matter.",
]
PLAIN = [
    "For any integer x, f(x) is the number of its divisors.",
    "The string does not contain any of them.",
    "Do not print any spaces.",
    "You should not output any of them twice.",
    "Print the minimum absolute difference between two elements.",
    "The difference between any two of them is at most 10.",
    "He walks at most 10 - 5 steps.",
    "The operations can be done in any order. Print the largest sum.",
    "Points are given in arbitrary order.",
    "Return the number of subsets that can be chosen in any order.",
    "If there are several answers, print the lexicographically smallest.",
    "If there are multiple solutions, print the one with the smallest sum.",
    "Find the mean absolute error rounded to two decimals.",
    "Print exactly two decimals.",
    "The error message is printed to the console.",
    "You may perform any of the following operations any number of times.",
    "He can give any number of bottles to each friend.",
    "Return true if any of the strings is a palindrome.",
    "The coordinates are at most 10^6 in absolute value.",
    "The answer fits into 64 bits; print it modulo 10^9 + 7.",
    "Each value has at most 6 digits.",
    "Alice may choose any one element and remove it. Print how often she can.",
    "The order of the cards matters.",
    "A unique answer exists.",
    "The tolerance of a resistor is t percent.",
    "You do not need to print any of the intermediate results.",
    "Output any leftover change: the coins that were not used.",
    "There are several boxes. Choose any two and swap them.",
    "A difference of at most 10 between neighbours is allowed.",
]


@pytest.mark.parametrize("text", TOLERANT)
def test_a_tolerance_is_seen_with_its_amount(text: str) -> None:
    statement = f"Compute the mean.\n\n## Output\n\n{text}\n"
    (hint,) = find_hints(statement)
    assert (hint.freedom, hint.tolerance) == ("tolerance", TOLERANT[text])
    advice = explain_freedom(statement, Comparison())
    assert f"--tolerance {TOLERANT[text] or '1e-6'}" in advice
    assert explain_freedom(statement, Comparison("floats", 1e-6)) == ""
    assert explain_freedom(statement, Comparison("unordered"))


@pytest.mark.parametrize("text", SEVERAL)
def test_several_answers_are_seen(text: str) -> None:
    assert [hint.freedom for hint in find_hints(f"Build it. {text} Good luck.")] == ["answers"]
    assert "--checker check.py" in explain_freedom(text, Comparison("floats", 1e-6))
    assert explain_freedom(text, Comparison("checker")) == ""


@pytest.mark.parametrize("text", UNORDERED)
def test_an_open_order_is_seen(text: str) -> None:
    assert [hint.freedom for hint in find_hints(text)] == ["order"]
    assert "--compare unordered" in explain_freedom(text, Comparison("exact"))
    assert any_order(text) == Comparison("unordered")


@pytest.mark.parametrize("text", PLAIN)
def test_nothing_is_seen_where_nothing_is_said(text: str) -> None:
    assert find_hints(f"Read n. {text} The end.") == []


def test_words_over_lines_and_formulas_are_read() -> None:
    text = "accepted if the absolute\nor relative error does not\nexceed $10^{-6}$"
    (hint,) = find_hints(text)
    assert (hint.words, hint.tolerance) == ("absolute or relative error", "1e-6")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Return the two indices. You can return the answer in any order.", "unordered"),
        ("Group the anagrams together. You can return the answer in any order.", "unordered-deep"),
        ("Return all possible subsets in any order.", "unordered-deep"),
        ("Return all paths in any order.", "unordered"),
        ("Return the indices.", "livecodebench"),
    ],
)
def test_a_function_that_may_order_its_list_is_judged_so(
    tmp_path: Path, text: str, kind: str
) -> None:
    path = tmp_path / "problem.md"
    example = "Example 1:\n\nInput: nums = [2,1]\nOutput: [0,1]\n"
    path.write_text(f"---\nfunction: f\n---\n{text}\n\n{example}")
    problem = read_problem(path)
    assert problem.comparison.kind == kind
    assert [test.comparison.kind for test in problem.public_tests] == [kind]
    path.write_text(f"---\nfunction: f\ncompare: exact\n---\n{text}\n\n{example}")
    assert read_problem(path).comparison.kind == "exact"


def test_a_program_that_prints_is_not_judged_so(tmp_path: Path) -> None:
    path = tmp_path / "problem.md"
    path.write_text("Print the edges in any order.\n")
    assert read_problem(path).comparison == Comparison()
