"""A benchmark run: every problem is solved as `solve` does it, then graded, then on record.

A run's folder holds one folder per problem, with the journal of its services and, once it is
graded, its result. Nothing that is there is done again; a result that lacks samples which failed
is made again, from what its journal holds and from these samples.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from dreamcode.concurrency import map_ahead
from dreamcode.errors import TooLongError
from dreamcode.grading.judge import grade_exam
from dreamcode.grading.memory_gate import MemoryGate
from dreamcode.problems.task import Task
from dreamcode.results import Result, begin_result
from dreamcode.runs.folder import open_journal, problem_folder
from dreamcode.runs.result_files import load_result, save_result
from dreamcode.solver import Attempt, Services, attempt_problem

Item = TypeVar("Item")
OnResult = Callable[[Result, bool], None]
"""Told of a result, and whether it was on record before this session."""


def ignore_results(result: Result, known: bool) -> None:
    """Does nothing."""


async def run_tasks(
    folder: Path,
    tasks: Sequence[Task],
    services: Services,
    attempt: Attempt,
    concurrency: int,
    on_result: OnResult = ignore_results,
) -> list[Result]:
    """The result of every task, in their order; those on record are read back.

    Args:
        folder: the run's folder.
        tasks: the problems.
        services: who writes, scores and runs, for all problems together.
        attempt: how each problem is attempted.
        concurrency: problems under way at once.
        on_result: told of each result when it is there, and whether it was on record.

    Raises:
        InputError: hidden tests cannot be read, or a service cannot take a problem.
        InfrastructureError: policy, reward model or disk failed.
        SandboxError: the sandbox failed.
    """
    gate = MemoryGate()

    async def run(task: Task, own: Path) -> Result:
        return await run_task(own, task, services, attempt, gate)

    return await do_once(folder, {task.id: task for task in tasks}, run, concurrency, on_result)


async def do_once(
    folder: Path,
    items: Mapping[str, Item],
    work: Callable[[Item, Path], Awaitable[Result]],
    concurrency: int,
    on_result: OnResult,
) -> list[Result]:
    """The result of every problem: that on record, else what the work on it comes to.

    What is on record does not count where samples failed for good: they are asked for again.

    Args:
        folder: the run's folder.
        items: what is to be worked on, by the problem's id.
        work: gets an item and its problem's folder.
        concurrency: problems under way at once.
        on_result: told of each result when it is there, and whether it was on record.

    Raises:
        InputError: a result on record is damaged.
        InfrastructureError: the disk failed.
    """

    async def do(problem: str) -> Result:
        own = problem_folder(folder, problem)
        result = load_result(own)
        known = result is not None and not result.failures
        if result is None or not known:
            result = await work(items[problem], own)
            save_result(own, result)
        on_result(result, known)
        return result

    return await map_ahead(do, items, concurrency)


async def run_task(
    folder: Path, task: Task, services: Services, attempt: Attempt, gate: MemoryGate
) -> Result:
    """Solves and grades one problem; its folder keeps the journal.

    Raises:
        InputError, InfrastructureError, SandboxError: for the reasons of `run_tasks`.
    """
    problem = task.exam.problem
    with open_journal(folder) as journal:
        try:
            result = await attempt_problem(problem, services, attempt, journal)
        except TooLongError:  # others may fit: the run goes on
            lost = replace(begin_result(problem, attempt.options.n), exhausted="window")
            return add_facts(lost, task)
        texts = [program.text for program in result.programs]
        grades = await grade_exam(task.exam, texts, services.sandbox, journal, gate)
        programs = tuple(
            replace(program, grade=grade)
            for program, grade in zip(result.programs, grades, strict=True)
        )
        seconds = round(journal.seconds, 3)
    return add_facts(replace(result, programs=programs, seconds=seconds), task)


def add_facts(result: Result, task: Task) -> Result:
    """The result with what a benchmark says about its problem."""
    return replace(
        result,
        platform=task.platform,
        difficulty=task.difficulty,
        contest_id=task.contest_id,
        contest_date=task.contest_date,
    )
