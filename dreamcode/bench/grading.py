"""Grades programs that somebody else has written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dreamcode.bench.run import OnResult, add_facts, do_once, ignore_results
from dreamcode.errors import InputError
from dreamcode.grading.judge import grade_exam
from dreamcode.grading.memory_gate import MemoryGate
from dreamcode.problems.task import Task
from dreamcode.results import Grade, Program, Result, begin_result, cut_steps
from dreamcode.runs.folder import open_journal
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
        folder: the run's folder.
        tasks: the problems that there are programs for; see `pick_tasks`.
        programs: the programs to grade.
        sandbox: where programs run.
        concurrency: problems under way at once.
        on_result: told of each result when it is there, and whether it was on record.

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
    folder: Path, task: Task, texts: Sequence[str], sandbox: Sandbox, gate: MemoryGate
) -> Result:
    written = [text for text in texts if text.strip()]
    with open_journal(folder) as journal:
        grades = await grade_exam(task.exam, written, sandbox, journal, gate)
        seconds = round(journal.seconds, 3)
    known = dict(zip(written, grades, strict=True))
    nothing = Grade(Verdict.COMPILE_ERROR)
    # In the order of the file, copies and all, so that what is kept beside it fits.
    programs = tuple(Program(cut_steps(text), grade=known.get(text, nothing)) for text in texts)
    result = begin_result(task.exam.problem, len(texts))
    return add_facts(replace(result, programs=programs, ranked=False, seconds=seconds), task)
