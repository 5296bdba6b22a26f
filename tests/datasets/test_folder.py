"""Folders of one's own problems."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dreamcode.datasets.folder import Folder
from dreamcode.errors import InputError
from dreamcode.grading.judge import Judge
from dreamcode.runs.journal import Journal
from dreamcode_sandbox import open_sandbox
from dreamcode_sandbox.cases import StdinTest

STATEMENT = "# Sum\n\nAdd two numbers.\n\nSample Input 1\n\n3 4\n\nSample Output 1\n\n7\n"
SAMPLE = [{"input": "1 1", "output": "2", "testtype": "stdin"}]
ROW = {
    "question_id": "row",
    "question_content": "Add two numbers.",
    "public_test_cases": json.dumps(SAMPLE),
    "private_test_cases": json.dumps(SAMPLE * 2),
}
SUM = "print(sum(map(int, input().split())))\n"
Write = Callable[[dict[str, str]], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(files: dict[str, str]) -> None:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    return write


def package(name: str) -> dict[str, str]:
    return {
        f"{name}/problem.yaml": "name: The Sum\n",
        f"{name}/problem_statement/problem.en.md": "Add two numbers.\n",
        f"{name}/data/secret/1.in": "3 3\n",
        f"{name}/data/secret/1.ans": "6\n",
    }


def ids(folder: Path) -> list[str]:
    return [task.id for task in Folder().read(folder, None)]


def test_all_kinds_of_problems_in_natural_order(tmp_path: Path, write: Write) -> None:
    write(
        {
            "p10.md": STATEMENT,
            "p2.md": STATEMENT,
            "README.md": "# Read me\n",
            "readme_first.md": "# Read me\n",
            ".hidden.md": STATEMENT,
            "_notes.md": STATEMENT,
            "row.json": json.dumps(ROW),
            "p2.tests.json": json.dumps(SAMPLE),
            "notes.txt": "nothing\n",
            "plain/statement.txt": STATEMENT,
            "tests/1.in": "1 1\n",
            "tests/1.out": "2\n",
            "solutions/README.md": "# Read me\n",
            **package("thesum"),
        }
    )
    tasks = list(Folder().read(tmp_path, None))
    assert [task.id for task in tasks] == ["p2", "p10", "plain", "row", "thesum"]
    assert tasks[0].where == str(tmp_path / "p2.md")
    assert tasks[3].exam.hidden.open() == (StdinTest("1 1", "2"),) * 2
    (hidden,) = tasks[4].exam.hidden.open()
    assert (hidden.comparison.kind, hidden.output) == ("tokens", "6\n")
    assert tasks[4].exam.problem.public_tests == ()
    assert Folder().describe(tmp_path, None) == str(tmp_path)


async def test_hidden_tests_grade(tmp_path: Path, write: Write, journal: Journal) -> None:
    write(package("thesum"))
    (task,) = Folder().read(tmp_path, None)
    async with open_sandbox("local", 1) as sandbox:
        judge = Judge(sandbox, journal)
        assert await judge.passes(task.exam, [SUM, "print(7)\n"]) == [True, False]


def test_the_same_id_twice_is_refused(tmp_path: Path, write: Write) -> None:
    write({"a.md": STATEMENT, "b.md": "---\nid: a\n---\n" + STATEMENT})
    with pytest.raises(InputError, match=r"b\.md and .*a\.md have the same id 'a'"):
        ids(tmp_path)


def test_a_problem_without_any_test_is_refused(tmp_path: Path, write: Write) -> None:
    write({"a.md": STATEMENT, "b.md": "Add two numbers.\n"})
    with pytest.raises(InputError, match=r"b\.md has no test, so nothing could be graded"):
        ids(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"notes.txt": "x", "tests/1.in": "1"}, "holds no problem"),
        ({"a.md": " \n"}, r"a\.md: empty"),
        ({"a.json": "{"}, r"a\.json: not JSON"),
        ({"a.json": "{}"}, "'question_id' is missing"),
        ({"a/problem.yaml": "name: x\n"}, "a folder without a problem"),
        ({"a/one.md": STATEMENT, "a/two.md": STATEMENT}, r"it has one\.md, two\.md"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, write: Write, files: dict[str, str], message: str
) -> None:
    write(files)
    with pytest.raises(InputError, match=message):
        ids(tmp_path)


def test_a_folder_is_needed_and_no_release(tmp_path: Path, write: Write) -> None:
    write(package("thesum"))
    for ask in (Folder().read, Folder().describe):
        with pytest.raises(InputError, match=r"--data DIR \(problems\.path in training\)"):
            ask(None, None)
        with pytest.raises(InputError, match="has no releases"):
            ask(tmp_path, "v1")
        with pytest.raises(InputError, match="is no folder"):
            ask(tmp_path / "nothing", None)
        with pytest.raises(InputError, match="is one problem; name the folder that it is in"):
            ask(tmp_path / "thesum", None)


def test_the_examples_of_this_repository_are_such_a_folder() -> None:
    examples = Path(__file__).parents[2] / "examples"
    found = ids(examples)
    assert "water-tanks" in found
    assert found.index("mini-1") < found.index("mini-6")
