"""Calls with literal arguments and a literal result: in doctests and in assertions."""

import ast
import doctest
import math
import warnings
from typing import Any

from dreamcode_sandbox.cases import CallTest


def read_examples(docstring: str, function: str) -> list[CallTest]:
    """The examples `>>> function(arguments)` of a docstring that JSON can say.

    Examples after the first that changes something (an assignment, an import, another call
    without a result) are left out: they may depend on it. A tuple is said only as the whole result,
    where the sandbox lets it equal a list.
    """
    try:
        examples = doctest.DocTestParser().get_examples(docstring)
    except ValueError:  # one of them is indented in a way that doctest does not read
        return []
    found: list[CallTest] = []
    for example in examples:
        code = _parse(example.source)
        if not isinstance(code, ast.Expr):
            break
        call = _arguments(code.value, function)
        if call is None and not example.want:
            break
        want = _parse(example.want) if example.exc_msg is None and not example.options else None
        if call is not None and isinstance(want, ast.Expr):
            found += _make_test(function, call, want.value)
    return found


def asserted(code: ast.AST, function: str) -> list[CallTest]:
    """The assertions `assert function(...) == literal` of test code, as tests."""
    found: list[CallTest] = []
    for node in ast.walk(code):
        match node:
            case ast.Assert(
                test=ast.Compare(left=call, ops=[ast.Eq() | ast.Is()], comparators=[result])
            ):
                arguments = _arguments(call, function)
                if arguments is not None:
                    found += _make_test(function, arguments, result)
    return found


def _parse(text: str) -> ast.stmt | None:
    """The only statement of a text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if len(body) == 1 else None


def _arguments(node: ast.expr, function: str) -> list[Any] | None:
    """The values of a call's arguments; None if it calls something else, or by name."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name == function:
            try:
                return [ast.literal_eval(argument) for argument in arguments]
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                return [...]  # a call, but no JSON can say of what
    return None


def _make_test(function: str, arguments: list[Any], result: ast.expr) -> list[CallTest]:
    """The test in a list, which is empty if JSON cannot say it."""
    try:
        output = ast.literal_eval(result)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return []
    if isinstance(output, tuple):
        output = list(output)
    if not (_is_json(arguments) and _is_json(output)):
        return []
    return [CallTest(function, tuple(arguments), output)]


def _is_json(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, bool | int | str)
