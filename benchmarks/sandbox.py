"""How fast programs run: this sandbox against a fresh `python -I` per test, in one run.

    python -m benchmarks.sandbox [--runs 100] [--kinds docker bubblewrap "plain process"]

Prints, for a small program and for one that imports numpy: milliseconds per test when one
program has many tests, programs per second when each has one, and both as ratios to the
subprocess. The kinds take turns in short rounds, so that a busy machine is busy for all alike.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from rich.console import Console
from rich.table import Table

from dreamcode_sandbox.cases import StdinTest
from dreamcode_sandbox.docker import DockerBackend, docker_status
from dreamcode_sandbox.local import LocalBackend, open_bubblewrap, open_plain
from dreamcode_sandbox.pool import Pool

PROGRAMS = {
    "small": "import heapq, collections\nprint(sum(map(int, input().split())))",
    "numpy": "import numpy as np\nprint(np.array(input().split(), dtype=int).sum())",
}
TEST = StdinTest("1 2 3", "6")
ROUNDS = 5
Measured = dict[tuple[str, str], list[float]]


async def open_pool(kind: str) -> Pool | None:
    """One runner of `kind`; None where this machine has none."""
    if kind == "docker":
        return Pool(await DockerBackend.open(), 1) if docker_status().reachable else None
    if kind == "bubblewrap":
        backend = open_bubblewrap()
        return Pool(backend, 1) if isinstance(backend, LocalBackend) else None
    return Pool(open_plain(), 1)


def run_fresh(program: str) -> None:
    """The baseline: one new interpreter, no isolation."""
    command = [sys.executable, "-I", "-c", program]
    done = subprocess.run(command, input=TEST.input, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == TEST.output


async def run_tests(pool: Pool, program: str, runs: int) -> None:
    """One program, many tests."""
    report = await pool.run(program, [TEST] * runs)
    assert report.passed == runs, report


async def run_programs(pool: Pool, program: str, runs: int) -> None:
    """Many programs, one test each: every one is compiled."""
    for number in range(runs):
        report = await pool.run(f"{program}\n# {number} {time.monotonic_ns()}", [TEST])
        assert report.passed == 1, report


async def time_it(action: Callable[[], Awaitable[None]], runs: int) -> float:
    """Milliseconds per run."""
    started = time.perf_counter()
    await action()
    return (time.perf_counter() - started) / runs * 1000


async def measure(kinds: list[str], runs: int, console: Console) -> tuple[Measured, Measured]:
    """Milliseconds per test and per program, by kind and program, one entry a round."""
    per_test: Measured = {}
    per_program: Measured = {}
    async with AsyncExitStack() as stack:
        pools = {}
        for kind in kinds:
            started = time.perf_counter()
            pool = await open_pool(kind)
            if pool is None:
                console.print(f"{kind}: not on this machine")
                continue
            stack.push_async_callback(pool.close)
            await pool.warm_up()
            console.print(f"{kind}: ready after {time.perf_counter() - started:.2f} s")
            pools[kind] = pool
        few = max(1, runs // ROUNDS)
        for _ in range(ROUNDS):
            for name, program in PROGRAMS.items():

                async def baseline(program: str = program) -> None:
                    for _ in range(max(1, few // 4)):
                        await asyncio.to_thread(run_fresh, program)

                fresh = await time_it(baseline, max(1, few // 4))
                per_test.setdefault(("subprocess", name), []).append(fresh)
                per_program.setdefault(("subprocess", name), []).append(fresh)
                for kind, pool in pools.items():
                    tests = await time_it(partial(run_tests, pool, program, few), few)
                    programs = await time_it(partial(run_programs, pool, program, few), few)
                    per_test.setdefault((kind, name), []).append(tests)
                    per_program.setdefault((kind, name), []).append(programs)
    return per_test, per_program


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100, help="runs of each sort")
    parser.add_argument("--kinds", nargs="+", default=["docker", "bubblewrap", "plain process"])
    arguments = parser.parse_args()
    console = Console()
    per_test, per_program = asyncio.run(measure(arguments.kinds, arguments.runs, console))

    table = Table(title=f"medians of {ROUNDS} rounds, one runner")
    for heading in ("program", "where", "ms/test", "ratio", "programs/s", "ratio"):
        table.add_column(heading, justify="left" if heading in ("program", "where") else "right")
    for kind, name in sorted(per_test, key=lambda pair: (pair[1], pair[0] != "subprocess")):
        base = statistics.median(per_test["subprocess", name])
        test = statistics.median(per_test[kind, name])
        program = statistics.median(per_program[kind, name])
        table.add_row(
            name,
            kind,
            f"{test:.1f}",
            f"{base / test:.1f}x",
            f"{1000 / program:.0f}",
            f"{base / program:.1f}x",
        )
    console.print(table)


if __name__ == "__main__":
    main()
