"""LiveCodeBench's checker, re-stated: what its verdicts mean and what they cost.

Source: LiveCodeBench's lcb_runner (compute_code_generation_metrics and testing_util), as read in
2026; the code is our own. Every program gets a manager and a process of its own, in which it is
executed with `exec` once for each test, standard input and output replaced, under an alarm.
"""

import ast
import io
import multiprocessing
import signal
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from decimal import Decimal, InvalidOperation
from types import ModuleType
from typing import Any
from unittest.mock import patch

from dreamcode_sandbox import StdinTest, Test

SECONDS = 6
PRELUDE = """
import sys, time, itertools, string, re, datetime, collections, heapq, bisect, copy, math, random
import statistics, functools, operator, io, json
from itertools import *
from functools import *
from collections import *
from heapq import *
from bisect import *
from math import *
from typing import *
from builtins import *
sys.setrecursionlimit(50000)
"""


def check(program: str, tests: Sequence[Test]) -> bool:
    """Whether the program passes every test, in a process of its own."""
    manager = multiprocessing.Manager()
    verdicts = manager.list()
    process = multiprocessing.Process(target=_run, args=(program, list(tests), verdicts))
    process.start()
    process.join((SECONDS + 1) * len(tests) + 5)
    if process.is_alive():
        process.kill()
    found = list(verdicts)
    manager.shutdown()
    return len(found) == 1 and bool(found[0])


def _run(program: str, tests: list[Test], verdicts: Any) -> None:
    _guard()
    signal.signal(signal.SIGALRM, _too_late)
    try:
        verdicts.append(all(_passes(program, test) for test in tests))
    except BaseException:
        verdicts.append(False)


def _passes(program: str, test: Test) -> bool:
    signal.alarm(SECONDS)
    try:
        if isinstance(test, StdinTest):
            return _lines_agree(_print(program, test.input), test.output)
        return bool(_call(program, test.function, list(test.arguments)) == test.output)
    except BaseException:
        return False
    finally:
        signal.alarm(0)


def _print(program: str, given: str) -> str:
    """What the program prints: wrapped into a function, without its `__main__` guard."""
    tree = ast.parse(program)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.If) and "__name__" in ast.unparse(last.test):
        tree.body[-1:] = last.body
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    others = [node for node in tree.body if node not in imports]
    body = "\n".join(map(ast.unparse, imports)) + "\ndef wrapped_function():\n"
    lines = "\n".join(map(ast.unparse, others)) or "pass"
    body += "\n".join("    " + line for line in lines.split("\n"))
    module = ModuleType("program")
    exec(PRELUDE + body, module.__dict__)
    standard_input = io.StringIO(given)
    # The official replacement of stdin has a buffer whose read gives everything at once.
    standard_input.buffer = io.BytesIO(given.encode())  # type: ignore[misc]
    out = io.StringIO()
    with patch.object(sys, "stdin", standard_input), redirect_stdout(out), suppress(SystemExit):
        module.wrapped_function()
    return out.getvalue()


def _call(program: str, function: str, arguments: list[Any]) -> Any:
    module = ModuleType("program")
    exec(PRELUDE + program, module.__dict__)
    owner = module.Solution() if "class Solution" in program else module
    found = getattr(owner, function)(*arguments)
    return list(found) if isinstance(found, tuple) else found


def _lines_agree(printed: str, expected: str) -> bool:
    one, other = (
        [line.strip() for line in text.strip().split("\n")] for text in (printed, expected)
    )
    if len(one) != len(other):
        return False
    for ours, theirs in zip(one, other, strict=True):
        if ours == theirs:
            continue
        numbers, wanted = _decimals(ours), _decimals(theirs)
        if numbers is None or wanted is None or numbers != wanted:
            return False
    return True


def _decimals(line: str) -> list[Decimal] | None:
    try:
        return [Decimal(word) for word in line.split()]
    except InvalidOperation:
        return None


def _guard() -> None:
    """Takes away what a careless program could do harm with, as the official runner does."""
    import builtins
    import os
    import shutil
    import subprocess

    for name in ("kill", "system", "remove", "removedirs", "rmdir", "unlink", "rename", "fork"):
        setattr(os, name, None)
    for name in ("rmtree", "move", "chown"):
        setattr(shutil, name, None)
    subprocess.Popen = None  # type: ignore[misc,assignment]
    builtins.quit = None  # type: ignore[assignment]
    builtins.exit = None  # type: ignore[assignment]


def _too_late(*_: object) -> None:
    raise TimeoutError
