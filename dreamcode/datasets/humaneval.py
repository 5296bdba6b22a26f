"""HumanEval: functions to be completed, each with a `check(candidate)` full of assertions.

Source: Chen et al. 2021, arXiv 2107.03374; https://github.com/openai/human-eval.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

from dreamcode.datasets.completion import read_prompt
from dreamcode.datasets.examples import read_examples
from dreamcode.datasets.harness import free_names, make_exam
from dreamcode.datasets.jsonfile import Row, named_file, read_tasks
from dreamcode.errors import InputError
from dreamcode.problems.problem import Problem
from dreamcode.problems.task import Task

_SOURCE = "data/HumanEval.jsonl.gz of openai/human-eval on GitHub"


class HumanEval:
    """Short Python functions with docstrings."""

    name = "humaneval"
    summary = f"164 Python functions to complete; --data with {_SOURCE}"

    def read(self, data: Path | None, release: str | None) -> Iterable[Task]:
        """The problems of a file.

        Raises:
            InputError: there is no file, or it is damaged; names file, line and field.
        """
        return read_tasks(named_file("HumanEval", _SOURCE, data, release), _make_task)

    def describe(self, data: Path | None, release: str | None) -> str:
        """The file."""
        return str(named_file("HumanEval", _SOURCE, data, release))


def _make_task(row: Row) -> Task:
    name = row.id("HumanEval/")
    entry = row.text("entry_point")
    prompt = read_prompt(row, "prompt", entry)
    test = row.text("test")
    tree = row.parse(test, "test")
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if not any(node.name == "check" for node in checks):
        raise InputError(f"{row.where}: test defines no function check; mend or remove the row")
    problem = Problem(
        id=name,
        title=prompt.title,
        statement=prompt.statement,
        starter_code=prompt.starter_code,
        function=entry,
        public_tests=tuple(read_examples(prompt.docstring, entry)),
        given=prompt.given,
    )
    code = f"{test}\n\ncheck({entry})\n"
    return Task(make_exam(problem, prompt.given, [code], free_names(tree, prompt.tree)), row.where)
