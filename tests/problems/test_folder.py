"""Problem packages and plain folders."""

from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode.problems.read import read_exam
from dreamcode_sandbox.cases import Limits, StdinTest
from dreamcode_sandbox.comparison import Comparison

KATTIS = Comparison("tokens", ignore_case=True)
YAML = "name: The Sum\nlimits:\n  time_limit: 2\n  memory: 512\nauthor: somebody\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "thesum"
    for name, content in {
        "problem.yaml": YAML,
        "problem_statement/problem.en.md": "Add two numbers.\n",
        "problem_statement/problem.sv.md": "Addera.\n",
        "data/sample/2.in": "2 2\n",
        "data/sample/2.ans": "4\n",
        "data/sample/1.in": "1 1\n",
        "data/sample/1.ans": "2\n",
        "data/secret/small/1.in": "3 3\n",
        "data/secret/small/1.ans": "6\n",
        "data/secret/2.in": "",
        "data/secret/2.ans": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def test_package(package: Path) -> None:
    exam = read_exam(package)
    assert (exam.problem.id, exam.problem.title) == ("thesum", "The Sum")
    assert exam.problem.statement == "Add two numbers.\n"
    assert exam.problem.public_tests == (
        StdinTest("1 1\n", "2\n", KATTIS),
        StdinTest("2 2\n", "4\n", KATTIS),
    )
    assert exam.problem.limits == Limits(seconds=2, memory_mb=512)
    assert set(exam.hidden.open()) == {
        StdinTest("3 3\n", "6\n", KATTIS),
        StdinTest("", "", KATTIS),
    }


def test_latex_statement_and_names_by_language(package: Path) -> None:
    (package / "problem.yaml").write_text("name:\n  sv: Summan\n  en: Sum\n")
    for path in (package / "problem_statement").iterdir():
        path.unlink()
    (package / "problem_statement" / "problem.tex").write_text("\\problemname{Total}\nAdd.\n")
    assert read_exam(package).problem.title == "Sum"
    (package / "problem.yaml").write_text("author: somebody\n")
    assert read_exam(package).problem.title == "Total"


def test_front_matter_wins_over_the_package(package: Path) -> None:
    statement = package / "problem_statement" / "problem.en.md"
    statement.write_text("---\ntitle: Mine\ntime_limit: 9\n---\nAdd.\n")
    problem = read_exam(package).problem
    assert (problem.title, problem.limits) == ("Mine", Limits(seconds=9, memory_mb=512))


def test_hidden_answer_missing(package: Path) -> None:
    (package / "data" / "secret" / "2.ans").unlink()
    exam = read_exam(package)
    with pytest.raises(InputError, match=r"2\.in: no 2\.out or 2\.ans"):
        exam.hidden.open()


@pytest.mark.parametrize(
    ("yaml", "reason"),
    [
        ("name: a\nlimits: b: c\n", "problem.yaml, line 2: not YAML"),
        ("- a\n", "not a list of `key: value` lines"),
        ("limits: 3\n", "limits is 3"),
        ("limits: {time_limit: soon}\n", "time_limit is 'soon'"),
        (
            "validation: custom\n",
            "validation is custom, and there is no program in output_validators",
        ),
        ("type: interactive\n", "the problem is interactive, which is not run here"),
    ],
)
def test_bad_packages(package: Path, yaml: str, reason: str) -> None:
    (package / "problem.yaml").write_text(yaml)
    with pytest.raises(InputError, match=reason):
        read_exam(package)


def test_own_tests_make_up_for_a_custom_checker(package: Path, tmp_path: Path) -> None:
    (package / "problem.yaml").write_text("validation: custom\n")
    tests = tmp_path / "tests.json"
    tests.write_text('[{"input": "9 9", "output": "18"}]')
    assert read_exam(package, tests).problem.public_tests == (StdinTest("9 9", "18", KATTIS),)


@pytest.mark.parametrize("name", ["problem.md", "statement.md", "problem.txt", "sum.md"])
def test_plain_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Add.")
    (tmp_path / "README.md").write_text("About this folder.")
    (tmp_path / "1.in").write_text("1 1")
    (tmp_path / "1.out").write_text("2")
    for source in (tmp_path, tmp_path / name):
        problem = read_exam(source).problem
        assert problem.statement == "Add."
        assert problem.public_tests == (StdinTest("1 1", "2"),)
    assert read_exam(tmp_path).problem.id == tmp_path.name


def test_folders_without_a_problem(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a folder without a problem.*none is here"):
        read_exam(tmp_path)
    (tmp_path / "a.md").write_text("A.")
    (tmp_path / "b.md").write_text("B.")
    with pytest.raises(InputError, match=r"it has a\.md, b\.md; name the file itself"):
        read_exam(tmp_path)
