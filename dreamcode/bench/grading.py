"""Grades programs that somebody else has written."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dreamcode.bench.records import Answer, Result, make_result
from dreamcode.bench.run import OnResult, do_once, ignore_results, open_problem_journal
from dreamcode.errors import InputError
from dreamcode.grading.judge import Grade, grade_exam
from dreamcode.grading.memory_gate import MemoryGate
from dreamcode.problems.task import Task
from dreamcode_sandbox.cases import Sandbox
from dreamcode_sandbox.verdicts import Verdict

Programs = Mapping[str, Sequence[str]]
"""By the problem's id: what was written for it; "" for what was never finished."""


async def grade_programs(
    folder: Path,
    tasks: Sequence[Task],
    programs: Programs,
    sandbox: Sandbox,
    concurrency: int,
    on_result: OnResult = ignore_results,
) -> list[Result]:
    """A result for every task, in their order. Nothing is graded twice.

    Args:
        folder: of the run.
        tasks: the problems that there are programs for; see `pick_tasks`.
        programs: what to grade.
        sandbox: where they run.
        concurrency: problems under way at once.
        on_result: told of each result when it is there, and whether it was before.

    Raises:
        InputError: hidden tests cannot be read.
        InfrastructureError: the disk failed.
        SandboxError: the sandbox failed.
    """
    gate = MemoryGate()

    async def grade(task: Task, own: Path) -> Result:
        return await _grade(own, task, programs[task.id], sandbox, gate)

    return await do_once(folder, {task.id: task for task in tasks}, grade, concurrency, on_result)


def pick_tasks(tasks: Sequence[Task], programs: Programs) -> list[Task]:
    """The tasks that there are programs for.

    Raises:
        InputError: programs belong to no task.
    """
    unknown = sorted(programs.keys() - {task.id for task in tasks})
    if unknown:
        raise InputError(
            f"{len(unknown)} problems of the file are not in the benchmark, such as "
            f"{unknown[0]!r}; name the benchmark, --data and --release they belong to"
        )
    return [task for task in tasks if task.id in programs]


async def _grade(
    folder: Path, task: Task, programs: Sequence[str], sandbox: Sandbox, gate: MemoryGate
) -> Result:
    written = [program for program in programs if program.strip()]
    journal = open_problem_journal(folder)
    try:
        grades = await grade_exam(task.exam, written, sandbox, journal, gate)
        known = dict(zip(written, grades, strict=True))
        nothing = Grade(Verdict.COMPILE_ERROR)
        # In the order of the file, copies and all, so that what is kept beside it fits.
        answers = [Answer(program, known.get(program, nothing)) for program in programs]
        return make_result(task, len(programs), answers, ranked=False, seconds=journal.seconds)
    finally:
        journal.close()
