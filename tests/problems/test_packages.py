"""Problem packages are judged as they say; what cannot be is refused with a remedy."""

from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode.problems.comparing import make_comparison
from dreamcode.problems.read import read_exam
from dreamcode_sandbox.cases import Sandbox
from tests.problems.packages import PACKAGES, REFUSED, YES, Package


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
async def test_outputs_come_to_what_they_should(
    sandbox: Sandbox, tmp_path: Path, package: Package
) -> None:
    exam = read_exam(package.write(tmp_path))
    tests = exam.hidden.open()
    found = {}
    for output in package.outputs:
        program = f"import sys\nsys.stdout.write({output!r})\n"
        report = await sandbox.run(program, tests, exam.problem.limits)
        found[output] = str(report.verdict)
    assert found == package.outputs


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_run_is_refused_until_somebody_says_how(tmp_path: Path, name: str) -> None:
    config, files, message = REFUSED[name]
    root = Package(name, {}, config=config, files=files).write(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        read_exam(root)
    assert "\n" not in str(caught.value)
    if "the problem is" in message:
        return  # no comparison makes up for a program that has to be talked to
    exam = read_exam(root, comparison=make_comparison("tokens", None, None))
    assert exam.problem.comparison.kind == "tokens"
    statement = root / "problem_statement" / "problem.en.md"
    statement.write_text("---\ntolerance: 1e-6\n---\nPrint it.\n")
    assert read_exam(root).hidden.open()[0].comparison.kind == "floats"


async def test_the_example_of_a_third(sandbox: Sandbox, tmp_path: Path) -> None:
    config = "validator_flags: float_tolerance 1e-6"
    exam = read_exam(Package("", {}, "0.333333\n", config).write(tmp_path))
    report = await sandbox.run("print(1/3)", exam.hidden.open())
    assert report.verdict == YES


def test_a_statement_beside_its_package_knows_it(tmp_path: Path) -> None:
    (tmp_path / "problem.yaml").write_text("validator_flags: case_sensitive\n")
    (tmp_path / "problem.md").write_text("Say No.\n")
    (tmp_path / "1.in").write_text("")
    (tmp_path / "1.ans").write_text("No\n")
    for source in (tmp_path, tmp_path / "problem.md"):
        (test,) = read_exam(source).problem.public_tests
        assert (test.comparison.kind, test.comparison.ignore_case) == ("tokens", False)
