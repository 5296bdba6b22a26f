"""What choosing by public tests alone is worth, on real programs of real models.

    python -m benchmarks.choosing --real-data DIR [--out FOLDER] [--docs docs]

DIR is what `benchmarks.real` reads. Every program runs on the samples of its statement; what the
official checker said of it then tells whether the choice was right. Everything is journaled in
FOLDER: a run that was stopped goes on. `--docs` writes public-tests.md.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from benchmarks.real import Pool, make_parser, read_pools
from dreamcode.bench.grading import grade_programs
from dreamcode.bench.measures import DIFFICULTIES
from dreamcode.codec import encode
from dreamcode.files import write_whole
from dreamcode.grading.estimates import markdown_table
from dreamcode.grading.statistics import (
    Estimate,
    bootstrap_interval,
    paired_difference,
    pass_at_k,
)
from dreamcode.results import Result
from dreamcode.runs.folder import hold_run
from dreamcode_sandbox.opening import Kind, open_sandbox

RESAMPLES = 10_000
SIZES = (2, 4, 6, 16, 64, 234)
"""How many candidates are chosen from."""
MakePage = Callable[[Path, Sequence[Pool], Kind, Console], Coroutine[Any, Any, str]]
"""Runs what is missing in a folder, and makes a page of it."""
Choice = tuple[Pool, tuple[bool, ...]]
"""A problem's candidates, and whether each passes all samples of the statement."""
HEAD = ("difficulty", "problems", "n", "first listed", "one blindly", "chosen by samples")


def odds(passed: Sequence[bool], accepted: Sequence[bool], n: int) -> float:
    """Chance that the choice among n candidates is right: one drawn from those accepted.

    All sets of n candidates are equally likely. Where none of a set is accepted, one of the set
    is drawn.

    Args:
        passed: the official verdict of each candidate.
        accepted: whether each passes all samples of the statement.
        n: how many are looked at.
    """
    good = [right for right, fits in zip(passed, accepted, strict=True) if fits]
    rest = [right for right, fits in zip(passed, accepted, strict=True) if not fits]
    some = pass_at_k(len(passed), len(good), n)
    return some * _share(good) + (1 - some) * _share(rest)


def describe(pools: Sequence[Pool]) -> dict[str, str]:
    """What a run on record must agree with."""
    digest = hashlib.sha256()
    for pool in pools:
        known = [encode(pool.task.exam.problem), pool.programs, pool.passed]
        digest.update(json.dumps(known).encode())
    return {"benchmark": "choosing", "digest": digest.hexdigest()}


def render(choices: Sequence[Choice]) -> str:
    """The page."""
    right = [
        fits
        for pool, accepted in choices
        if pool.task.exam.problem.public_tests
        for passed, fits in zip(pool.passed, accepted, strict=True)
        if passed
    ]
    programs = sum(len(pool.passed) for pool, _ in choices)
    parts = [
        "# What choosing by public tests is worth",
        "This page is written by `python -m benchmarks.choosing --real-data DIR --docs docs`; do "
        f"not edit it. {programs:,} real programs of {len(choices)} LiveCodeBench problems "
        "(contests before 2025-02) ran on the samples in their statements; whether the chosen one "
        "is right was said by the official run on hidden tests. Brackets: 95 % bootstrap "
        f"intervals over problems, {RESAMPLES:,} resamples.",
        f"Of {len(right):,} programs that the official run graded correct, the samples accept "
        f"{sum(right):,} ({100 * sum(right) / len(right):.2f} %).",
    ]
    few = [choice for choice in choices if len(choice[0].passed) == 6]
    many = [choice for choice in choices if len(choice[0].passed) > 6]
    for name, own in (("Six programs per problem", few), ("234 programs per problem", many)):
        if own:
            parts += [
                f"## {name} ({len(own)} problems)",
                "The choice is one of the programs that pass all samples, drawn blindly; where "
                "there is none, one of all. `n` programs are looked at: means over all sets of n. "
                f"The first listed is one of {own[0][0].first}.",
                _table(own),
            ]
    return "\n\n".join(parts) + "\n"


def _table(choices: Sequence[Choice]) -> str:
    most = min(len(pool.passed) for pool, _ in choices)
    rows = []
    for difficulty in (*DIFFICULTIES, ""):
        own = [one for one in choices if difficulty in ("", one[0].task.difficulty)]
        for n in [size for size in SIZES if size <= most] if own else ():
            first = [float(pool.passed[0]) for pool, _ in own]
            blind = [_share(pool.passed) for pool, _ in own]
            chosen = [odds(pool.passed, accepted, n) for pool, accepted in own]
            oracle = [pass_at_k(len(pool.passed), sum(pool.passed), n) for pool, _ in own]
            rows.append(
                [
                    difficulty or "all",
                    str(len(own)),
                    str(n),
                    *map(mean, (first, blind, chosen, oracle)),
                    differ(chosen, blind),
                    differ(oracle, chosen),
                ]
            )
    return markdown_table([*HEAD, "any of n", "chosen - blindly", "any - chosen"], rows)


def mean(values: Sequence[float]) -> str:
    """The mean over problems in percent, with its interval."""
    return _percent(bootstrap_interval(values, RESAMPLES, 0))


def differ(one: Sequence[float], other: Sequence[float]) -> str:
    """By how many points the mean of one is above that of the other, with its interval."""
    return _percent(paired_difference(one, other, RESAMPLES, 0), "+")


def _percent(found: Estimate, sign: str = "") -> str:
    value, low, high = (
        f"{100 * number:{sign}.1f}" for number in (found.value, found.low, found.high)
    )
    return f"{value} [{low}, {high}]"


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


async def run(out: Path, pools: Sequence[Pool], kind: Kind, console: Console) -> list[Choice]:
    """Runs what has not run yet; the pools, with what the samples said of each program."""
    done = 0

    def tell(result: Result, known: bool) -> None:
        nonlocal done
        done += 1
        if done % 20 == 0 or done == len(pools):
            console.print(f"{done} of {len(pools)} problems")

    programs = {pool.task.id: pool.programs for pool in pools}
    async with open_sandbox(kind, on_event=console.print) as sandbox:
        console.print(f"sandbox: {sandbox.name}")
        tasks = [pool.task for pool in pools]
        results = await grade_programs(out, tasks, programs, sandbox, 8, tell)
    verdicts = [tuple(program.right for program in result.programs) for result in results]
    return list(zip(pools, verdicts, strict=True))


async def make_page(out: Path, pools: Sequence[Pool], kind: Kind, console: Console) -> str:
    """Runs what is missing in `out`, and makes the page of it."""
    return render(await run(out, pools, kind, console))


def write_page(description: str, name: str, make: MakePage) -> None:
    """Runs as the command line says, prints the page, and writes it where it is wanted."""
    parser = make_parser(description)
    parser.add_argument("--out", type=Path, default=Path("runs/choosing"))
    parser.add_argument("--docs", type=Path, default=None)
    asked = parser.parse_args()
    console = Console(stderr=True, highlight=False)
    pools = read_pools(asked.real_data)
    resume = (asked.out / "config.json").exists()
    with hold_run(asked.out, describe(pools), resume=resume):
        page = asyncio.run(make(asked.out, pools, asked.sandbox, console))
    Console(highlight=False).print(escape(page), soft_wrap=True)
    if asked.docs:
        write_whole(asked.docs / name, page)


if __name__ == "__main__":
    write_page("What choosing by public tests is worth.", "public-tests.md", make_page)
