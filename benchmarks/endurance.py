"""Whether the sandbox stays as small as it was, job after job.

    python -m benchmarks.endurance [--jobs 20000] [--kinds docker bubblewrap "plain process"]

Prints memory, open descriptors and processes of this program and of all runners on the machine,
and what a job took, after every fifth of the jobs. One job in ten fails: by an exception, by too
much memory, by a signal. Runners of other users are seen by root only.
"""

import argparse
import asyncio
import contextlib
import time
from collections.abc import Iterable

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.sandbox import open_pool
from dreamcode_sandbox.cases import Limits, StdinTest
from dreamcode_sandbox.pool import Pool

RIGHT = "print(int(input()) * 2)"
FAILING = ("1 / 0", "x = [0] * 10**9", "import os\nos.abort()")
STAGES = 5
LIMITS = Limits(seconds=1.0, memory_mb=128)


async def run_jobs(pool: Pool, first: int, jobs: int) -> None:
    """One program per job."""
    for number in range(first, first + jobs):
        program = FAILING[number // 10 % len(FAILING)] if number % 10 == 0 else RIGHT
        report = await pool.run(f"{program}\n# {number}", [StdinTest("4", "8")], LIMITS)
        assert bool(report.passed) == (program == RIGHT), report


def take_stock() -> tuple[float, int, int]:
    """Mebibytes that are ours alone, descriptors, processes."""
    own = psutil.Process()
    family = [own, *own.children(recursive=True)]
    known = {process.pid for process in family}
    for process in psutil.process_iter(["cmdline"]):  # containers are the engine's children
        if process.pid not in known and any("runner.serve" in word for word in _words(process)):
            family.append(process)
    return *weigh(family), len(family)


def weigh(family: Iterable[psutil.Process]) -> tuple[float, int]:
    """Mebibytes that are these processes' alone, and their descriptors."""
    memory, descriptors = 0, 0
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # one that ended meanwhile
            memory += process.memory_full_info().uss
            descriptors += process.num_fds()
    return memory / 2**20, descriptors


def _words(process: psutil.Process) -> list[str]:
    return process.info["cmdline"] or []


async def endure(kind: str, jobs: int, table: Table) -> None:
    """Runs the jobs on one runner of `kind`; adds a row per stage."""
    pool = await open_pool(kind)
    if pool is None:
        table.add_row(kind, "not on this machine")
        return
    try:
        await run_jobs(pool, 0, 100)
        for stage in range(STAGES + 1):
            started, share = time.perf_counter(), jobs // STAGES if stage else 100
            await run_jobs(pool, stage * jobs, share)
            took = 1000 * (time.perf_counter() - started) / share
            memory, descriptors, processes = take_stock()
            done = f"{stage * jobs // STAGES:,}"
            figures = f"{memory:.1f}", str(descriptors), str(processes), f"{took:.1f}"
            table.add_row(kind, done, *figures)
    finally:
        await pool.close()
    table.add_section()


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--kinds", nargs="+", default=["docker", "bubblewrap", "plain process"])
    arguments = parser.parse_args()
    table = Table("sandbox", "jobs", "MiB", "descriptors", "processes", "ms per job")
    for kind in arguments.kinds:
        asyncio.run(endure(kind, arguments.jobs, table))
    Console().print(table)


if __name__ == "__main__":
    main()
