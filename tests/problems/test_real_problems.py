"""Real problems, written out as a user would have them, and real programs for them."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.real import STATEMENTS, read_jsonl_gz
from dreamcode.problems.livecodebench import read_row
from dreamcode.problems.samples import find_samples
from dreamcode_sandbox import StdinTest, Test, Verdict, open_sandbox
from tests.real_data import Row, check_rows, read_as_file

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def rows(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return check_rows(real_data, tmp_path_factory.mktemp("problems"))


def test_samples_are_found(rows: list[Row]) -> None:
    assert len(rows) == 880
    with_samples = [row for row in rows if row.found]
    assert len(with_samples) >= 0.98 * len(rows)


def test_as_many_as_announced(rows: list[Row]) -> None:
    assert [row for row in rows if row.found != row.announced or row.reason] == []
    assert sum(row.found for row in rows) == 2300


def test_same_as_another_parser_found(rows: list[Row]) -> None:
    differing = {row.question_id for row in rows if row.differs_from_reference}
    # The other parser has dropped the sample whose output is empty.
    assert differing == {"abc367_c"}


async def test_programs_that_were_graded_correct_pass_the_samples(
    real_data: Path, tmp_path: Path
) -> None:
    """One that does not points at a misread sample, or at a difference of the two checkers."""
    rows = [row for row in read_jsonl_gz(real_data / STATEMENTS) if row["graded_list"][0]]
    problems = [(row, read_as_file(row, tmp_path)) for row in rows]
    correct = [(row, problem) for row, problem in problems if problem.public_tests]
    async with open_sandbox("auto") as sandbox:
        reports = await asyncio.gather(
            *(
                sandbox.run(row["code_list"][0], problem.public_tests, problem.limits)
                for row, problem in correct
            )
        )
    assert len(reports) == 602
    failed = [
        (problem.id, report.verdict)
        for (_, problem), report in zip(correct, reports, strict=True)
        if report.verdict is not Verdict.ACCEPTED
    ]
    assert failed == []


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
            for sample in find_samples(problem.statement).samples
        ]
        if found != [words(test) for test in problem.public_tests]:
            differing.append(problem.title)
    assert differing == []
