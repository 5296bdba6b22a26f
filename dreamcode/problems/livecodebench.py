"""LiveCodeBench rows: one JSON object per problem, in the data set's own columns."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from dreamcode.errors import InputError, shown
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.packed import unpack_string
from dreamcode.problems.problem import Problem
from dreamcode.problems.sampling import check_starter_code
from dreamcode.problems.signature import find_signature
from dreamcode_sandbox.cases import CallTest, Limits, StdinTest, Test

OFFICIAL_LIMITS = Limits(seconds=6.0, names="livecodebench")
"""What the official evaluation allows a test; it does not limit memory."""

_KINDS = ("stdin", "functional")


def read_row(row: Mapping[str, Any]) -> Exam:
    """A row as a problem and its hidden tests, which stay packed until they are opened.

    Args:
        row: `question_id`, `question_content` and `public_test_cases` are required;
            `question_title`, `starter_code`, `private_test_cases` and `metadata` may lack.

    Raises:
        InputError: a field is missing or malformed; names the question and the field.
    """
    question = _text(row, "question_id", "a LiveCodeBench row", required=True)
    name = f"question {question}"
    starter_code = _text(row, "starter_code", name)
    function = _function(row, starter_code, name)
    public = _text(row, "public_test_cases", name, required=True)
    private = _text(row, "private_test_cases", name)
    problem = Problem(
        id=question,
        title=_text(row, "question_title", name) or question,
        statement=_text(row, "question_content", name, required=True).replace("\r\n", "\n"),
        starter_code=starter_code,
        function=function,
        public_tests=_read_tests(public, function, f"{name}: public_test_cases"),
        limits=OFFICIAL_LIMITS,
    )
    where = f"{name}: private_test_cases"
    return Exam(problem, HiddenTests(partial(_read_tests, private, function, where)))


def _text(row: Mapping[str, Any], field: str, name: str, *, required: bool = False) -> str:
    value = row.get(field)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        problem = "is missing" if value is None else f"is {shown(value)}, not a string"
        raise InputError(f"{name}: field {field!r} {problem}; see the data set's columns.")
    return value


def _function(row: Mapping[str, Any], starter_code: str, name: str) -> str | None:
    metadata = _json(_text(row, "metadata", name) or "{}", f"{name}: metadata")
    if not isinstance(metadata, dict):
        raise InputError(f"{name}: metadata is {shown(metadata)}, not a JSON object.")
    function = metadata.get("func_name")
    if function is not None and not isinstance(function, str):
        raise InputError(f"{name}: metadata.func_name is {shown(function)}, not a string.")
    if function is None:
        check_starter_code(starter_code, name)
        if signature := find_signature(starter_code):
            return signature.name
    return function


def _read_tests(text: str, function: str | None, where: str) -> tuple[Test, ...]:
    """Tests from a JSON list, plain or packed.

    Raises:
        InputError: the tests are neither, or a test lacks what it needs.
    """
    if not text:
        return ()
    if not text.lstrip().startswith("["):
        try:
            text = unpack_string(text)
        except ValueError as error:
            raise InputError(f"{where}: {error}; nothing in it was executed.") from None
    tests = _json(text, where)
    if not isinstance(tests, list):
        raise InputError(f"{where}: {shown(tests)} is not a list of tests.")
    return tuple(
        _read_test(test, function, f"{where}, test {number}")
        for number, test in enumerate(tests, start=1)
    )


def _read_test(test: Any, function: str | None, where: str) -> Test:
    match test:
        case {"input": str(given), "output": str(expected), "testtype": "stdin"}:
            return StdinTest(given, expected)
        case {"input": str(given), "output": str(expected), "testtype": "functional"}:
            if function is None:
                raise InputError(f"{where}: functional, but metadata has no func_name.")
            arguments = tuple(_json(line, where) for line in given.split("\n") if line.strip())
            return CallTest(function, arguments, _json(expected, where))
    raise InputError(
        f"{where}: {shown(test)} lacks input and output as strings, or a testtype that is "
        f"one of {', '.join(_KINDS)}."
    )


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{where}: {shown(text)} is not JSON.") from None
