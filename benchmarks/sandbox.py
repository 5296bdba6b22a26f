"""How fast programs run in this sandbox, beside three ways without it, in one interleaved run.

    python -m benchmarks.sandbox [--rounds 5] [--kinds docker bubblewrap "plain process"]

Each row is one program with so many tests, whose inputs are so large. The ways take turns, so
that a busy machine is busy for all alike; what is printed are medians:

- loop: one fresh process per program that runs it on input after input, without any wall;
- fresh: a fresh interpreter per test, without any wall;
- docker run: one container per program, which loops;
- the kinds of sandbox, one runner each. Every program is new to them, so it is compiled too.
"""

import argparse
import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.timing import take_turns
from dreamcode_sandbox.build import build_image
from dreamcode_sandbox.cases import Limits, StdinTest
from dreamcode_sandbox.docker import DockerBackend, connect, docker_status
from dreamcode_sandbox.local import LocalBackend, open_bubblewrap, open_plain
from dreamcode_sandbox.machine import choose_python
from dreamcode_sandbox.pool import Pool

PROGRAM = "import heapq, sys\ndata = sys.stdin.read()\nprint(len(data), data[:10])"
KB, MB = 1 << 10, 1 << 20
CASES = [(1, KB), (10, KB), (40, KB), (100, KB), (1, MB), (10, MB), (1, 20 * MB), (4, 20 * MB)]
LIMITS = Limits(seconds=20)
PROGRAMS = 5
"""Programs per round where inputs are small; one where they are not."""

# The baseline that loops: reads a program and its inputs, answers with what it printed.
LOOP = """
import io, json, sys
asked = json.load(sys.stdin)
code = compile(asked["program"], "program.py", "exec")
outputs = []
for given in asked["inputs"]:
    sys.stdin, sys.stdout = io.TextIOWrapper(io.BytesIO(given.encode())), io.StringIO()
    exec(code, {"__name__": "__main__"})
    outputs.append(sys.stdout.getvalue())
json.dump(outputs, sys.__stdout__)
"""


@dataclass(frozen=True)
class Case:
    """So many tests, each with an input of so many bytes."""

    tests: int
    size: int

    @property
    def inputs(self) -> list[str]:
        """One per test."""
        return [f"{number:09d} ".ljust(self.size, "x") for number in range(self.tests)]

    @property
    def programs(self) -> int:
        """How many programs a round has."""
        return PROGRAMS if self.size <= KB else 1

    def new_programs(self) -> Iterator[str]:
        """Programs that nobody has seen."""
        for number in range(self.programs):
            yield f"{PROGRAM}\n# {number} {time.monotonic_ns()}"


def expected(given: str) -> str:
    """What the program prints."""
    return f"{len(given)} {given[:10]}"


def run_fresh(python: str, case: Case) -> None:
    """A new interpreter per test."""
    for program in case.new_programs():
        for given in case.inputs:
            command = [python, "-I", "-c", program]
            done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
            assert done.stdout.rstrip("\n") == expected(given)


def run_loop(command: Sequence[str], case: Case) -> None:
    """One process per program, which loops over its inputs."""
    for program in case.new_programs():
        asked = json.dumps({"program": program, "inputs": case.inputs})
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
        outputs = [output.rstrip("\n") for output in json.loads(done.stdout)]
        assert outputs == [expected(given) for given in case.inputs]


async def run_in_sandbox(pool: Pool, case: Case) -> None:
    """The same in the sandbox."""
    for program in case.new_programs():
        tests = [StdinTest(given, expected(given)) for given in case.inputs]
        report = await pool.run(program, tests, LIMITS)
        assert report.passed == case.tests, report


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


def measure(kinds: Sequence[str], rounds: int, console: Console) -> dict[tuple[Case, str], float]:
    """Median seconds per program, by case and way."""
    cases = [Case(*case) for case in CASES]
    python = str(choose_python().executable)
    ways: dict[tuple[Case, str], Callable[[], None]] = {}
    with asyncio.Runner() as runner, ExitStack() as stack:

        def close(pool: Pool) -> None:
            runner.run(pool.close())

        def run(pool: Pool, case: Case) -> None:
            runner.run(run_in_sandbox(pool, case))

        pools = {}
        for kind in kinds:
            pool = runner.run(open_pool(kind))
            if pool is None:
                console.print(f"{kind}: not on this machine")
                continue
            pools[kind] = pool
            stack.callback(close, pool)
        loops = {"loop": [python, "-I", "-c", LOOP]}
        if "docker" in pools:
            image = build_image(connect())
            flags = ["--rm", "-i", "--network", "none"]
            loops["docker run"] = ["docker", "run", *flags, image, "python3", "-c", LOOP]
        for case in cases:
            for name, command in loops.items():
                ways[case, name] = partial(run_loop, command, case)
            ways[case, "fresh"] = partial(run_fresh, python, case)
            for kind, pool in pools.items():
                ways[case, kind] = partial(run, pool, case)
        seconds = take_turns(ways, rounds)
    return {way: median(took) / way[0].programs for way, took in seconds.items()}


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of which medians are taken")
    parser.add_argument("--kinds", nargs="+", default=["docker", "bubblewrap", "plain process"])
    arguments = parser.parse_args()
    console = Console()
    found = measure(arguments.kinds, arguments.rounds, console)
    table = Table(title=f"medians of {arguments.rounds} rounds, one runner")
    for heading in ("tests", "input", "way", "programs/s", "tests/s", "x loop", "x fresh"):
        table.add_column(heading, justify="left" if heading == "way" else "right", no_wrap=True)
    last: Case | None = None
    for (case, way), seconds in found.items():
        if last not in (None, case):
            table.add_section()
        last = case
        size = f"{case.size // MB} MB" if case.size >= MB else f"{case.size // KB} kB"
        table.add_row(
            *(str(case.tests), size, way, f"{1 / seconds:.1f}", f"{case.tests / seconds:.0f}"),
            *(f"{seconds / found[case, other]:.2f}" for other in ("loop", "fresh")),
        )
    console.print(table)


if __name__ == "__main__":
    main()
