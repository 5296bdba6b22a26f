"""Whether what a program did is right. Runs on the host; see docs/sandbox.md for the rules."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from dreamcode_sandbox.cases import CallTest, StdinTest, Test, TestResult
from dreamcode_sandbox.execution import Execution
from dreamcode_sandbox.verdicts import Verdict

_SHOWN = 8_000
_LONGEST_INT = 100_000


def judge(test: Test, execution: Execution) -> TestResult:
    """The result of one test, from what the program did on its input."""
    verdict, remark, shown = execution.verdict, "", execution.output
    if isinstance(test, CallTest):
        shown = ""
        if verdict is None:
            verdict, remark, shown = _judge_call(test, execution.result)
    elif verdict is None:
        verdict, remark = _judge_stdin(test, execution)
    return TestResult(
        verdict,
        output=shorten(shown),
        error=f"{execution.error}\n{remark}".strip(),
        cpu_seconds=execution.cpu_seconds,
        wall_seconds=execution.wall_seconds,
    )


def same_output(printed: str, expected: str) -> bool:
    """Whether two outputs are the same to LiveCodeBench.

    Both are stripped and cut at line feeds, the lines stripped; there must be as many, and
    each must be equal as text or as a list of decimal numbers. No tolerance.
    Source: LiveCodeBench, lcb_runner/evaluation/testing_util.py, `grade_stdio`.
    """
    left, right = _lines(printed), _lines(expected)
    return len(left) == len(right) and all(map(_same_line, left, right))


def same_value(returned: Any, expected: Any) -> bool:
    """Whether a returned JSON value equals the expected one: Python's `==`.

    So `1 == true` and `2 == 2.0` hold, `0.1 + 0.2 == 0.3` does not, NaN equals nothing.
    """
    if isinstance(expected, tuple):
        expected = list(expected)
    return bool(returned == expected)


def shorten(text: str) -> str:
    """`text`, its middle left out where it is long."""
    if len(text) <= _SHOWN:
        return text
    half = _SHOWN // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def _judge_stdin(test: StdinTest, execution: Execution) -> tuple[Verdict, str]:
    if not execution.readable:
        return Verdict.WRONG_ANSWER, "printed bytes that are not UTF-8"
    right = same_output(execution.output, test.output)
    return (Verdict.ACCEPTED if right else Verdict.WRONG_ANSWER), ""


def _judge_call(test: CallTest, result: str) -> tuple[Verdict, str, str]:
    if not result:
        return Verdict.RUNTIME_ERROR, "the program ended before the function returned", ""
    try:
        answer = json.loads(result, parse_int=_parse_int)
        if "foreign" in answer:
            return Verdict.WRONG_ANSWER, f"returned {answer['foreign']}", str(answer["text"])
        right = same_value(answer["value"], test.output)
    except (ValueError, TypeError, KeyError, RecursionError):
        # The program may write on the result's descriptor; it only hurts itself.
        return Verdict.WRONG_ANSWER, "the result is no JSON", result
    shown = result.removeprefix('{"value": ').removesuffix("}")
    return (Verdict.ACCEPTED if right else Verdict.WRONG_ANSWER), "", shown


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _same_line(left: str, right: str) -> bool:
    if left == right:
        return True
    try:
        return [Decimal(word) for word in left.split()] == [Decimal(word) for word in right.split()]
    except InvalidOperation:  # not a number, or a signalling NaN, which may not be compared
        return False


def _parse_int(digits: str) -> int | float:
    """An integer of any size; Python's own conversion stops at 4,300 digits."""
    try:
        return int(digits)
    except ValueError:
        # Longer than this no expected value is: NaN, which equals nothing.
        return int(Decimal(digits)) if len(digits) <= _LONGEST_INT else float("nan")
