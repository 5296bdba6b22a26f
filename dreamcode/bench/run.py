"""A benchmark run: every problem is solved as `solve` does it, then graded, then on record.

A run's folder holds one folder a problem, with the journal of its services and, once it is
graded, its result. Nothing that is there is done again.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from dreamcode.bench.records import (
    RESULT,
    Answer,
    Result,
    make_result,
    read_result,
)
from dreamcode.codec import encode
from dreamcode.concurrency import map_ahead
from dreamcode.errors import TooLongError
from dreamcode.grading.judge import Grade, grade_exam
from dreamcode.grading.memory_gate import MemoryGate
from dreamcode.problems.task import Task
from dreamcode.runs.folder import JOURNAL, PROBLEMS, safe_name, write_whole
from dreamcode.runs.journal import Journal
from dreamcode.runs.pruning import journal_prunes
from dreamcode.runs.services import journal_services
from dreamcode.search.budget import Budget
from dreamcode.search.search import Search, SearchOptions
from dreamcode.search.selection import Candidate
from dreamcode.solver import Services, solve

Item = TypeVar("Item")
OnResult = Callable[[Result, bool], None]
"""Told of a result, and whether it was on record before this session."""


def ignore_results(result: Result, known: bool) -> None:
    """Does nothing."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How every problem is attempted.

    Attributes:
        search: how programs are found.
        options: what the search is told.
        budget: tokens and calls that a problem may take.
        seconds: search time that a problem may take; None for no limit.
        independent: whether the search's samples are drawn independently.
        public_tests: whether the choice among programs looks at public tests.
        ranked: whether there is a choice: by public tests, a reward, or both.
    """

    search: Search
    options: SearchOptions
    budget: Budget
    seconds: float | None = None
    independent: bool = True
    public_tests: bool = True
    ranked: bool = True


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
        folder: of the run.
        tasks: the problems.
        services: who writes, scores and runs, for all problems together.
        attempt: how.
        concurrency: problems under way at once.
        on_result: told of each result when it is there, and whether it was before.

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

    Args:
        folder: of the run.
        items: what is to be worked on, by the problem's id.
        work: gets an item and its problem's folder.
        concurrency: problems under way at once.
        on_result: told of each result when it is there, and whether it was before.

    Raises:
        InputError: a result on record is damaged.
        InfrastructureError: the disk failed.
    """

    async def do(problem: str) -> Result:
        own = problem_folder(folder, problem)
        result = read_result(own)
        known = result is not None
        if result is None:
            result = await work(items[problem], own)
            write_whole(own / RESULT, json.dumps(encode(result)) + "\n")
        on_result(result, known)
        return result

    return await map_ahead(do, items, concurrency)


async def run_task(
    folder: Path, task: Task, services: Services, attempt: Attempt, gate: MemoryGate
) -> Result:
    """Solves and grades one problem; its folder keeps the journal.

    Raises:
        InputError, InfrastructureError, SandboxError: as `run_tasks`.
    """
    journal = open_problem_journal(folder)
    try:
        problem = task.exam.problem
        if not attempt.public_tests:
            problem = replace(problem, public_tests=())
        try:
            solution = await solve(
                problem,
                attempt.search,
                journal_services(services, journal, attempt.seconds),
                attempt.options,
                attempt.budget,
                journal_prunes(problem, journal),
            )
        except TooLongError:  # others may fit: the run goes on
            return make_result(
                task,
                attempt.options.n,
                (),
                ranked=attempt.ranked,
                independent=attempt.independent,
                exhausted="window",
            )
        programs = [candidate.program for candidate in solution.candidates]
        grades = await grade_exam(task.exam, programs, services.sandbox, journal, gate)
        answers = [
            _answer(candidate, grade)
            for candidate, grade in zip(solution.candidates, grades, strict=True)
        ]
        finished = sum(answer.copies for answer in answers)
        return make_result(
            task,
            max(finished, attempt.options.n) if attempt.independent else finished,
            answers,
            ranked=attempt.ranked,
            independent=attempt.independent,
            spent=solution.spent,
            seconds=journal.seconds,
            exhausted=solution.exhausted,
        )
    finally:
        journal.close()


def problem_folder(folder: Path, problem: str) -> Path:
    """Where a run keeps what belongs to a problem."""
    name = safe_name(problem)[:80]
    if name != problem:
        digest = hashlib.sha256(problem.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{name}-{digest[:8]}"
    return folder / PROBLEMS / name


def open_problem_journal(folder: Path) -> Journal:
    """The journal in a problem's folder; both are made if missing.

    Raises:
        InputError: the journal holds something else.
        InfrastructureError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return Journal(folder / JOURNAL)


def _answer(candidate: Candidate, grade: Grade) -> Answer:
    report = candidate.report
    return Answer(
        candidate.program,
        grade,
        candidate.copies,
        candidate.draft.steps,
        candidate.rewards,
        candidate.reward,
        candidate.draft.mean_logprob,
        report.verdict if report else None,
        candidate.passed,
    )
