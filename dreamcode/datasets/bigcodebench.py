"""BigCodeBench: functions that use libraries, each with a class of unit tests.

Source: Zhuo et al. 2024, arXiv 2406.15877; https://github.com/bigcode-project/bigcodebench.
The statement is that of the variant "Complete".
"""

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

from dreamcode.datasets.completion import read_prompt
from dreamcode.datasets.harness import free_names, make_exam
from dreamcode.datasets.jsonfile import Row, named_file, read_tasks
from dreamcode.errors import InputError
from dreamcode.problems.problem import Problem
from dreamcode.problems.task import Task
from dreamcode_sandbox.cases import Limits
from dreamcode_sandbox.packages import NAMES

_SOURCE = "BigCodeBench.jsonl.gz of bigcode-project/bigcodebench-annotation on GitHub"
_LIMITS = Limits(seconds=60.0, memory_mb=2048)
_PRESENT = sys.stdlib_module_names | set(NAMES)
"""What programs in the sandbox can import."""

_GIVEN = "import os, sys\nfrom os import environ\n"
"""What the official evaluation puts into the module of program and tests."""

_RUN = """

import unittest as _unittest

_result = _unittest.TestResult()
_unittest.defaultTestLoader.loadTestsFromTestCase(TestCases).run(_result)
for _test, _trace in _result.failures + _result.errors:
    raise AssertionError(f"{_test}: {_trace}")
"""


class BigCodeBench:
    """Functions that use libraries, as far as the sandbox has these."""

    name = "bigcodebench"
    summary = (
        "functions that use libraries, those with the standard library and numpy only; --data "
        f"with {_SOURCE}"
    )

    def read(self, data: Path | None, release: str | None) -> Iterable[Task]:
        """The problems of a file that need no library which the sandbox lacks.

        Raises:
            InputError: there is no file, or it is damaged; names file, line and field.
        """
        path = named_file("BigCodeBench", _SOURCE, data, release)
        return read_tasks(path, _make_task)

    def describe(self, data: Path | None, release: str | None) -> str:
        """The file, and which of its problems are left out."""
        path = named_file("BigCodeBench", _SOURCE, data, release)
        return f"{path} (problems that need no other library than numpy)"


def _make_task(row: Row) -> Task | None:
    name = row.id("BigCodeBench/")
    entry = row.text("entry_point")
    prompt = read_prompt(row, "complete_prompt", entry)
    test = row.text("test")
    tree = row.parse(test, "test")
    if not any(isinstance(node, ast.ClassDef) and node.name == "TestCases" for node in tree.body):
        raise InputError(f"{row.where}: test defines no class TestCases; mend or remove the row")
    if not (imported_modules(prompt.tree) | imported_modules(tree)) <= _PRESENT:
        return None
    given = _GIVEN + prompt.given
    problem = Problem(
        id=name,
        title=prompt.title,
        statement=prompt.statement,
        starter_code=prompt.starter_code,
        function=entry,
        # Nobody has checked the examples, and many depend on chance, time or files.
        limits=_LIMITS,
        given=given,
    )
    needs = free_names(tree, prompt.tree)
    return Task(make_exam(problem, given, [test + _RUN], needs), row.where)


def imported_modules(tree: ast.Module) -> set[str]:
    """The top-level modules that code imports, at whatever depth."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {alias.name.partition(".")[0] for alias in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.partition(".")[0])
    return found
