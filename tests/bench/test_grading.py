"""Programs of other people are graded as they stand, ours as they are stored."""

from pathlib import Path

from dreamcode.bench.grading import grade_programs
from dreamcode.grading.judge import Judge
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.livecodebench import OFFICIAL_LIMITS
from dreamcode.problems.problem import Problem
from dreamcode.problems.task import Task
from dreamcode.runs.journal import Journal
from dreamcode.search.selection import finish_program
from dreamcode_sandbox.cases import Sandbox, StdinTest
from dreamcode_sandbox.comparison import Checker, Comparison
from dreamcode_sandbox.verdicts import Verdict

NEVER_CALLED = {
    "main alone": "def main():\n    print(int(input()) // 2)\n",
    "main and helpers": "def half(n):\n    return n // 2\n\n"
    "def main():\n    print(half(int(input())))\n",
    "another guard": "def main():\n    print(int(input()) // 2)\n"
    "if __name__ == '__mian__':\n    main()\n",
    "a name alone": "def main():\n    print(int(input()) // 2)\n\nmain\n",
    "solve": "def solve():\n    print(int(input()) // 2)\n",
    "a class": "class Solution:\n    def main(self):\n        print(int(input()) // 2)\n",
    "a coroutine": "async def main():\n    print(int(input()) // 2)\nmain()\n",
}
CALLED = {
    "at the end": "def main():\n    print(int(input()) // 2)\nmain()\n",
    "guarded": "def main():\n    print(int(input()) // 2)\n"
    "if __name__ == '__main__':\n    main()\n",
    "in a thread": "import threading\ndef main():\n    print(int(input()) // 2)\n"
    "def begin():\n    threading.Thread(target=main).start()\nbegin()\n",
    "by name": "def main():\n    print(int(input()) // 2)\nglobals()['main']()\n",
}


def _exam(comparison: Comparison = Comparison(), output: str = "2\n") -> Exam:
    test = StdinTest("4\n", output, comparison)
    problem = Problem("half", "Half", "Halve it.", limits=OFFICIAL_LIMITS, comparison=comparison)
    return Exam(problem, HiddenTests(lambda: (test,)))


async def test_nothing_is_added_to_a_program(sandbox: Sandbox, tmp_path: Path) -> None:
    programs = [*NEVER_CALLED.values(), *CALLED.values()]
    (result,) = await grade_programs(
        tmp_path, [Task(_exam())], {"half": programs}, sandbox, concurrency=1
    )
    verdicts = [program.grade.verdict for program in result.programs if program.grade]
    assert verdicts == [Verdict.WRONG_ANSWER] * len(NEVER_CALLED) + [Verdict.ACCEPTED] * len(CALLED)
    assert [program.text for program in result.programs] == programs


async def test_what_we_write_is_completed_before_it_is_stored(
    sandbox: Sandbox, journal: Journal
) -> None:
    stored = [finish_program(text, None) for text in (NEVER_CALLED["main alone"], *CALLED.values())]
    assert stored[1:] == list(CALLED.values())  # a second call would print twice
    assert await Judge(sandbox, journal).passes(_exam(), stored) == [True] * len(stored)


async def test_a_verdict_holds_for_its_comparison(sandbox: Sandbox, journal: Journal) -> None:
    judge = Judge(sandbox, journal)
    program = "print(int(input()) / 2 + 1e-9)\n"

    def by(source: str) -> Comparison:
        return Comparison("checker", checker=Checker("check.py", source))

    found = [
        (await judge.passes(_exam(comparison), [program]))[0]
        for comparison in (
            Comparison(),
            Comparison("floats", 1e-6, 1e-6),
            Comparison("floats", 1e-12, 1e-12),
            by("import sys; sys.exit(42)"),
            by("import sys; sys.exit(43)"),
            Comparison(),
        )
    ]
    assert found == [False, True, False, True, False, False]


async def test_a_fault_of_a_checker_is_told_with_the_grade(
    sandbox: Sandbox, journal: Journal
) -> None:
    checker = Checker("check.py", "int(input())")
    exam = _exam(Comparison("checker", checker=checker))
    (grade,) = await Judge(sandbox, journal).grade(exam, ["print('two')"])
    assert (grade.verdict, grade.accepted) == (Verdict.CHECKER_ERROR, False)
    assert grade.fault.startswith("check.py, line 1, failed (runtime error): ValueError")
