"""Real problems and programs (--real-data DIR, lcb-*.jsonl.gz), as a user would have them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.real import SAMPLES, STATEMENTS, read_jsonl_gz
from dreamcode.errors import InputError
from dreamcode.problems.announced import count_announced
from dreamcode.problems.livecodebench import read_row
from dreamcode.problems.problem import Problem
from dreamcode.problems.read import read_problem
from dreamcode_sandbox.cases import StdinTest, Test


@dataclass(frozen=True, slots=True)
class Row:
    """What was found in one statement.

    Attributes:
        question_id: the platform's name for the problem.
        announced: how many samples the statement says it has.
        found: how many were found.
        reason: why the file could not be read; "" if it could.
        differs_from_reference: the tests that another parser took from the same statement are
            there, and are others.
    """

    question_id: str
    announced: int
    found: int
    reason: str = ""
    differs_from_reference: bool = False


def read_as_file(row: dict[str, Any], folder: Path) -> Problem:
    """A row's statement as a user would write it: front matter, then the text as it is."""
    front = {"title": row["question_title"]}
    if row["starter_code"]:
        front["starter_code"] = row["starter_code"]
    path = folder / str(row["question_id"]) / "problem.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"---\n{yaml.safe_dump(front)}---\n{row['question_content']}"
    path.write_text(text, encoding="utf-8", newline="")
    return read_problem(path)


def check_rows(real_data: Path, folder: Path) -> list[Row]:
    """Every statement's samples, announced and found."""
    reference = (read_row(row).problem for row in read_jsonl_gz(real_data / SAMPLES))
    others = {problem.id: problem.public_tests for problem in reference}
    return [_check(row, folder, others) for row in read_jsonl_gz(real_data / STATEMENTS)]


def _check(row: dict[str, Any], folder: Path, others: dict[str, tuple[Test, ...]]) -> Row:
    announced = count_announced(row["question_content"])
    try:
        tests = read_as_file(row, folder).public_tests
    except InputError as error:
        return Row(row["question_id"], announced, 0, reason=str(error))
    other = others.get(row["question_id"])
    differs = other is not None and [*map(_strip, other)] != [*map(_strip, tests)]
    return Row(row["question_id"], announced, len(tests), differs_from_reference=differs)


def _strip(test: Test) -> Test:
    """The other parser keeps white space at the ends as it happens to stand there."""
    if isinstance(test, StdinTest):
        return StdinTest(test.input.strip(), test.output.strip())
    return test
