"""How a checker is asked about an output: as a program in the sandbox, like any other."""

import json
import re
from functools import lru_cache
from importlib import resources

from dreamcode_sandbox.cases import CallTest, Limits, Test
from dreamcode_sandbox.comparison import Checker
from dreamcode_sandbox.execution import Execution
from dreamcode_sandbox.judge import returned_text
from dreamcode_sandbox.verdicts import Verdict

CHECKER_LIMITS = Limits(seconds=10.0, memory_mb=2048, output_mb=64)

_ACCEPTED, _REJECTED = 42, 43
_WORDS = {
    **dict.fromkeys(("accepted", "ac", "ok", "yes", "right", "correct", "true"), True),
    **dict.fromkeys(("wrong", "wa", "no", "incorrect", "false", "rejected"), False),
}
_FUNCTION = "dreamcode_check"


@lru_cache(maxsize=16)
def checker_program(checker: Checker) -> str:
    """The program that a checker becomes; its function answers `checker_question`."""
    inside = resources.files(__package__).joinpath("checker_inside.py").read_text("utf-8")
    parts = (checker.name, checker.source, checker.modules)
    return f"{inside}\n\ndef {_FUNCTION}(question):\n    return check(*{parts!r}, question)\n"


def checker_question(test: Test, execution: Execution, checker: Checker) -> CallTest:
    """What a checker is asked about what a program did: to be executed, not to be judged."""
    if isinstance(test, CallTest):
        lines = [json.dumps(argument) for argument in test.arguments]
        question = {
            "input": "[" + ", ".join(lines) + "]",
            "answer": json.dumps(test.output),
            "output": returned_text(execution.result),
        }
    else:
        question = {"input": test.input, "answer": test.output, "output": execution.output}
    values = isinstance(test, CallTest)
    whole = question | {"values": values, "arguments": list(checker.arguments)}
    return CallTest(_FUNCTION, (whole,), None)


def read_decision(checker: Checker, execution: Execution) -> tuple[Verdict, str]:
    """The verdict, and what the checker says about it, or what is wrong with the checker."""
    if execution.verdict is not None or not execution.result:
        last = execution.error.strip().rpartition("\n")[2] or "it ended early"
        lines = re.findall(rf'File "{re.escape(checker.name)}", line (\d+)', execution.error)
        where = f"{checker.name}, line {lines[-1]}," if lines else checker.name
        return Verdict.CHECKER_ERROR, f"{where} failed ({execution.verdict or 'no answer'}): {last}"
    found = json.loads(returned_text(execution.result))
    code, right, message = found["code"], found["right"], found["message"].strip()
    if code in (_ACCEPTED, _REJECTED):
        right = code == _ACCEPTED
    elif code:
        return Verdict.CHECKER_ERROR, (
            f"{checker.name} left with exit status {code}: {_ACCEPTED} accepts, {_REJECTED} rejects"
        )
    elif right is None:
        words = execution.output.strip().rpartition("\n")[2].lower().split()
        right = _WORDS.get(words[0].strip(".:,!")) if words else None
    if right is None:
        return Verdict.CHECKER_ERROR, (
            f"{checker.name} said nothing: let it leave with {_ACCEPTED} or {_REJECTED}, print "
            "'accepted' or 'wrong answer' last, or define check(input, expected, output)"
        )
    return (Verdict.ACCEPTED if right else Verdict.WRONG_ANSWER), message
