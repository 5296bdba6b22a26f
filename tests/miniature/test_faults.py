"""The first faulty function is the one in which a program's writer made the first mistake."""

import asyncio
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from random import Random

import pytest

from dreamcode.grading.judge import Judge
from dreamcode.miniature.exams import generate_exam, generate_task, read_id
from dreamcode.miniature.faults import complete, find_faults
from dreamcode.miniature.worlds import LONG, MINIATURE, WEAK, World
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal
from dreamcode_sandbox import open_sandbox
from experiments.pretraining.programs import reference_program, write_program

WORLDS = pytest.mark.parametrize("world", [MINIATURE, WEAK, LONG], ids=lambda world: world.name)


@WORLDS
def test_an_id_says_which_problem_it_is(world: World) -> None:
    exam = generate_exam("test", 12, world)
    assert exam.problem.id == f"{world.name}-test-00012"
    assert read_id(exam.problem.id) == (world, "test", 12)


@pytest.mark.parametrize(
    "foreign",
    ["", "test-1", "double-3", "miniature-test-x", "miniature-exam-00001", "long-test-00001",
     "miniature-long-00001", "miniature-test-²", "xminiature-test-00001"],
)  # fmt: skip
def test_other_ids_are_of_no_world(foreign: str) -> None:
    assert read_id(foreign) is None


class Counted:
    """A judge who counts what it is asked."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.programs: list[str] = []

    async def passes(self, exam: Exam, programs: Sequence[str]) -> list[bool]:
        self.programs += programs
        return await self._judge.passes(exam, programs)


@WORLDS
def test_the_first_mistake_is_found_wherever_it_is(world: World, tmp_path: Path) -> None:
    """Programs that fail with mistakes in operations alone: their writer says which were wrong."""
    checked: set[int] = set()

    async def check() -> None:
        journal = Journal(tmp_path / "journal.jsonl")
        async with open_sandbox("local") as sandbox:
            judge = Counted(Judge(sandbox, journal))
            for index in range(8):
                exam, task = (
                    generate_exam("test", index, world),
                    generate_task("test", index, world),
                )
                random, keys = Random(index), list(task.composition)
                written = [write_program(task, random) for _ in range(8)]
                written = [one for one in written if one.mistakes and set(one.mistakes) <= {*keys}]
                passed = await judge.passes(exam, [one.source for one in written])
                wrong = [one for one, ok in zip(written, passed, strict=True) if not ok]
                judge.programs.clear()
                found = await find_faults(exam, [one.steps for one in wrong], judge.passes)
                for one, place in zip(wrong, found, strict=True):
                    first = min(keys.index(key) for key in one.mistakes)
                    single = len(one.mistakes) == 1
                    # A mistake may be hidden until a later one, but none shows before it is made.
                    assert place == 2 + first if single else place >= 2 + first
                    checked.add(place)
                beginnings = {text for one in wrong for text in list(accumulate(one.steps))[:-1]}
                assert len(judge.programs) == len(beginnings)  # equal ones were judged once
        journal.close()

    asyncio.run(check())
    assert len(checked) >= 3


@WORLDS
def test_every_beginning_of_a_right_program_can_be_completed(world: World, tmp_path: Path) -> None:
    async def check() -> None:
        journal = Journal(tmp_path / "journal.jsonl")
        async with open_sandbox("local") as sandbox:
            judge = Judge(sandbox, journal)
            for index in range(4):
                exam, task = (
                    generate_exam("test", index, world),
                    generate_task("test", index, world),
                )
                steps = reference_program(task, Random(index)).steps
                whole = [complete(text, task.takes) for text in list(accumulate(steps))[:-1]]
                assert all(await judge.passes(exam, [text or "" for text in whole]))
        journal.close()

    asyncio.run(check())


def test_a_function_that_the_world_does_not_have_is_the_fault_of_who_calls_it() -> None:
    task = generate_task("test", 0)
    assert complete("def main():\n    print(invent())\n", task.takes) is None

    async def all_pass(exam: Exam, programs: Sequence[str]) -> list[bool]:
        return [True] * len(programs)

    steps = ("def main():\n    print(invent())\n\n\n", "def invent():\n    return 1\n")
    assert asyncio.run(find_faults(generate_exam("test", 0), [steps], all_pass)) == [0]
    assert asyncio.run(find_faults(generate_exam("test", 0), [steps[1:]], all_pass)) == [0]
