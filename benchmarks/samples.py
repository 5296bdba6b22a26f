"""How many of the samples in real statements are found.

    python -m benchmarks.samples --real-data DIR

DIR holds `lcb-o1-mini.jsonl.gz` (statements) and, for a comparison, `lcb-samples.jsonl.gz`
(public tests that another parser took from the same statements). Every statement is
written out as a `problem.md` with front matter and read the way `dreamcode solve` reads it.
"""

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from dreamcode.errors import InputError
from dreamcode.problems.announced import count_announced
from dreamcode.problems.livecodebench import read_row
from dreamcode.problems.problem import Problem
from dreamcode.problems.read import read_exam
from dreamcode_sandbox.cases import StdinTest, Test

STATEMENTS = "lcb-o1-mini.jsonl.gz"
REFERENCE = "lcb-samples.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Row:
    """What was found in one statement.

    Attributes:
        question_id: the platform's name for the problem.
        platform: where it comes from.
        announced: how many samples the statement says it has.
        found: how many were found.
        reason: why the file could not be read; "" if it could.
        differs_from_reference: the other parser's tests are there, and are others.
    """

    question_id: str
    platform: str
    announced: int
    found: int
    reason: str = ""
    differs_from_reference: bool = False


def read_jsonl_gz(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def write_problem(row: dict[str, Any], folder: Path) -> Path:
    """Writes a row's statement as a user would: front matter, then the text as it is."""
    front = {"title": row["question_title"]}
    if row["starter_code"]:
        front["starter_code"] = row["starter_code"]
    path = folder / str(row["question_id"]) / "problem.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"---\n{yaml.safe_dump(front)}---\n{row['question_content']}"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def read_problems(real_data: Path, folder: Path) -> Iterator[tuple[dict[str, Any], Problem]]:
    """Each row with the problem read back from its file.

    Raises:
        InputError: a file could not be read.
    """
    for row in read_jsonl_gz(real_data / STATEMENTS):
        yield row, read_exam(write_problem(row, folder)).problem


def check_rows(real_data: Path, folder: Path) -> list[Row]:
    """Every statement's samples, announced and found."""
    reference = read_reference(real_data / REFERENCE)
    return [_check(row, folder, reference) for row in read_jsonl_gz(real_data / STATEMENTS)]


def read_reference(path: Path) -> dict[str, tuple[Test, ...]]:
    """The other parser's public tests by question; empty if the file is not there."""
    if not path.exists():
        return {}
    problems = (read_row(row).problem for row in read_jsonl_gz(path))
    return {problem.id: problem.public_tests for problem in problems}


def _check(row: dict[str, Any], folder: Path, reference: dict[str, tuple[Test, ...]]) -> Row:
    question, platform = row["question_id"], row["platform"]
    announced = count_announced(row["question_content"])
    try:
        tests = read_exam(write_problem(row, folder)).problem.public_tests
    except InputError as error:
        return Row(question, platform, announced, 0, reason=str(error))
    other = reference.get(question)
    differs = other is not None and [*map(stripped, other)] != [*map(stripped, tests)]
    return Row(question, platform, announced, len(tests), differs_from_reference=differs)


def stripped(test: Test) -> Test:
    """The other parser keeps white space at the ends as it happens to stand there."""
    if isinstance(test, StdinTest):
        return StdinTest(test.input.strip(), test.output.strip())
    return test


def make_table(rows: list[Row]) -> Table:
    """Counts by platform."""
    table = Table("platform", title="Samples in statements")
    columns = ("problems", "any", "announced", "found", "equal", "%", "differ")
    for column in columns:
        table.add_column(column, justify="right")
    for platform in [*sorted({row.platform for row in rows}), "all"]:
        some = [row for row in rows if platform in (row.platform, "all")]
        exact = sum(row.found == row.announced and not row.reason for row in some)
        table.add_row(
            platform,
            str(len(some)),
            str(sum(row.found > 0 for row in some)),
            str(sum(row.announced for row in some)),
            str(sum(row.found for row in some)),
            str(exact),
            f"{100 * exact / len(some):.2f}",
            str(sum(row.differs_from_reference for row in some)),
        )
    return table


def main() -> None:
    """Prints the table, and every problem in which something is odd."""
    parser = argparse.ArgumentParser(description="Samples found in real statements.")
    parser.add_argument("--real-data", type=Path, required=True, metavar="DIR")
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        rows = check_rows(parser.parse_args().real_data, Path(folder))
    console.print(make_table(rows))
    for row in rows:
        if row.reason:
            console.print(f"{row.question_id}: not read: {row.reason}")
        elif row.found != row.announced:
            console.print(f"{row.question_id}: {row.announced} announced, {row.found} found")
        elif not row.found:
            console.print(f"{row.question_id}: no sample in the statement")
        elif row.differs_from_reference:
            console.print(f"{row.question_id}: differs from {REFERENCE}")


if __name__ == "__main__":
    main()
