"""Reads a problem from wherever the user has it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from dreamcode.errors import InputError, shown
from dreamcode.files import read_standard_input, read_text
from dreamcode.problems.assemble import Material, assemble
from dreamcode.problems.casefiles import read_tests
from dreamcode.problems.comparing import compare_exam, compare_tests
from dreamcode.problems.exam import Exam
from dreamcode.problems.folder import read_file, read_folder
from dreamcode.problems.front_matter import FrontMatter
from dreamcode.problems.livecodebench import read_row
from dreamcode.problems.problem import Problem
from dreamcode.problems.rows import parse_row, read_lines
from dreamcode.problems.signature import find_signature
from dreamcode_sandbox.comparison import Comparison


def read_exam(
    source: str | Path, tests: Path | None = None, comparison: Comparison | None = None
) -> Exam:
    """A problem, and the hidden tests that come with it.

    Args:
        source: a problem file (any text; see `front_matter` and `samples`), a problem
            folder, a `.json` file with one LiveCodeBench row, a `.jsonl` file of rows
            (`rows.jsonl#question_id` picks one of several), or "-" for standard input.
        tests: a JSON file or folder of tests; they replace all public tests found elsewhere.
        comparison: how answers are compared; None leaves that to the source.

    Raises:
        InputError: the source or the tests cannot be used; one line with the remedy.
    """
    if str(source) == "-":
        text = read_standard_input("a problem's statement")
        if (row := _json_object(text)) is not None:
            return _exam_of_row(row, tests, comparison)
        name = "standard input"
        return assemble(Material(name, text, Path(), FrontMatter(id="stdin")), tests, comparison)
    try:
        path, question = _split_question(str(source))
        is_folder = path.is_dir()
    except OSError as error:  # a name too long, a folder that may not be entered
        raise InputError(f"{shown(str(source))}: no such file ({error.strerror}).") from None
    if is_folder:
        return assemble(read_folder(path, tests_given=tests is not None), tests, comparison)
    if path.suffix == ".jsonl":
        return _exam_of_row(_pick_row(path, question), tests, comparison)
    if path.suffix == ".json":
        return _exam_of_row(_only_row(path), tests, comparison)
    return assemble(read_file(path), tests, comparison)


def read_problem(
    source: str | Path, tests: Path | None = None, comparison: Comparison | None = None
) -> Problem:
    """A problem without its hidden tests: all that search and selection may know. See `read_exam`.

    Raises:
        InputError: the source or the tests cannot be used; one line with the remedy.
    """
    return read_exam(source, tests, comparison).problem


def _split_question(source: str) -> tuple[Path, str | None]:
    """The path and the question picked after "#", if there is one."""
    file, mark, question = source.rpartition("#")
    if mark and file.endswith(".jsonl") and not Path(source).exists():
        return Path(file), question
    return Path(source), None


def _exam_of_row(row: dict[str, Any], tests: Path | None, comparison: Comparison | None) -> Exam:
    exam = compare_exam(read_row(row), comparison)
    if tests is None:
        return exam
    signature = find_signature(exam.problem.starter_code, exam.problem.function)
    public = compare_tests(read_tests(tests, signature), exam.problem.comparison)
    return replace(exam, problem=replace(exam.problem, public_tests=public))


def _json_object(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _only_row(path: Path) -> dict[str, Any]:
    text = read_text(path)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error}); one LiveCodeBench row is wanted.") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: {shown(value)} is not one LiveCodeBench row (a JSON object).")
    return value


def _pick_row(path: Path, question: str | None) -> dict[str, Any]:
    """The row of one question, or the only one."""
    needle = (question or "").encode("utf-8", "surrogatepass")  # most lines need no parsing
    rows = (parse_row(line, where) for where, _, line in read_lines(path) if needle in line)
    if question is not None:
        rows = (row for row in rows if row.get("question_id") == question)
    first = next(rows, None)
    if first is None:
        wanted = "no row" if question is None else f"no row with question_id {question!r}"
        raise InputError(f"{path}: {wanted}; check the file or the id.")
    if question is None and next(rows, None) is not None:
        raise InputError(
            f"{path}: holds several rows; pick one by its question_id, as in "
            f"{path}#{first.get('question_id', 'ID')}."
        )
    return first
