"""MBPP: a sentence that asks for a function, and assertions. The whole file or its edited part.

Source: Austin et al. 2021, arXiv 2108.07732; google-research/google-research, folder mbpp.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

from dreamcode.datasets.examples import asserted
from dreamcode.datasets.harness import free_names, make_exam
from dreamcode.datasets.jsonfile import Row, named_file, read_tasks
from dreamcode.errors import InputError
from dreamcode.problems.problem import Problem
from dreamcode.problems.task import Task

_SOURCE = "mbpp.jsonl or sanitized-mbpp.json of google-research/google-research (mbpp/) on GitHub"


class Mbpp:
    """Functions asked for in a sentence."""

    name = "mbpp"
    summary = f"974 short Python functions, or the 427 edited ones; --data with {_SOURCE}"

    def read(self, data: Path | None, release: str | None) -> Iterable[Task]:
        """The problems of a file.

        Raises:
            InputError: there is no file, or it is damaged; names file, line and field.
        """
        return read_tasks(named_file("MBPP", _SOURCE, data, release), _make_task)

    def describe(self, data: Path | None, release: str | None) -> str:
        """The file."""
        return str(named_file("MBPP", _SOURCE, data, release))


def _make_task(row: Row) -> Task:
    text = row.text("prompt" if "prompt" in row.fields else "text").strip()
    assertions = row.texts("test_list")
    if not assertions:
        raise InputError(f"{row.where}: test_list is empty, so nothing could be graded")
    trees = [row.parse(assertion, "test_list") for assertion in assertions]
    given = "\n".join([*row.texts("test_imports"), ""])
    given_tree = row.parse(given, "test_imports")
    setup = row.text("test_setup_code") if row.fields.get("test_setup_code") else ""
    setup_tree = row.parse(setup, "test_setup_code")
    entry = _find_entry(row, trees[0])
    # What the text leaves open, the name and the arguments' form, only an assertion tells.
    statement = f"{text}\n\nOne of the tests is:\n\n{assertions[0].strip()}\n"
    problem = Problem(
        id=row.id("Mbpp/"),
        title=text.partition("\n")[0],
        statement=statement,
        function=entry,
        public_tests=tuple(asserted(trees[0], entry)[:1]),
    )
    needs: set[str] = set()
    for tree in (setup_tree, *trees):
        needs |= free_names(tree, given_tree, setup_tree)
    tests = [f"{setup}\n{assertion}\n" for assertion in assertions]
    return Task(make_exam(problem, given, tests, needs), row.where)


def _find_entry(row: Row, assertion: ast.Module) -> str:
    """The outermost name in an assertion that the reference solution defines."""
    defined: set[str] = set()
    for statement in row.parse(row.text("code"), "code").body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                defined.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                defined.add(name)
    for node in ast.walk(assertion):  # level by level
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in defined:
                return name
    raise InputError(
        f"{row.where}: the first of test_list calls nothing that code defines; mend or remove "
        "the row"
    )
