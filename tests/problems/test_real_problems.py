"""Real problems, written out as a user would have them.

`python -m benchmarks.samples` prints the same comparison as a table.
"""

import asyncio
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.replay import replay
from benchmarks.samples import Row, check_rows, read_jsonl_gz
from dreamcode.problems.livecodebench import read_row
from dreamcode.problems.samples import find_samples
from dreamcode_sandbox import StdinTest, Test

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def rows(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return check_rows(real_data, tmp_path_factory.mktemp("problems"))


def test_samples_are_found(rows: list[Row]) -> None:
    assert len(rows) == 880
    with_samples = [row for row in rows if row.found]
    assert len(with_samples) >= 0.98 * len(rows)


def test_as_many_as_announced(rows: list[Row]) -> None:
    assert [row for row in rows if row.found != row.announced] == []


def test_same_as_another_parser_found(rows: list[Row]) -> None:
    differing = {row.question_id for row in rows if row.differs_from_reference}
    # The other parser has dropped the sample whose output is empty.
    assert differing == {"abc367_c"}


def test_correct_programs_pass_the_samples(real_data: Path) -> None:
    replays = asyncio.run(replay(real_data, "auto", Console(quiet=True)))
    assert len(replays) == 602
    assert sum(item.accepted for item in replays) >= 0.97 * len(replays)


@pytest.mark.parametrize(
    ("file", "problems", "hidden_tests"),
    [
        ("lcb-samples.jsonl.gz", 906, 1099),
        ("leetcode-functional.jsonl.gz", 69, 2556),
        ("google-contests.jsonl.gz", 178, 355),
    ],
)
def test_rows_are_read(file: str, problems: int, hidden_tests: int, real_data: Path) -> None:
    exams = [read_row(row) for row in read_jsonl_gz(real_data / file)]
    assert len(exams) == problems
    assert all(exam.problem.public_tests for exam in exams)
    assert sum(len(exam.hidden.open()) for exam in exams) == hidden_tests


def test_samples_of_copied_web_pages(real_data: Path) -> None:
    def words(test: Test) -> tuple[list[str], list[str]]:
        assert isinstance(test, StdinTest)
        return test.input.split(), test.output.split()

    differing = []
    for row in read_jsonl_gz(real_data / "google-contests.jsonl.gz"):
        problem = read_row(row).problem
        found = [
            words(StdinTest(sample.input, sample.output))
            for sample in find_samples(problem.statement)
        ]
        if found != [words(test) for test in problem.public_tests]:
            differing.append(problem.title)
    # Its output holds blank lines, and nothing in the text tells them from the end.
    assert differing == ["Ignore all my comments"]
