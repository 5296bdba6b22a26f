"""Whether what a program did is right. Runs on the host; see docs/judging.md for the rules."""

import json

from dreamcode_sandbox.cases import CallTest, StdinTest, Test, TestResult
from dreamcode_sandbox.execution import Execution
from dreamcode_sandbox.texts import same_output
from dreamcode_sandbox.values import read_value, same_value
from dreamcode_sandbox.verdicts import Verdict

_SHOWN = 8_000
_LONGEST_FOREIGN = 100_000
_BEFORE, _AFTER = '{"value": ', "}"
"""What the runner writes around a returned value."""


def judge(test: Test, execution: Execution) -> TestResult:
    """The result of one test, from what the program did on its input.

    Where a checker decides, the verdict is "accepted" if there is something for it to see.
    """
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


def returned_text(result: str) -> str:
    """The JSON of the value that a function returned."""
    return result.removeprefix(_BEFORE).removesuffix(_AFTER)


def shorten(text: str) -> str:
    """`text`, its middle left out where it is long."""
    if len(text) <= _SHOWN:
        return text
    half = _SHOWN // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def _judge_stdin(test: StdinTest, execution: Execution) -> tuple[Verdict, str]:
    if not execution.readable:
        return Verdict.WRONG_ANSWER, "printed bytes that are not UTF-8"
    by = test.comparison
    right = by.kind == "checker" or same_output(execution.output, test.output, by)
    return (Verdict.ACCEPTED if right else Verdict.WRONG_ANSWER), ""


def _judge_call(test: CallTest, result: str) -> tuple[Verdict, str, str]:
    if not result:
        return Verdict.RUNTIME_ERROR, "the program ended before the function returned", ""
    shown, by = returned_text(result), test.comparison
    try:
        if not (result.startswith(_BEFORE) and result.endswith(_AFTER)):
            foreign = json.loads(result[:_LONGEST_FOREIGN])
            return Verdict.WRONG_ANSWER, f"returned {foreign['foreign']}", str(foreign["text"])
        right = by.kind == "checker" or same_value(read_value(shown, test.output), test.output, by)
    except (ValueError, TypeError, KeyError, RecursionError):
        # The program may write on the result's descriptor; it only hurts itself.
        return Verdict.WRONG_ANSWER, "", shown
    return (Verdict.ACCEPTED if right else Verdict.WRONG_ANSWER), "", shown
