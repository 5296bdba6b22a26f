"""The odds of a choice by public tests, against all sets of candidates."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.choosing import odds
from dreamcode.grading.statistics import pass_at_k
from dreamcode_sandbox import CallTest, StdinTest
from tests.references.livecodebench_checker import check


@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6),
    st.integers(1, 6),
)
def test_odds_are_means_over_all_sets(pool: list[tuple[bool, bool]], n: int) -> None:
    n = min(n, len(pool))
    accepted, passed = zip(*pool, strict=True)
    chosen, oracle = [], []
    for places in itertools.combinations(range(len(pool)), n):
        fitting = [place for place in places if accepted[place]] or list(places)
        chosen.append(sum(passed[place] for place in fitting) / len(fitting))
        oracle.append(any(passed[place] for place in places))
    assert odds(passed, accepted, n) == pytest.approx(sum(chosen) / len(chosen))
    assert pass_at_k(len(pool), sum(passed), n) == pytest.approx(sum(oracle) / len(oracle))


@pytest.mark.parametrize(
    ("program", "right"),
    [
        ("print(int(input()) * 2)\n", True),
        (
            "def main():\n    print(2.0 * int(input()))\nif __name__ == '__main__':\n    main()\n",
            True,
        ),
        ("print(3)\n", False),
        ("raise ValueError\n", False),
        ("def main(:\n", False),
        ("import sys\nprint(2 * int(sys.stdin.readline()))\nsys.exit(0)\n", True),
    ],
)
def test_the_checker_that_grading_is_measured_against_judges(program: str, right: bool) -> None:
    assert check(program, [StdinTest("4\n", "8\n"), StdinTest("0\n", "0\n")]) is right


def test_the_checker_calls_methods_and_functions() -> None:
    method = (
        "class Solution:\n    def double(self, x: List[int]) -> List[int]:\n        return x + x\n"
    )
    tests = [CallTest("double", ([1, 2],), [1, 2, 1, 2])]
    assert check(method, tests)
    assert check("def double(x):\n    return (*x, *x)\n", tests)
    assert not check("def double(x):\n    return x\n", tests)
