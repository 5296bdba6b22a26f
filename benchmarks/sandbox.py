"""How fast programs run: this sandbox against a fresh `python -I` per test, in one run.

    python -m benchmarks.sandbox [--runs 100] [--kinds docker bubblewrap "plain process"]

Prints, for a small program and for one that imports numpy: milliseconds per test when one
program has many tests, programs per second when each has one, and both as ratios to the
subprocess. The kinds take turns in short rounds, so that a busy machine is busy for all alike.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import ExitStack
from functools import partial
from itertools import product
from operator import itemgetter
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.timing import take_turns
from dreamcode_sandbox.cases import StdinTest
from dreamcode_sandbox.docker import DockerBackend, docker_status
from dreamcode_sandbox.local import LocalBackend, open_bubblewrap, open_plain
from dreamcode_sandbox.machine import choose_python
from dreamcode_sandbox.pool import Pool

PROGRAMS = {
    "small": "import heapq, collections\nprint(sum(map(int, input().split())))",
    "numpy": "import numpy as np\nprint(np.array(input().split(), dtype=int).sum())",
}
TEST = StdinTest("1 2 3", "6")
ROUNDS = 5
Action = Callable[..., Coroutine[Any, Any, None]]
Way = tuple[str, str, Callable[..., object]]
"""A program, where it runs, and what is timed."""


async def open_pool(kind: str) -> Pool | None:
    """One runner of `kind`, ready; None where this machine has none."""
    backend: DockerBackend | LocalBackend | str | None = None
    if kind != "docker":
        python = choose_python()
        backend = open_bubblewrap(python) if kind == "bubblewrap" else open_plain(python)
    elif docker_status().reachable:
        backend = await DockerBackend.open()
    if backend is None or isinstance(backend, str):
        return None
    pool = Pool(backend, 1)
    await pool.warm_up()
    return pool


def run_fresh(program: str, runs: int) -> None:
    """The baseline: a new interpreter per run, no isolation."""
    command = [sys.executable, "-I", "-c", program]
    for _ in range(runs):
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


def measure(kinds: Iterable[str], runs: int, console: Console) -> dict[Way, float]:
    """Median milliseconds per run."""
    few = max(1, runs // ROUNDS)
    ways: dict[Way, Callable[[], None]] = {}
    with asyncio.Runner() as runner, ExitStack() as stack:

        def run(action: Action, *arguments: Any) -> None:
            runner.run(action(*arguments))

        for name, program in PROGRAMS.items():
            ways[name, "subprocess", run_fresh] = partial(run_fresh, program, max(1, few // 4))
        for kind in kinds:
            started = time.perf_counter()
            pool = runner.run(open_pool(kind))
            if pool is None:
                console.print(f"{kind}: not on this machine")
                continue
            stack.callback(run, pool.close)
            console.print(f"{kind}: ready after {time.perf_counter() - started:.2f} s")
            for (name, program), action in product(PROGRAMS.items(), (run_tests, run_programs)):
                ways[name, kind, action] = partial(run, action, pool, program, few)
        seconds = take_turns(ways, ROUNDS)
    runs_of: dict[Callable[..., object], int] = {run_fresh: max(1, few // 4)}
    return {way: 1000 * median(took) / runs_of.get(way[2], few) for way, took in seconds.items()}


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100, help="runs of each sort")
    parser.add_argument("--kinds", nargs="+", default=["docker", "bubblewrap", "plain process"])
    arguments = parser.parse_args()
    console = Console()
    found = measure(arguments.kinds, arguments.runs, console)

    table = Table(title=f"medians of {ROUNDS} rounds, one runner")
    for heading in ("program", "where", "ms/test", "ratio", "programs/s", "ratio"):
        table.add_column(heading, justify="left" if heading in ("program", "where") else "right")
    for name, kind in sorted(dict.fromkeys(way[:2] for way in found), key=itemgetter(0)):
        base = found[name, "subprocess", run_fresh]
        test = found.get((name, kind, run_tests), base)
        program = found.get((name, kind, run_programs), base)
        table.add_row(
            *(name, kind, f"{test:.1f}", f"{base / test:.1f}x"),
            *(f"{1000 / program:.0f}", f"{base / program:.1f}x"),
        )
    console.print(table)


if __name__ == "__main__":
    main()
