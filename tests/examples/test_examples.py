"""Every example can be read, has tests, and can be solved."""

from pathlib import Path

import pytest

from dreamcode.problems.read import read_exam
from dreamcode_sandbox.cases import Sandbox
from dreamcode_sandbox.verdicts import Verdict

EXAMPLES = Path(__file__).parents[2] / "examples"
SOLUTIONS = Path(__file__).parent / "solutions"
PROBLEMS = sorted(
    path for path in EXAMPLES.iterdir() if (path.suffix == ".md" or path.is_dir())
    and path.name != "README.md"
)  # fmt: skip


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.name)
def test_an_example_can_be_read_and_has_tests(path: Path) -> None:
    problem = read_exam(path).problem
    assert problem.title
    assert len(problem.public_tests) >= 2


def test_the_readme_names_every_example() -> None:
    text = (EXAMPLES / "README.md").read_text()
    assert [
        path.name for path in PROBLEMS if path.stem not in text and "mini-" not in path.name
    ] == []


@pytest.mark.parametrize("solution", sorted(SOLUTIONS.glob("*.py")), ids=lambda path: path.stem)
async def test_a_right_solution_passes_public_and_hidden_tests(
    solution: Path, sandbox: Sandbox
) -> None:
    program = solution.read_text()  # noqa: ASYNC240 - a small file
    [path] = [path for path in PROBLEMS if path.stem == solution.stem]
    exam = read_exam(path)
    tests = (*exam.problem.public_tests, *exam.hidden.open())
    report = await sandbox.run(program, tests, exam.problem.limits)
    assert report.verdict is Verdict.ACCEPTED, report
