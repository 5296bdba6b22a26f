"""Grading real programs: ours against LiveCodeBench's checker, in one run.

    python -m benchmarks.grading --real-data DIR [--programs 400] [--workers 2] [--sandbox auto]

DIR is what `benchmarks.real` reads. Programs run on the samples of their statements, stopping at
the first failure. The checker is re-stated in `tests.references.livecodebench_checker`; it gets as
many processes as ours has workers, and once more one alone; then all of it without the programs
that run out of time, for which everyone waits alike. Only ratios within a run mean something.
Verdicts that differ are listed.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.real import make_parser, read_pools
from dreamcode.problems.problem import Problem
from dreamcode_sandbox import Report, Verdict
from dreamcode_sandbox.opening import Kind, open_sandbox
from tests.references.livecodebench_checker import check

Job = tuple[Problem, str]


def choose_jobs(real_data: Path, count: int) -> list[Job]:
    """Distinct programs, a few of many problems, with their samples."""
    pools = read_pools(real_data)
    tested = [pool for pool in pools if pool.task.exam.problem.public_tests]
    step = max(1, len(tested) * 4 // count)
    jobs: list[Job] = []
    for pool in tested[::step]:
        programs = [program for program in dict.fromkeys(pool.programs) if program.strip()]
        jobs += [(pool.task.exam.problem, program) for program in programs[:4]]
    return jobs[:count]


async def grade_ours(
    jobs: Sequence[Job], workers: int, kind: Kind, console: Console
) -> tuple[list[Report], float]:
    """The reports, and the seconds they took, without the sandbox's start."""
    async with open_sandbox(kind, workers, console.print) as sandbox:
        console.print(f"sandbox: {sandbox.name}")
        began = time.perf_counter()
        runs = [
            sandbox.run(code, problem.public_tests, problem.limits, stop_at_first_failure=True)
            for problem, code in jobs
        ]
        return await asyncio.gather(*runs), time.perf_counter() - began


def grade_theirs(jobs: Sequence[Job], processes: int) -> tuple[list[bool], float]:
    """The verdicts, and the seconds they took."""
    began = time.perf_counter()
    with ThreadPoolExecutor(processes) as pool:
        found = list(pool.map(lambda job: check(job[1], job[0].public_tests), jobs))
    return found, time.perf_counter() - began


def compare(
    title: str, jobs: Sequence[Job], workers: int, kind: Kind, console: Console
) -> list[Report]:
    """Grades with all checkers; prints rates, ratios and differences."""
    reports, ours = asyncio.run(grade_ours(jobs, workers, kind, console))
    table = Table("checker", "programs per second", "ours is faster by", title=title)
    table.add_row(f"dreamcode, {workers} workers", f"{len(jobs) / ours:.1f}", "-")
    verdicts: list[bool] = []
    for processes in dict.fromkeys((workers, 1)):
        verdicts, theirs = grade_theirs(jobs, processes)
        name = f"LiveCodeBench's, {processes} at once"
        table.add_row(name, f"{len(jobs) / theirs:.1f}", f"{theirs / ours:.2f}")
    console.print(table)
    differing = [
        f"  {problem.id}: {report.verdict} here, {'accepted' if accepted else 'rejected'} there"
        for (problem, _), report, accepted in zip(jobs, reports, verdicts, strict=True)
        if (report.verdict is Verdict.ACCEPTED) != accepted
    ]
    console.print(
        f"{len(jobs) - len(differing)} of {len(jobs)} verdicts are the same", *differing, sep="\n"
    )
    return reports


def main() -> None:
    """Compares on all programs, then on those that end in time."""
    parser = make_parser("Grading against LiveCodeBench's checker.")
    parser.add_argument("--programs", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    console = Console(highlight=False)
    jobs = choose_jobs(arguments.real_data, arguments.programs)
    machine = (arguments.workers, arguments.sandbox, console)
    reports = compare(f"{len(jobs)} programs", jobs, *machine)
    late = [report.verdict is Verdict.TIME_LIMIT for report in reports]
    if any(late):
        # Who waits for a time limit waits as long as anyone.
        ended = [job for job, waited in zip(jobs, late, strict=True) if not waited]
        title = f"{len(ended)} programs, without those that run out of time"
        compare(title, ended, *machine)


if __name__ == "__main__":
    main()
