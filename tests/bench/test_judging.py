"""What passes, and that nothing runs twice."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode.grading.judge import Judge, fingerprint
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.runs.journal import Journal
from dreamcode_sandbox.cases import CallTest, Limits, StdinTest, Test
from tests.search.programs import RIGHT, RIGHT_RENAMED, UNGUARDED, WRONG
from tests.training.world import BAD_START, LATE, Notes, exam


async def test_only_what_passes_public_and_hidden_tests_passes(
    notes: Notes, journal: Journal
) -> None:
    judge = Judge(notes, journal)
    programs = [WRONG, RIGHT, LATE, "def main(:\n", UNGUARDED, "", "while True: pass\n"]
    short = replace(exam().problem, limits=Limits(seconds=0.2))
    assert await judge.passes(replace(exam(), problem=short), programs) == [
        False,
        True,
        False,
        False,
        False,  # it defines `main` and never calls it: programs are graded as they stand
        False,
        False,
    ]
    hidden = exam().hidden.open()
    assert all(tests == (*short.public_tests, *hidden) for _, tests in notes.ran)


async def test_programs_that_count_as_the_same_run_once(notes: Notes, journal: Journal) -> None:
    judge = Judge(notes, journal)
    copies = [RIGHT, RIGHT_RENAMED, RIGHT + "# a remark\n", WRONG, RIGHT]
    assert await judge.passes(exam(), copies) == [True, True, True, False, True]
    assert len(notes.ran) == 2
    assert len({fingerprint(exam(), program) for program in copies}) == 2
    assert len(fingerprint(exam(), RIGHT)) == 8


async def test_those_who_ask_at_the_same_time_share_a_run(notes: Notes, journal: Journal) -> None:
    judge = Judge(notes, journal)
    asked = exam()
    answers = await asyncio.gather(*(judge.passes(asked, [RIGHT, LATE]) for _ in range(5)))
    assert answers == [[True, False]] * 5
    assert len(notes.ran) == 2


async def test_what_the_journal_knows_is_not_run_again(notes: Notes, tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    for _ in range(2):
        journal = Journal(path)
        assert await Judge(notes, journal).passes(exam(), [RIGHT, WRONG]) == [True, False]
        journal.close()
    assert len(notes.ran) == 2
    assert "140" not in path.read_text()  # neither tests nor outputs


@pytest.mark.parametrize("changed", ["hidden tests", "limits", "problem"])
async def test_a_verdict_holds_for_its_tests_limits_and_problem_only(
    notes: Notes, journal: Journal, changed: str
) -> None:
    judge = Judge(notes, journal)
    first = exam()
    other = {
        "hidden tests": replace(first, hidden=HiddenTests(lambda: (StdinTest("3\n", "7\n"),))),
        "limits": replace(first, problem=replace(first.problem, limits=Limits(seconds=3))),
        "problem": exam("another"),
    }[changed]
    assert await judge.passes(first, [RIGHT]) == [True]
    assert await judge.passes(other, [RIGHT]) == [changed != "hidden tests"]
    assert len(notes.ran) == 2


async def test_what_tests_call_keeps_its_name(notes: Notes, journal: Journal) -> None:
    hidden: tuple[Test, ...] = (CallTest("double", (4,), 8),)
    problem = replace(exam().problem, function="double", public_tests=())
    called = Exam(problem, HiddenTests(lambda: hidden))
    double, triple = "def double(x):\n    return 2 * x\n", "def triple(x):\n    return 2 * x\n"
    assert await Judge(notes, journal).passes(called, [double, triple]) == [True, False]


async def test_tests_are_opened_once_for_many_questions(notes: Notes, journal: Journal) -> None:
    opened = []

    def unpack() -> tuple[Test, ...]:
        opened.append(1)
        return (StdinTest("3\n", "6\n"),)

    asked = Exam(exam().problem, HiddenTests(unpack))
    judge = Judge(notes, journal)
    for program in (RIGHT, WRONG, LATE):
        await judge.passes(asked, [program])
    assert len(opened) == 1


async def test_tests_that_cannot_be_read_are_an_error(notes: Notes, journal: Journal) -> None:
    def unpack() -> tuple[Test, ...]:
        raise InputError("the private tests are torn")

    with pytest.raises(InputError, match="torn"):
        await Judge(notes, journal).passes(Exam(exam().problem, HiddenTests(unpack)), [BAD_START])
