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
import hashlib
import json
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import comb
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from benchmarks.replay import guess_cause
from benchmarks.samples import REFERENCE, STATEMENTS, read_jsonl_gz, read_reference, stripped
from benchmarks.samples import write_problem as write_statement
from dreamcode.bench.grading import grade_programs
from dreamcode.bench.measures import DIFFICULTIES
from dreamcode.codec import encode
from dreamcode.grading.estimates import markdown_table
from dreamcode.grading.statistics import bootstrap_interval, paired_difference
from dreamcode.problems.exam import Exam
from dreamcode.problems.read import read_exam
from dreamcode.problems.task import Task
from dreamcode.results import Result
from dreamcode.runs.folder import hold_run
from dreamcode_sandbox import Sandbox, Verdict, open_sandbox

CANDIDATES = "lcb-candidates.jsonl.gz"
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


def read_pools(real_data: Path, folder: Path) -> list[Pool]:
    """Every problem that has candidates, its samples taken from the statement."""
    rows = {row["question_id"]: row for row in read_jsonl_gz(real_data / REFERENCE)}
    rows |= {row["question_id"]: row for row in read_jsonl_gz(real_data / STATEMENTS)}
    pools = []
    for entry in read_jsonl_gz(real_data / CANDIDATES):
        row = rows[entry["question_id"]]
        exam = read_exam(write_statement(row, folder))
        task = Task(Exam(_renamed(exam, row["question_id"]).problem), difficulty=row["difficulty"])
        candidates = entry["candidates"]
        pools.append(
            Pool(
                task,
                tuple(candidate["code"] for candidate in candidates),
                tuple(bool(candidate["passed"]) for candidate in candidates),
                candidates[0]["model"],
            )
        )
    return pools


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


async def explain(
    pools: Sequence[Pool], choices: Sequence[Choice], real_data: Path, sandbox: Sandbox
) -> list[tuple[str, str]]:
    """(problem, cause) of every right program that its samples reject."""
    reference = read_reference(real_data / REFERENCE)
    found = []
    for pool, choice in zip(pools, choices, strict=True):
        problem = pool.task.exam.problem
        rejected = [
            program
            for program, right, fits in zip(
                pool.programs, choice.passed, choice.accepted, strict=True
            )
            if right and not fits
        ]
        for program in rejected:
            report = await sandbox.run(program, problem.public_tests, problem.limits)
            tests = zip(problem.public_tests, report.results, strict=False)
            causes = [
                guess_cause(test, result, problem, reference.get(problem.id, ()))
                for test, result in tests
                if result.verdict is not Verdict.ACCEPTED
            ]
            found.append((problem.id, causes[0] if causes else "empty program graded as passed"))
    return found


def differing_samples(pools: Iterable[Pool], real_data: Path) -> tuple[int, list[str]]:
    """How many problems another parser's samples are known of; where they are others, and how."""
    reference = read_reference(real_data / REFERENCE)
    known = [pool.task for pool in pools if pool.task.id in reference]
    found = []
    for task in known:
        ours = [*map(stripped, task.exam.problem.public_tests)]
        theirs = [*map(stripped, reference[task.id])]
        if ours == theirs:
            continue
        how = "others"
        if theirs == [test for test in ours if test.output]:
            how = "without the sample whose output is empty"
        found.append(f"{task.id} ({how})")
    return len(known), found


def render(
    choices: Sequence[Choice],
    exceptions: Sequence[tuple[str, str]],
    samples: tuple[int, Sequence[str]],
) -> str:
    """The page."""
    right = [
        fits
        for choice in choices
        if choice.tests
        for passed, fits in zip(choice.passed, choice.accepted, strict=True)
        if passed
    ]
    programs = sum(len(choice.passed) for choice in choices)
    causes = [f"- {problem}: {cause}" for problem, cause in exceptions]
    few = [choice for choice in choices if len(choice.passed) == 6]
    many = [choice for choice in choices if len(choice.passed) > 6]
    known, differing = samples
    parts = [
        "# What choosing by public tests is worth",
        "This page is written by `python -m benchmarks.choosing --real-data DIR --docs docs`; do "
        f"not edit it. {programs:,} real programs of {len(choices)} LiveCodeBench problems "
        "(contests before 2025-02) ran on the samples in their statements; whether the chosen one "
        "is right was said by the official run on hidden tests. Brackets: 95 % bootstrap "
        f"intervals over problems, {RESAMPLES:,} resamples.",
        f"Of {len(right):,} programs that the official run graded correct, the samples accept "
        f"{sum(right):,} ({100 * sum(right) / len(right):.2f} %). "
        + ("Refused:" if causes else "None is refused."),
        "\n".join(causes),
        f"Another parser's samples are known of {known} of these problems; "
        + (f"all but these are equal: {', '.join(differing)}." if differing else "all are equal."),
    ]
    for name, own in (("Six programs a problem", few), ("234 programs a problem", many)):
        if own:
            parts += [
                f"## {name} ({len(own)} problems)",
                "The choice is one of the programs that pass all samples, drawn blindly; where "
                "there is none, one of all. `n` programs are looked at: means over all sets of n. "
                f"The first listed is one of {own[0].first}.",
                _table(own),
            ]
    return "\n\n".join(part for part in parts if part) + "\n"


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


def _renamed(exam: Exam, name: str) -> Exam:
    return replace(exam, problem=replace(exam.problem, id=name))


async def run(
    out: Path, pools: Sequence[Pool], real_data: Path, kind: str, console: Console
) -> tuple[list[Choice], list[tuple[str, str]]]:
    """Runs what has not run yet; prints the rate of this session."""
    began, ran, done = time.monotonic(), 0, 0

    def tell(result: Result, known: bool) -> None:
        nonlocal ran, done
        done += 1
        ran += 0 if known else len(result.programs)
        if done % 20 == 0 or done == len(pools):
            rate = ran / (time.monotonic() - began)
            console.print(f"{done} of {len(pools)} problems, {rate:.1f} verdicts a second")

    programs = {pool.task.id: pool.programs for pool in pools}
    async with open_sandbox(kind, on_event=console.print) as sandbox:  # type: ignore[arg-type]
        console.print(f"sandbox: {sandbox.name}")
        results = await grade_programs(
            out, [pool.task for pool in pools], programs, sandbox, 8, tell
        )
        seconds = time.monotonic() - began
        console.print(f"{ran:,} distinct programs in {seconds:.0f} s of this session")
        choices = make_choices(pools, results)
        return choices, await explain(pools, choices, real_data, sandbox)


def main() -> None:
    """Runs, prints the page, and writes it where it is wanted."""
    parser = argparse.ArgumentParser(description="What choosing by public tests is worth.")
    parser.add_argument("--real-data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path("runs/choosing"))
    parser.add_argument("--sandbox", default="auto", choices=("docker", "local", "auto"))
    parser.add_argument("--docs", type=Path, default=None)
    arguments = parser.parse_args()
    console = Console(stderr=True, highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        pools = read_pools(arguments.real_data, Path(folder))
    resume = (arguments.out / "config.json").exists()
    with hold_run(arguments.out, describe(pools), resume=resume):
        choices, exceptions = asyncio.run(
            run(arguments.out, pools, arguments.real_data, arguments.sandbox, console)
        )
    page = render(choices, exceptions, differing_samples(pools, arguments.real_data))
    Console(highlight=False).print(escape(page), soft_wrap=True)
    if arguments.docs:
        (arguments.docs / "public-tests.md").write_text(page, "utf-8")


if __name__ == "__main__":
    main()
