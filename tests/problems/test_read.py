"""Problems from files, rows and standard input, and what is said of bad ones."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dreamcode.errors import InputError
from dreamcode.problems.read import read_exam
from dreamcode_sandbox.cases import CallTest, Limits, StdinTest

STATEMENT = "Add two numbers.\n\nSample Input 1\n\n3 4\n\nSample Output 1\n\n7\n"
SOLUTION = "class Solution:\n    def add(self, a: int, b: int) -> int:\n        "
ROW = {
    "question_id": "abc999_a",
    "question_title": "Sum",
    "question_content": STATEMENT,
    "public_test_cases": json.dumps([{"input": "1 1", "output": "2", "testtype": "stdin"}]),
}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def front(**values: Any) -> str:
    return (
        "---\n"
        + "".join(f"{key}: {json.dumps(value)}\n" for key, value in values.items())
        + "---\n"
    )


def test_plain_text(write: Any) -> None:
    exam = read_exam(write("sum.md", STATEMENT))
    assert (exam.problem.id, exam.problem.title) == ("sum", "sum")
    assert exam.problem.statement == STATEMENT
    assert exam.problem.public_tests == (StdinTest("3 4\n", "7\n"),)
    assert exam.problem.limits == Limits()
    assert exam.hidden.open() == ()


def test_heading_is_the_title_and_carriage_returns_go(write: Any) -> None:
    problem = read_exam(
        write("sum.md", ("# The sum\n\n" + STATEMENT).replace("\n", "\r\n"))
    ).problem
    assert problem.title == "The sum"
    assert problem.public_tests == (StdinTest("3 4\n", "7\n"),)


def test_front_matter(write: Any) -> None:
    text = front(
        title="The sum", id="s1", time_limit="1500 ms", memory_limit="1 GB", starter_code=SOLUTION
    )
    problem = read_exam(
        write("sum.md", text + "Add.\n\nExample 1:\nInput: b = 4, a = 3\nOutput: 7\n")
    ).problem
    assert (problem.id, problem.title, problem.function) == ("s1", "The sum", "add")
    assert problem.limits == Limits(seconds=1.5, memory_mb=1024)
    assert problem.public_tests == (CallTest("add", (3, 4), 7),)
    assert problem.starter_code == SOLUTION
    assert problem.statement.startswith("Add.")


def test_function_without_starter_code(write: Any) -> None:
    text = front(function="add", title=2048) + "Example 1:\nInput: a = 3, b = [4]\nOutput: 7\n"
    problem = read_exam(write("p.md", text)).problem
    assert problem.public_tests == (CallTest("add", (3, [4]), 7),)
    assert problem.title == "2048"


def test_no_tests_at_all(write: Any) -> None:
    assert read_exam(write("p.md", "Greet people.")).problem.public_tests == ()


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ([{"input": "1 1\n", "output": "2\n"}], StdinTest("1 1\n", "2\n")),
        ([{"input": "1 1", "output": "2", "testtype": "stdin"}], StdinTest("1 1", "2")),
    ],
)
def test_given_tests_replace_those_in_the_text(write: Any, content: Any, wanted: Any) -> None:
    tests = write("tests.json", json.dumps(content))
    assert read_exam(write("sum.md", STATEMENT), tests).problem.public_tests == (wanted,)
    named = write("b/sum.md", front(tests="../tests.json") + STATEMENT)
    assert read_exam(named).problem.public_tests == (wanted,)


@pytest.mark.parametrize(
    "content",
    [
        {"arguments": [3, 4], "output": 7},
        {"arguments": {"b": 4, "a": 3}, "output": 7},
        {"input": "3\n4", "output": "7", "testtype": "functional"},
        {"input": "a = 3, b = 4", "output": "7"},
    ],
)
def test_given_tests_of_a_function(write: Any, content: Any) -> None:
    tests = write("tests.json", json.dumps([content]))
    problem = read_exam(write("p.md", front(starter_code=SOLUTION) + "Add."), tests).problem
    assert problem.public_tests == (CallTest("add", (3, 4), 7),)


def test_given_folder_of_tests(write: Any, tmp_path: Path) -> None:
    for number in (1, 2, 10):
        write(f"cases/{number}.in", f"{number}\n")
        write(f"cases/{number}.ans", f"{number}\n")
    problem = read_exam(write("sum.md", STATEMENT), tmp_path / "cases").problem
    assert [test.input for test in problem.public_tests if isinstance(test, StdinTest)] == [
        "1\n",
        "2\n",
        "10\n",
    ]


def test_sample_files_beside_the_problem(write: Any) -> None:
    write("1.in", "5 5\n")
    write("1.out", "10\n")
    write("config.h.in", "no answer, no test")
    problem = read_exam(write("problem.md", STATEMENT)).problem
    assert problem.public_tests == (StdinTest("5 5\n", "10\n"),)


def test_sample_files_among_several_problems(write: Any) -> None:
    for name in ("sum.1", "product", "1"):
        write(f"{name}.in", name)
        write(f"{name}.out", name)
    write("product.md", "Multiply.")
    problem = read_exam(write("sum.md", STATEMENT)).problem
    assert problem.public_tests == (StdinTest("sum.1", "sum.1"),)


def test_sample_files_beside_notes(write: Any) -> None:
    for name in ("1.in", "1.out", "notes.md", "requirements.txt"):
        write(name, name)
    for name in ("problem.md", "sum.txt"):
        problem = read_exam(write(name, STATEMENT)).problem
        wanted = StdinTest("1.in", "1.out") if name == "problem.md" else StdinTest("3 4\n", "7\n")
        assert problem.public_tests == (wanted,)


def test_a_statement_given_as_the_name_of_a_file() -> None:
    with pytest.raises(InputError, match="no such file") as caught:
        read_exam("Add two numbers.\n" * 400)
    assert len(str(caught.value).splitlines()) == 1


def test_row(write: Any) -> None:
    for name in ("row.json", "row.jsonl"):
        exam = read_exam(write(name, json.dumps(ROW) + "\n"))
        assert exam.problem.id == "abc999_a"
        assert exam.problem.public_tests == (StdinTest("1 1", "2"),)


def test_row_with_given_tests(write: Any) -> None:
    tests = write("tests.json", '[{"input": "9 9", "output": "18"}]')
    exam = read_exam(write("row.json", json.dumps(ROW)), tests)
    assert exam.problem.public_tests == (StdinTest("9 9", "18"),)


def test_one_row_of_many(write: Any) -> None:
    rows = [ROW | {"question_id": f"q{number}"} for number in range(3)]
    path = write("rows.jsonl", "\n".join(map(json.dumps, rows)))
    assert read_exam(f"{path}#q1").problem.id == "q1"
    with pytest.raises(InputError, match=r"several rows; pick one .*rows\.jsonl#q0"):
        read_exam(path)
    with pytest.raises(InputError, match="no row with question_id 'q7'"):
        read_exam(f"{path}#q7")


@pytest.mark.parametrize(
    ("text", "id_"),
    [(STATEMENT, "stdin"), (json.dumps(ROW), "abc999_a"), ("{1, 2} is a set.", "stdin")],
)
def test_standard_input(text: str, id_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert read_exam("-").problem.id == id_


BAD = {
    "missing": (None, "no such file"),
    "binary": (b"\x7fELF\0\1", "a binary file"),
    "not UTF-8": (b"caf\xe9", "not UTF-8 .byte 3 is 0xe9"),
    "empty": ("", "empty"),
    "blank": (" \n\n", "empty"),
    "front matter alone": (front(title="x"), "no statement below"),
    "front matter left open": ("---\ntitle: x\n\nAdd.", "line 1: .* never closed"),
    "front matter no YAML": (
        "---\ntitle: x\nid: a: b\n---\nAdd.",
        "line 3: front matter is not YAML",
    ),
    "front matter a list": ("---\n- title\n---\nAdd.", "must be `key: value`"),
    "front matter with a bad date": ("---\ntitle: 2024-99-99\n---\nAdd.", "not YAML"),
    "unknown key": (front(timelimit=2) + "Add.", "unknown key 'timelimit'.*'time_limit'"),
    "unknown key like none": (front(zzz=2) + "Add.", "unknown key 'zzz'.*known are title"),
    "time limit": (front(time_limit="soon") + "Add.", "time_limit is 'soon'"),
    "negative time limit": (front(time_limit=-1) + "Add.", "time_limit is -1"),
    "memory limit": (front(memory_limit="4 parsecs") + "Add.", "memory_limit is '4 parsecs'"),
    "function no text": (front(function=[3]) + "Add.", "function is .3., not text"),
    "title no line": (front(title=["a"]) + "Add.", "title is .* not one line"),
    "tests not there": (front(tests="nope.json") + "Add.", "nope.json: no such file"),
    "function not in starter code": (
        front(function="g", starter_code=SOLUTION) + "Add.",
        "'g' is not in the starter code",
    ),
    "front matter that is empty": ("---\n---\n", "no statement"),
    "argument no value, nothing known of the parameters": (
        front(function="add") + "Example 1:\nInput: a = four\nOutput: 7\n",
        "sample 1: argument 'four' is no JSON value",
    ),
    "samples call nothing": ("Example 1:\nInput: a = 3\nOutput: 7\n", "it names none"),
    "too few arguments": (
        front(starter_code=SOLUTION) + "Example 1:\nInput: a = 3\nOutput: 7\n",
        r"sample 1: 1 argument\(s\) for add\(a, b\)",
    ),
    "arguments in another place": (
        front(starter_code=SOLUTION) + "Example 1:\nInput: b = 3, c = 4\nOutput: 7\n",
        r"arguments b, c do not match add\(a, b\)",
    ),
    "argument of another type": (
        front(starter_code=SOLUTION) + "Example 1:\nInput: a = 3, b = [4]\nOutput: 7\n",
        r"sample 1: argument b: \[4\] is no int",
    ),
    "argument no value": (
        front(starter_code=SOLUTION) + "Example 1:\nInput: a = 3, b = four\nOutput: 7\n",
        "sample 1: argument b: 'four' is no JSON value",
    ),
    "output no value": (
        front(starter_code=SOLUTION) + "Example 1:\nInput: a = 3, b = 4\nOutput: see below\n",
        "sample 1: output 'see below' is no JSON value",
    ),
    "nodes": (
        front(starter_code="def f(head: Optional[ListNode]):")
        + "Example 1:\nInput: 1\nOutput: 7\n",
        "argument head: 1 is no Optional.ListNode.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_problem_files(case: str, write: Any, tmp_path: Path) -> None:
    content, reason = BAD[case]
    path = tmp_path / "p.md" if content is None else write("p.md", content)
    with pytest.raises(InputError, match=reason) as caught:
        read_exam(path)
    assert "p.md" in str(caught.value) or "nope.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not JSON"),
        ("{}", "not a list"),
        ('[{"input": 3, "output": "4"}]', "test 1: .*input and output as strings"),
        ('[{"input": "3"}]', "test 1: .* is not {input, output}"),
        ('[{"arguments": [3], "output": 4}]', "test 1: the test calls a function"),
        ('[{"input": "3", "output": "4", "testtype": "functional"}]', "names no function"),
        ('[{"input": "3", "output": "4", "testtype": "telepathy"}]', "testtype"),
        ("", "empty"),
    ],
)
def test_bad_test_files(content: str, reason: str, write: Any) -> None:
    tests = write("tests.json", content)
    with pytest.raises(InputError, match=reason) as caught:
        read_exam(write("sum.md", STATEMENT), tests)
    assert "tests.json" in str(caught.value)


def test_test_files_that_are_not_utf8(write: Any, tmp_path: Path) -> None:
    write("cases/1.in", b"caf\xe9")
    write("cases/1.out", "x")
    with pytest.raises(InputError, match=r"1\.in: not UTF-8 .byte 3"):
        read_exam(write("sum.md", STATEMENT), tmp_path / "cases")
    with pytest.raises(InputError, match=r"row\.jsonl:1 is not JSON .*utf-8"):
        read_exam(write("row.jsonl", b"\xff{}\n"))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("3", "arguments must be a list"),
        ('{"a": 3, "c": 4, "d": 5}', r"3 argument\(s\) for add\(a, b\)"),
        ("[3]", r"1 argument\(s\) for add\(a, b\)"),
        ('[3, "4"]', "argument b: '4' is no int"),
    ],
)
def test_given_arguments_that_do_not_fit(arguments: str, reason: str, write: Any) -> None:
    tests = write("tests.json", f'[{{"arguments": {arguments}, "output": 7}}]')
    with pytest.raises(InputError, match=reason):
        read_exam(write("p.md", front(starter_code=SOLUTION) + "Add."), tests)


def test_folder_of_tests_that_holds_none_or_half(write: Any, tmp_path: Path) -> None:
    problem = write("sum.md", STATEMENT)
    (tmp_path / "cases").mkdir()
    with pytest.raises(InputError, match="no tests in it"):
        read_exam(problem, tmp_path / "cases")
    write("cases/1.in", "1")
    with pytest.raises(InputError, match=r"no 1\.out or 1\.ans beside it"):
        read_exam(problem, tmp_path / "cases")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("row.json", "[]", "not one LiveCodeBench row"),
        ("row.json", "nonsense", "not JSON"),
        ("row.json", "{}", "'question_id' is missing"),
        ("row.jsonl", "", "no row"),
        ("row.jsonl", "[]\n", "row.jsonl:1 is no JSON object"),
    ],
)
def test_bad_row_files(name: str, content: str, reason: str, write: Any) -> None:
    with pytest.raises(InputError, match=reason):
        read_exam(write(name, content or "\n"))


@pytest.mark.parametrize("arguments", [[3, 4], {"x": 3, "y": 4}])
def test_given_arguments_when_only_the_name_is_known(arguments: Any, write: Any) -> None:
    tests = write("tests.json", json.dumps([{"arguments": arguments, "output": 7}]))
    problem = read_exam(write("p.md", front(function="add") + "Add."), tests).problem
    assert problem.public_tests == (CallTest("add", (3, 4), 7),)


@pytest.mark.parametrize(
    "title", ["Yes", "No", "off", "007", "0x1F", "1_000", "12:30", "2024-01-01", "1e3", "3.10"]
)
def test_names_stay_as_they_are_written(title: str, write: Any) -> None:
    path = write("p.md", f"---\ntitle: {title}\nid: {title}\n---\nAdd.")
    problem = read_exam(path).problem
    assert (problem.title, problem.id) == (title, title)


@pytest.mark.parametrize("name", ["Yes", "{en: Yes}", "'Yes'"])
def test_a_package_may_be_called_yes_and_hold_a_stray_input(name: str, write: Any) -> None:
    config = write("pack/problem.yaml", f"name: {name}\n")
    write("pack/problem_statement/problem.en.md", "Add.")
    write("pack/poster.in", "not a test")
    write("pack/data/sample/1.in", "1 2\n")
    write("pack/data/sample/1.ans", "3\n")
    problem = read_exam(config.parent).problem
    assert problem.title == "Yes"
    assert [test.output for test in problem.public_tests] == ["3\n"]


def test_a_stray_input_beside_a_statement_is_no_test(write: Any) -> None:
    write("own/poster.in", "not a test")
    path = write("own/problem.md", "Sample Input\n1\n\nSample Output\n2\n")
    for source in (path, path.parent):
        assert [test.output for test in read_exam(source).problem.public_tests] == ["2\n"]


def test_tests_may_stand_in_the_front_matter(write: Any) -> None:
    tests = '[{"input": "1 2", "output": "3"}, {"input": "0 0", "output": "0"}]'
    problem = read_exam(write("p.md", f"---\ntests: {tests}\n---\nAdd.")).problem
    assert [test.output for test in problem.public_tests] == ["3", "0"]


def test_what_looks_like_samples_and_cannot_be_read_is_told(write: Any) -> None:
    problem = read_exam(write("p.md", "Sample 1:\nInput\nOutput\n3 4\n7\n")).problem
    assert problem.public_tests == ()
    assert "stand together" in problem.doubt
    assert "docs/problems.md" in problem.doubt
    assert read_exam(write("q.md", "Add.\n\nInput\n\nTwo.\n\nOutput\n\nOne.\n")).problem.doubt == ""
