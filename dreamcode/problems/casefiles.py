"""Tests kept in files: a JSON list, or a folder of inputs and outputs."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dreamcode.errors import InputError, shown
from dreamcode.files import read_bytes, read_text
from dreamcode.problems.signature import Signature
from dreamcode.problems.testcases import make_call, make_test
from dreamcode_sandbox.cases import StdinTest, Test
from dreamcode_sandbox.comparison import Comparison

_ANSWERS = (".out", ".ans", ".a")
CompareBy = Callable[[Path], Comparison]
"""How the answer to an input file is compared."""

_FORMS = "{input, output} or {arguments, output}"


def read_tests(path: Path, signature: Signature | None) -> tuple[Test, ...]:
    """Tests from a JSON file or a folder of `*.in` with `*.out` or `*.ans`.

    Args:
        path: the JSON file (a list of `{input, output[, testtype]}` or
            `{arguments, output}`) or the folder.
        signature: the function tests call; None for programs that read standard input.

    Raises:
        InputError: the tests are missing, malformed, or do not fit the signature.
    """
    if not path.is_dir():
        return _read_json(path, signature)
    inputs = sorted(path.rglob("*.in"), key=natural_order)
    if not inputs:
        raise InputError(f"{path}: no tests in it; put 1.in and 1.out there, or give a JSON file.")
    return read_pairs(inputs, signature)


def read_list(tests: Iterable[Any], signature: Signature | None, where: str) -> tuple[Test, ...]:
    """Tests that are JSON values already.

    Args:
        tests: objects as `read_tests` finds them in a file.
        signature: the function tests call; None for programs that read standard input.
        where: what to call the list in errors.

    Raises:
        InputError: one of them is malformed, or does not fit the signature.
    """
    return tuple(
        _read_object(test, signature, f"{where}, test {number}")
        for number, test in enumerate(tests, start=1)
    )


def read_pairs(
    inputs: Iterable[Path], signature: Signature | None, compare_by: CompareBy | None = None
) -> tuple[Test, ...]:
    """A test for each input file, its answer beside it under the same name.

    Raises:
        InputError: an answer is missing, or a test does not fit the signature.
    """
    tests = [(path, _read_pair(path, signature)) for path in inputs]
    if compare_by is None:
        return tuple(test for _, test in tests)
    return tuple(replace(test, comparison=compare_by(path)) for path, test in tests)


def natural_order(path: Path) -> tuple[list[str | int], ...]:
    """Sorts 2.in before 10.in, folder by folder."""
    return tuple(
        [int(piece) if at % 2 else piece for at, piece in enumerate(re.split(r"(\d+)", part))]
        for part in path.parts
    )


def _read_pair(path: Path, signature: Signature | None) -> Test:
    answers = [path.with_suffix(suffix) for suffix in _ANSWERS]
    answer = next((candidate for candidate in answers if candidate.is_file()), None)
    if answer is None:
        raise InputError(f"{path}: no {path.stem}.out or {path.stem}.ans beside it; add one.")
    given, expected = (_decode(file) for file in (path, answer))
    return make_test(given, expected, signature, str(path))


def _decode(path: Path) -> str:
    """A test file's exact text; unlike a statement it may be empty."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start}); tests must be text.") from None


def _read_json(path: Path, signature: Signature | None) -> tuple[Test, ...]:
    try:
        tests = json.loads(read_text(path, "a list of tests"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); a list of {_FORMS} is wanted.") from None
    if not isinstance(tests, list):
        raise InputError(f"{path}: {shown(tests)} is not a list of {_FORMS}.")
    return read_list(tests, signature, str(path))


def _read_object(test: Any, signature: Signature | None, where: str) -> Test:
    match test:
        case {"arguments": arguments, "output": output}:
            return make_call(arguments, output, signature, where)
        case {"input": str(given), "output": str(expected), "testtype": "stdin"}:
            return StdinTest(given, expected)
        case {"input": str(given), "output": str(expected)}:
            if test.get("testtype", "functional") != "functional":
                raise InputError(f"{where}: testtype is not one of stdin, functional.")
            if "testtype" in test and signature is None:
                raise InputError(f"{where}: functional, but the problem names no function.")
            return make_test(given, expected, signature, where)
    raise InputError(f"{where}: {shown(test)} is not {_FORMS} (input and output as strings).")
