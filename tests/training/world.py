"""A tiny world for the stages: one problem family, a copying policy, a sandbox that notes all."""

from collections.abc import Sequence
from dataclasses import replace

from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode_sandbox.cases import Limits, Report, Sandbox, StdinTest, Test
from dreamcode_training.records import Split
from tests.search.programs import DOUBLE, MAIN, RIGHT, RIGHT_RENAMED, WRONG

LATE = RIGHT.replace("return 2 * number", "return 2 * number if number < 50 else 0")
"""Passes the public tests and one hidden test, and fails the other."""

BAD_START = WRONG.replace("print(double(", "print(1 + double(")
"""Its first step is wrong already."""

PROGRAMS = [RIGHT, RIGHT_RENAMED, WRONG, LATE, BAD_START]
OTHER_MAIN = BAD_START[: len(MAIN) + len("1 + ")]


def exam(name: str = "double") -> Exam:
    hidden = (StdinTest("3\n", "6\n"), StdinTest("70\n", "140\n"))
    return Exam(replace(DOUBLE, id=name), HiddenTests(lambda: hidden))


def exams(train: int = 2) -> list[tuple[Split, Exam]]:
    """`train` problems of train, and one of each other split."""
    names: list[tuple[Split, str]] = [("train", f"double-{i}") for i in range(train)]
    names += [("meta", "meta"), ("validation", "validation"), ("test", "test")]
    return [(split, exam(name)) for split, name in names]


class Notes:
    """A sandbox that remembers what it ran.

    Attributes:
        ran: program and tests of every run.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.ran: list[tuple[str, tuple[Test, ...]]] = []

    @property
    def name(self) -> str:
        return self._sandbox.name

    @property
    def python(self) -> str:
        return self._sandbox.python

    @property
    def programs(self) -> list[str]:
        return [program for program, _ in self.ran]

    async def run(
        self,
        program: str,
        tests: Sequence[Test],
        limits: Limits = Limits(),
        *,
        stop_at_first_failure: bool = False,
    ) -> Report:
        self.ran.append((program, tuple(tests)))
        return await self._sandbox.run(
            program, tests, limits, stop_at_first_failure=stop_at_first_failure
        )
