"""How an author or a user says what counts as right."""

from dataclasses import replace
from pathlib import Path

import pytest

from dreamcode.codec import decode, encode
from dreamcode.errors import InputError
from dreamcode.problems.comparing import compare_exam, make_comparison, read_checker
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.read import read_exam, read_problem
from dreamcode_sandbox.cases import CallForm, CallTest, Sandbox, StdinTest
from dreamcode_sandbox.comparison import Checker, Comparison
from dreamcode_sandbox.verdicts import Verdict

CHECK = "def check(input, expected, output):\n    return output != expected\n"
SAMPLES = "\nSample Input\n\n```\n1\n```\n\nSample Output\n\n```\n2\n```\n"


@pytest.fixture
def checker(tmp_path: Path) -> Path:
    path = tmp_path / "check.py"
    path.write_text(CHECK)
    return path


def _write(folder: Path, front: str) -> Path:
    path = folder / "problem.md"
    path.write_text(f"---\n{front}\n---\nPrint.\n{SAMPLES}")
    return path


@pytest.mark.parametrize(
    ("front", "comparison"),
    [
        ("title: a", Comparison()),
        ("compare: tokens", Comparison("tokens")),
        ("compare: exact", Comparison("exact")),
        ("compare: unordered-deep", Comparison("unordered-deep")),
        ("tolerance: 1e-6", Comparison("floats", 1e-6, 1e-6)),
        ("tolerance: 0.001", Comparison("floats", 0.001, 0.001)),
        ("tolerance: 0", Comparison("floats")),
        ("compare: floats\ntolerance: '1e-6'", Comparison("floats", 1e-6, 1e-6)),
        ("tolerance: {absolute: 1e-6}", Comparison("floats", 1e-6, 0)),
        ("tolerance: {relative: 1e-9, absolute: 1e-6}", Comparison("floats", 1e-6, 1e-9)),
        ("checker: check.py", Comparison("checker", checker=Checker("check.py", CHECK))),
        ("checker: ./check.py\ncompare: checker", None),
    ],
)
def test_front_matter(
    tmp_path: Path, checker: Path, front: str, comparison: Comparison | None
) -> None:
    problem = read_problem(_write(tmp_path, front))
    expected = comparison or Comparison("checker", checker=read_checker(checker))
    assert problem.comparison == expected
    assert problem.public_tests == (StdinTest("1\n", "2\n", expected),)


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("compare: token", "compare is 'token'; it can be livecodebench, exact, tokens"),
        ("compare: 3", "compare is 3, not text"),
        ("tolerance: small", "tolerance is 'small'; write a number, as 1e-6"),
        ("tolerance: -1", "tolerance is -1; write a number"),
        ("tolerance: .inf", "tolerance is inf; write a number"),
        ("tolerance: .nan", "tolerance is nan; write a number"),
        ("tolerance: true", "tolerance is True; write a number"),
        ("tolerance: [1]", r"tolerance is \[1\]; write a number"),
        ("tolerance: {abs: 1}", r"tolerance is \{'abs': 1\}; write a number"),
        ("tolerance: {absolute: much}", "tolerance is 'much'; write a number"),
        ("compare: exact\ntolerance: 1", "compare exact knows no tolerance"),
        ("compare: unordered\ntolerance: 1", "compare unordered knows no tolerance"),
        ("compare: floats", "compare is floats; say how near too"),
        ("compare: checker", "compare is checker; name the checker's file too"),
        ("checker: check.py\ntolerance: 1", "a checker decides alone"),
        ("checker: check.py\ncompare: exact", "a checker decides alone"),
        ("checker: other.py", r"other\.py: no such file"),
        ("checker: .", "Is a directory"),
        ("checker: check.cpp", r"check\.cpp: the checker is C\+\+, and only Python 3 is run"),
        ("chekcer: check.py", "did you mean 'checker'"),
    ],
)
def test_what_makes_no_sense_is_said(
    tmp_path: Path, checker: Path, front: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_problem(_write(tmp_path, front))
    assert "\n" not in str(caught.value)


def test_what_the_caller_says_wins(tmp_path: Path, checker: Path) -> None:
    path = _write(tmp_path, "compare: exact")
    tests = tmp_path / "tests.json"
    tests.write_text('[{"input": "3", "output": "4"}]')
    by = make_comparison(None, None, checker)
    for given in (None, tests):
        problem = read_problem(path, given, by)
        assert problem.comparison == by
        assert [test.comparison for test in problem.public_tests] == [by]
        own = read_problem(path, given)
        assert [test.comparison.kind for test in own.public_tests] == ["exact"]


def test_a_checker_that_no_longer_says_the_same_is_another_question(
    tmp_path: Path, checker: Path
) -> None:
    path = _write(tmp_path, "checker: check.py")
    before = encode(read_problem(path))
    checker.write_text(CHECK + "# mended\n")
    assert encode(read_problem(path)) != before


def test_hidden_tests_are_compared_alike(tmp_path: Path) -> None:
    exam = read_exam(_write(tmp_path, "title: a"))
    exam = replace(exam, hidden=HiddenTests(lambda: (StdinTest("1", "2"),)))
    by = Comparison("tokens")
    adapted = compare_exam(exam, by)
    assert adapted.hidden.open() == (StdinTest("1", "2", by),)
    assert adapted.problem.public_tests[0].comparison == by
    assert compare_exam(exam, None) is exam


def test_tests_that_are_programs_compare_for_themselves(tmp_path: Path) -> None:
    exam = read_exam(_write(tmp_path, "title: a"))
    with pytest.raises(InputError, match="its tests are programs that check answers"):
        compare_exam(Exam(exam.problem, harness="check()"), Comparison("tokens"))


def test_tests_in_the_front_matter_are_compared_as_it_says(tmp_path: Path) -> None:
    path = _write(tmp_path, 'compare: tokens\ntests: [{"input": "1", "output": "2"}]')
    assert read_problem(path).public_tests == (StdinTest("1", "2", Comparison("tokens")),)


async def test_values_of_trees_come_in_any_order(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "leaves.md"
    path.write_text(
        "---\nstarter_code: |\n  class Solution:\n"
        "      def values(self, root: Optional[TreeNode]) -> List[int]:\n---\n"
        "Return the values of the tree in any order.\n\n"
        "Example 1:\n\nInput: root = [1,null,2]\nOutput: [1,2]\n"
    )
    problem = read_problem(path)
    (test,) = problem.public_tests
    assert isinstance(test, CallTest)
    assert test.form == CallForm(("TreeNode",))
    assert test.comparison == problem.comparison == Comparison("unordered")
    assert decode(CallTest, encode(test)) == test
    for other in (replace(test, form=None), replace(test, comparison=Comparison())):
        assert encode(other) != encode(test)
    program = "class Solution:\n    def values(self, n):\n        return [n.right.val, n.val]\n"
    for kind, verdict in ((None, Verdict.ACCEPTED), ("exact", Verdict.WRONG_ANSWER)):
        exam = compare_exam(read_exam(path), make_comparison(kind, None, None))
        report = await sandbox.run(program, exam.problem.public_tests)
        assert report.verdict is verdict
