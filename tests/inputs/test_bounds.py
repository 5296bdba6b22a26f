"""What a statement says of how large numbers may be."""

from random import Random

import pytest

from dreamcode.inputs.bounds import find_bounds, name_columns, widen
from dreamcode.inputs.making import mutate_samples
from dreamcode.problems import Problem
from dreamcode_sandbox.cases import CallTest, StdinTest

ATCODER = """Count them.

Input

The input is given from Standard Input in the following format:
N K
A_1 A_2 \\ldots A_N
L_1 R_1
L_2 R_2
\\vdots
L_K R_K

Output

Print it.

Constraints

- 1 \\leq N, K \\leq 2 \\times 10^5
- -10^9 \\le A_i \\le 10^9
- 1 \\leq L_i \\leq R_i \\leq N
- All input values are integers.

Sample Input 1
"""


@pytest.mark.parametrize(
    ("line", "bounds"),
    [
        ("1 <= nums.length <= 100", {"nums.length": (1, 100)}),
        ("1 <= n == nums.length <= 3 * 10^5", {"n": (1, 300000), "nums.length": (1, 300000)}),
        ("-1000 <= energy[i] <= 1000", {"energy": (-1000, 1000)}),
        ("0 <= grid[i][j], x <= 9", {"grid": (0, 9), "x": (0, 9)}),
        ("- $1 \\leq A_{i,j} \\leq 10^{9}$", {"A": (1, 10**9)}),
        ("- 1≤N<1,000", {"N": (1, 1000)}),
        ("- N is an integer between 1 and 100, inclusive.", {"N": (1, 100)}),
        ("1 <= k <= nums.length", {}),
        ("s consists of lowercase letters.", {}),
    ],
)
def test_constraints_are_read(line: str, bounds: dict[str, tuple[int, int]]) -> None:
    assert find_bounds(f"Do it.\n\nConstraints:\n\n{line}\n") == bounds


def test_the_format_names_the_numbers_of_an_input() -> None:
    assert find_bounds(ATCODER) == {
        "N": (1, 200000), "K": (1, 200000), "A": (-(10**9), 10**9),
    }  # fmt: skip
    assert name_columns(ATCODER, [2, 4, 2, 2]) == [
        ["N", "K"], ["A"] * 4, ["L", "R"], ["L", "R"],
    ]  # fmt: skip
    assert name_columns("Anything.", [2, 4]) == []
    assert name_columns(ATCODER, [3, 4]) == []


def test_numbers_go_further_than_samples_but_never_beyond_bounds() -> None:
    assert widen([2, 3], (1, 100)) == (1, 9)
    assert widen([2, 3], (2, 4)) == (2, 4)
    # A sample is believed even where the bounds were misread.
    assert widen([2, 30], (5, 10)) == (2, 30)


def test_inputs_use_the_bounds() -> None:
    text = StdinTest("3 1\n1 2 2\n1 3\n", "")
    found = mutate_samples(Problem("p", "p", ATCODER, public_tests=(text,)), [text], 200, 1)
    rows = [
        [int(word) for word in one.input.split("\n")[1].split()]
        for one in found
        if isinstance(one, StdinTest)
    ]
    assert min(map(min, rows)) < 0
    assert max(map(max, rows)) > 2

    statement = "Sum.\n\nConstraints:\n\n1 <= nums.length <= 9\n0 <= nums[i] <= 6\n"
    starter = "class Solution:\n    def f(self, nums: List[int]) -> int:\n"
    call = CallTest("f", ([1, 2, 2],), 5)
    problem = Problem("p", "p", statement, starter, "f", (call,))
    calls = mutate_samples(problem, [call], 200, 1)
    values = [item for one in calls if isinstance(one, CallTest) for item in one.arguments[0]]
    assert set(values) == set(range(7))


@pytest.mark.parametrize("statement", ["", "Constraints", "Constraints:\n\n1 <= <= 2\n<=\n", "1 <"])
def test_any_statement_can_be_read(statement: str) -> None:
    find_bounds(statement)
    name_columns(statement, [1, 2])
    sample = StdinTest("3\n1 5 2\n", "")
    assert mutate_samples(Problem("p", "p", statement), [sample], 4, Random(1).randrange(9))
