"""What choosing by public tests alone is worth, on real programs of real models.

    python -m benchmarks.choosing --real-data DIR [--out FOLDER] [--docs docs]

DIR holds `lcb-candidates.jsonl.gz` (programs with their official verdict on hidden tests) and
the statements in `lcb-o1-mini.jsonl.gz` and `lcb-samples.jsonl.gz`. Every program runs on the
samples of its statement; what the official checker said of it then tells whether the choice was
right. Everything is journaled in FOLDER: a run that was stopped goes on. `--docs` writes
public-tests.md.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from dreamcode.bench.grading import grade_programs
from dreamcode.bench.measures import DIFFICULTIES
from dreamcode.codec import encode
from dreamcode.grading.estimates import markdown_table
from dreamcode.grading.statistics import bootstrap_interval, paired_difference
from dreamcode.problems.assemble import Material, assemble
from dreamcode.problems.exam import Exam
from dreamcode.problems.front_matter import FrontMatter
from dreamcode.problems.task import Task
from dreamcode.results import Result
from dreamcode.runs.folder import hold_run
from dreamcode_sandbox.opening import Kind, open_sandbox

CANDIDATES = "lcb-candidates.jsonl.gz"
ROWS = ("lcb-samples.jsonl.gz", "lcb-o1-mini.jsonl.gz")
"""Where statements are; the second is right where both have one."""
RESAMPLES = 10_000
SIZES = (1, 2, 4, 6, 16, 64, 234)
"""Of the sets of candidates that are chosen from."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A problem's candidates.

    Attributes:
        task: the problem, with the samples of its statement.
        programs: text of each; "" for those that hold no program.
        passed: the official verdict on hidden tests, of each.
        first: the model that wrote the first one.
    """

    task: Task
    programs: tuple[str, ...]
    passed: tuple[bool, ...]
    first: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A problem's candidates after they ran.

    Attributes:
        difficulty: of the problem.
        accepted: whether each passes all samples of the statement.
        passed: the official verdict of each.
        tests: whether the statement has samples at all.
        first: the model that wrote the first one.
    """

    difficulty: str
    accepted: tuple[bool, ...]
    passed: tuple[bool, ...]
    tests: bool
    first: str = ""

    def chosen(self, n: int) -> float:
        """Chance that the choice among n candidates is right: one drawn from those accepted.

        All sets of n candidates are equally likely. Where none of a set is accepted, one of
        the set is drawn.
        """
        total = len(self.passed)
        good = [right for right, fits in zip(self.passed, self.accepted, strict=True) if fits]
        rest = [right for right, fits in zip(self.passed, self.accepted, strict=True) if not fits]
        none = comb(len(rest), n) / comb(total, n)
        chance = none * _share(rest) if rest else 0.0
        return chance + ((1 - none) * _share(good) if good else 0.0)

    def oracle(self, n: int) -> float:
        """Chance that one of n candidates is right."""
        wrong = len(self.passed) - sum(self.passed)
        return 1 - comb(wrong, n) / comb(len(self.passed), n)

    @property
    def random(self) -> float:
        """Chance that one candidate, drawn blindly, is right."""
        return _share(self.passed)


def read_pools(real_data: Path) -> list[Pool]:
    """Every problem that has candidates, its samples taken from the statement."""
    rows = {row["question_id"]: row for name in ROWS for row in read_rows(real_data / name)}
    pools = []
    for entry in read_rows(real_data / CANDIDATES):
        row = rows[entry["question_id"]]
        known = FrontMatter(id=row["question_id"], starter_code=row["starter_code"] or None)
        text = row["question_content"].replace("\r\n", "\n")  # as in a file that was read
        material = Material(row["question_id"], text, Path(), known)
        candidates = entry["candidates"]
        pools.append(
            Pool(
                Task(Exam(assemble(material, None).problem), difficulty=row["difficulty"]),
                tuple(candidate["code"] for candidate in candidates),
                tuple(bool(candidate["passed"]) for candidate in candidates),
                candidates[0]["model"],
            )
        )
    return pools


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def describe(pools: Sequence[Pool]) -> dict[str, str]:
    """What a run on record must agree with."""
    digest = hashlib.sha256()
    for pool in pools:
        known = [encode(pool.task.exam.problem), pool.programs, pool.passed]
        digest.update(json.dumps(known).encode())
    return {"benchmark": "choosing", "digest": digest.hexdigest()}


def make_choices(pools: Sequence[Pool], results: Sequence[Result]) -> list[Choice]:
    """What the samples said beside what the hidden tests said."""
    choices = []
    for pool, result in zip(pools, results, strict=True):
        grades = {program.text: program.right for program in result.programs}
        accepted = tuple(grades[program] for program in pool.programs)
        tests = bool(pool.task.exam.problem.public_tests)
        choices.append(Choice(pool.task.difficulty, accepted, pool.passed, tests, pool.first))
    return choices


def render(choices: Sequence[Choice]) -> str:
    """The page."""
    right = [
        fits
        for choice in choices
        if choice.tests
        for passed, fits in zip(choice.passed, choice.accepted, strict=True)
        if passed
    ]
    programs = sum(len(choice.passed) for choice in choices)
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
    few = [choice for choice in choices if len(choice.passed) == 6]
    many = [choice for choice in choices if len(choice.passed) > 6]
    for name, own in (("Six programs per problem", few), ("234 programs per problem", many)):
        if own:
            parts += [
                f"## {name} ({len(own)} problems)",
                "The choice is one of the programs that pass all samples, drawn blindly; where "
                "there is none, one of all. `n` programs are looked at: means over all sets of n. "
                f"The first listed is one of {own[0].first}.",
                _table(own),
            ]
    return "\n\n".join(parts) + "\n"


def _table(choices: Sequence[Choice]) -> str:
    most = min(len(choice.passed) for choice in choices)
    rows = []
    for difficulty in (*DIFFICULTIES, ""):
        own = [one for one in choices if difficulty in ("", one.difficulty)]
        if not own:
            continue
        blind = [one.random for one in own]
        first = [float(one.passed[0]) for one in own]
        for n in [size for size in SIZES if 1 < size <= most]:
            chosen, oracle = [one.chosen(n) for one in own], [one.oracle(n) for one in own]
            gain = paired_difference(chosen, blind, RESAMPLES, 0)
            regret = paired_difference(oracle, chosen, RESAMPLES, 0)
            cells = [_percent(values) for values in (first, blind, chosen, oracle)]
            rows.append(
                [
                    difficulty or "all",
                    str(len(own)),
                    str(n),
                    *cells,
                    *(
                        f"{100 * one.value:+.1f} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"
                        for one in (gain, regret)
                    ),
                ]
            )
    head = [
        "difficulty",
        "problems",
        "n",
        "first listed",
        "one blindly",
        "chosen by samples",
        "any of n",
    ]
    return markdown_table([*head, "chosen - blindly", "any - chosen"], rows)


def _percent(values: Sequence[float]) -> str:
    found = bootstrap_interval(values, RESAMPLES, 0)
    return f"{100 * found.value:.1f} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)


async def run(out: Path, pools: Sequence[Pool], kind: Kind, console: Console) -> list[Choice]:
    """Runs what has not run yet."""
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
        return make_choices(pools, await grade_programs(out, tasks, programs, sandbox, 8, tell))


def main() -> None:
    """Runs, prints the page, and writes it where it is wanted."""
    parser = argparse.ArgumentParser(description="What choosing by public tests is worth.")
    parser.add_argument("--real-data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path("runs/choosing"))
    parser.add_argument("--sandbox", default="auto", choices=("docker", "local", "auto"))
    parser.add_argument("--docs", type=Path, default=None)
    arguments = parser.parse_args()
    console = Console(stderr=True, highlight=False)
    pools = read_pools(arguments.real_data)
    resume = (arguments.out / "config.json").exists()
    with hold_run(arguments.out, describe(pools), resume=resume):
        page = render(asyncio.run(run(arguments.out, pools, arguments.sandbox, console)))
    Console(highlight=False).print(escape(page), soft_wrap=True)
    if arguments.docs:
        (arguments.docs / "public-tests.md").write_text(page, "utf-8")


if __name__ == "__main__":
    main()
