"""Runs programs that the official checker graded correct on the samples in their statements.

    python -m benchmarks.replay --real-data DIR [--sandbox docker|local|auto]

DIR holds `lcb-o1-mini.jsonl.gz`. A correct program passes every sample, so each program
that does not points at a misread sample, at a problem with several right answers, or at a
difference between the two checkers. Every one is listed with what a rule can say of it.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.samples import REFERENCE, read_problems, read_reference, stripped
from dreamcode.problems.files import shown
from dreamcode.problems.problem import Problem
from dreamcode_sandbox import Report, Sandbox, StdinTest, Test, TestResult, Verdict, open_sandbox

_SEVERAL = (
    "any of them",
    "any one of them",
    "any valid",
    "any order",
    "multiple solutions",
    "multiple answers",
    "multiple possible",
    "if there are multiple",
    "absolute or relative error",
)


@dataclass(frozen=True, slots=True)
class Replay:
    """A correct program and what it did on the samples of its problem."""

    platform: str
    problem: Problem
    report: Report

    @property
    def accepted(self) -> bool:
        """Whether it passed them all."""
        return self.report.verdict is Verdict.ACCEPTED


async def replay(real_data: Path, kind: str, console: Console) -> list[Replay]:
    """Runs every program that was graded correct and whose problem has samples."""
    with tempfile.TemporaryDirectory() as folder:
        correct = [
            (row, problem)
            for row, problem in read_problems(real_data, Path(folder))
            if row["graded_list"][0] and problem.public_tests
        ]
    async with open_sandbox(kind, on_event=console.print) as sandbox:  # type: ignore[arg-type]
        console.print(f"sandbox: {sandbox.name}")
        running = [
            asyncio.create_task(_run(sandbox, row["platform"], row["code_list"][0], problem))
            for row, problem in correct
        ]
        return [await task for task in track(running, "programs", console=console)]


async def _run(sandbox: Sandbox, platform: str, program: str, problem: Problem) -> Replay:
    report = await sandbox.run(program, problem.public_tests, problem.limits)
    return Replay(platform, problem, report)


def guess_cause(test: Test, result: TestResult, problem: Problem, other: Sequence[Test]) -> str:
    """What a rule can say of a sample that a correct program did not pass."""
    if other and stripped(test) not in map(stripped, other):
        return f"sample misread? {REFERENCE} has another one"
    if result.verdict is not Verdict.WRONG_ANSWER:
        return f"not an answer: {result.error.strip().splitlines()[-1:] or [result.verdict]}"
    if _loosened(_expected(test)) == _loosened(result.output):
        return "checker difference: the same but for case, spaces or the last digits"
    if any(phrase in problem.statement.lower() for phrase in _SEVERAL):
        return "several valid answers: the statement says so"
    return "unknown: to be read by a person"


def _expected(test: Test) -> str:
    return test.output if isinstance(test, StdinTest) else json.dumps(test.output)


def _loosened(output: str) -> list[str]:
    """Words without their case, numbers to six digits."""
    return [_rounded(word) for word in output.lower().split()]


def _rounded(word: str) -> str:
    try:
        return f"{float(word):.6g}"
    except ValueError:
        return word


def make_table(replays: list[Replay]) -> Table:
    """Accepted programs by platform."""
    table = Table("platform", title="Correct programs on the samples found")
    for column in ("programs", "samples", "accepted", "%"):
        table.add_column(column, justify="right")
    for platform in [*sorted({item.platform for item in replays}), "all"]:
        some = [item for item in replays if platform in (item.platform, "all")]
        accepted = sum(item.accepted for item in some)
        samples = sum(len(item.problem.public_tests) for item in some)
        share = f"{100 * accepted / len(some):.2f}"
        table.add_row(platform, str(len(some)), str(samples), str(accepted), share)
    return table


def main() -> None:
    """Prints the table, and every sample that was not passed."""
    parser = argparse.ArgumentParser(description="Correct programs on the samples found.")
    parser.add_argument("--real-data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--sandbox", default="auto", choices=("docker", "local", "auto"))
    arguments = parser.parse_args()
    console = Console()
    replays = asyncio.run(replay(arguments.real_data, arguments.sandbox, console))
    reference = read_reference(arguments.real_data / REFERENCE)
    console.print(make_table(replays))
    for item in replays:
        other = reference.get(item.problem.id, ())
        tests = zip(item.problem.public_tests, item.report.results, strict=False)
        for number, (test, result) in enumerate(tests, start=1):
            if result.verdict is not Verdict.ACCEPTED:
                cause = guess_cause(test, result, item.problem, other)
                console.print(f"{item.problem.id}, sample {number}: {result.verdict}; {cause}")
                console.print(f"  expected {shown(_expected(test), 200)}", markup=False)
                console.print(f"  got      {shown(result.output, 200)}", markup=False)


if __name__ == "__main__":
    main()
