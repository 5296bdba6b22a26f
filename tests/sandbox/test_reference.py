"""Verdicts beside those of LiveCodeBench's checker, re-stated in one process."""

import asyncio

import pytest

from dreamcode_sandbox.cases import CallTest, Limits, StdinTest, Test
from dreamcode_sandbox.pool import Pool
from dreamcode_sandbox.verdicts import Verdict
from tests.references.livecodebench_checker import check
from tests.sandbox.conftest import local_kind, on

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMITS = Limits(names="livecodebench")

PRINTERS = {
    "right": "print(int(input()) * 2)",
    "in a main": "def main():\n    print(2 * int(input()))\nif __name__ == '__main__':\n    main()",
    "a float": "print(2.0 * int(input()))",
    "close to it": "print(2 * int(input()) + 1e-9)",
    "more white space": "print(' ', 2 * int(input()), ' ', end='\\n\\n\\n')",
    "an empty line first": "print()\nprint(2 * int(input()))",
    "an empty line between": "print(2 * int(input()))\nprint()\nprint(1)",
    "a word more": "print(2 * int(input()), 'times')",
    "a line more": "print(2 * int(input()))\nprint(0)",
    "nothing": "int(input())",
    "names of the prelude": "print(Counter('aa')['a'] * reduce(gcd, [int(input())]))",
    "bytes": "import sys\nprint(2 * int(sys.stdin.buffer.readline()))",
    "an exit": "import sys\nprint(2 * int(input()))\nsys.exit(1)",
    "right for 4 alone": "n = int(input())\nprint(8 if n == 4 else n)",
    "an error after it": "print(2 * int(input()))\nraise ValueError",
    "no program": "def main(:",
}
LINES: list[Test] = [
    StdinTest("4\n", "8\n"),
    StdinTest("4", "8.0"),
    StdinTest("0\n", "0"),
    StdinTest("4\n", "8\n\n1"),
    StdinTest("4\n", "8 times"),
    StdinTest("4\n", ""),
]
CALLED = {
    "a function": "def f(x):\n    return x + x",
    "a method": "class Solution:\n    def f(self, x: List[int]):\n        return x + x",
    "a tuple": "def f(x):\n    return (*x, *x)",
    "a tuple inside": "def f(x):\n    return [tuple(x), tuple(x)]",
    "lists inside": "def f(x):\n    return [x, x]",
    "truth": "def f(x):\n    return bool(x)",
    "floats": "def f(x):\n    return [float(n) for n in x + x]",
    "text": "def f(x):\n    return str(x + x)",
    "nothing": "def f(x):\n    print(x + x)",
    "an error": "def f(x):\n    return x / x",
    "another name": "def g(x):\n    return x + x",
}
CALLS: list[Test] = [
    CallTest("f", ([1, 2],), [1, 2, 1, 2]),
    CallTest("f", ([1, 2],), [[1, 2], [1, 2]]),
    CallTest("f", ([],), []),
    CallTest("f", ([1],), True),
    CallTest("f", ([],), 0),
    CallTest("f", ([1],), None),
]


@on(local_kind())
@pytest.mark.parametrize(
    ("program", "tests"),
    [(text, LINES) for text in PRINTERS.values()] + [(text, CALLS) for text in CALLED.values()],
    ids=[f"prints {name}" for name in PRINTERS] + [f"returns {name}" for name in CALLED],
)
async def test_what_is_accepted_is_what_the_reference_accepts(
    box: Pool, program: str, tests: list[Test]
) -> None:
    reports = [await box.run(program, [test], LIMITS) for test in tests]
    accepted = [report.verdict is Verdict.ACCEPTED for report in reports]
    assert accepted == [await asyncio.to_thread(check, program, [test]) for test in tests]
    whole = await box.run(program, tests, LIMITS)
    assert (whole.verdict is Verdict.ACCEPTED) == all(accepted)
