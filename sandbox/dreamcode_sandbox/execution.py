"""What a program did on one input, before anybody judges whether it was right."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dreamcode_sandbox.cases import Limits, StdinTest, Test
from dreamcode_sandbox.verdicts import Verdict

MARGIN = 1.25
"""How much more CPU time than the limit a program gets at first, to see how near it comes."""

_SIGNALS = {-4: "SIGILL", -6: "SIGABRT", -7: "SIGBUS", -8: "SIGFPE", -11: "SIGSEGV"}


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a program on one input.

    Attributes:
        verdict: why it counts as failed whatever it printed; None if it ended normally.
        output: what it printed, cut at the limit.
        error: the end of its standard error, the traceback last.
        result: the JSON object that says what the function returned; "" for stdin programs.
        readable: whether all of `output` was UTF-8.
        cpu_seconds: CPU time used.
        wall_seconds: time that passed.
        doubtful: a quiet machine might have led to another end: it used little more CPU time
            than the limit, or was stopped because it took long without using any.
    """

    verdict: Verdict | None
    output: str = ""
    error: str = ""
    result: str = ""
    readable: bool = True
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    doubtful: bool = False


def make_question(test: Test, limits: Limits, margin: float) -> dict[str, Any]:
    """What the runner is asked for one test. The expected output is not part of it.

    Args:
        test: gives the input.
        limits: what the program may use.
        margin: by how much it is stopped later than the limit of CPU time.
    """
    wall = 2 * limits.seconds + 5
    return {"ask": "run", **_bounds(limits.seconds * margin, wall, limits), **_given(test)}


def make_series(tests: Sequence[Test], limits: Limits) -> dict[str, Any]:
    """What the runner is asked for several tests at once.

    All together may take an eighth of what one may: what takes longer gains nothing by it, and
    little is lost with what never ends.
    """
    seconds = limits.seconds / 8
    given = [_given(test) for test in tests]
    return {"ask": "series", "tests": given, **_bounds(seconds, 2 * seconds + 1, limits)}


def _bounds(seconds: float, wall: float, limits: Limits) -> dict[str, Any]:
    return {
        "cpu": seconds,
        "wall": wall,
        "patience": 30 * wall,
        "memory": limits.memory_mb << 20,
        "output": limits.output_mb << 20,
        "names": limits.names == "livecodebench",
    }


def _given(test: Test) -> dict[str, Any]:
    if isinstance(test, StdinTest):
        return {"stdin": test.input}
    call = {
        "function": test.function,
        "arguments": list(test.arguments),
        "form": None if test.form is None else asdict(test.form),
    }
    return {"call": call}


def read_compile_answer(answer: dict[str, Any]) -> Execution | None:
    """What went wrong when the program was compiled; None if nothing did."""
    if answer["status"] == 0 and not answer["stopped"]:
        return None
    error = answer["error"] or f"the compiler did not survive the program ({_how(answer)})"
    return Execution(
        Verdict.COMPILE_ERROR,
        error=error,
        cpu_seconds=answer["cpu"],
        wall_seconds=answer["wall"],
    )


def read_run_answer(answer: dict[str, Any], limits: Limits) -> Execution:
    """What the program did, from the runner's answer.

    Where several things went wrong the first of these is named: memory, output, time, error.
    """
    output, readable = answer.get("output"), True
    if output is None:
        import base64

        output = base64.b64decode(answer["bytes"]).decode("utf-8", "backslashreplace")
        readable = False
    verdict, remark = _classify(answer, limits)
    error = answer["error"]
    if remark:
        error = f"{error.rstrip()}\n{remark}".lstrip()
    return Execution(
        verdict,
        output=output,
        error=error,
        result=answer["result"],
        readable=readable,
        cpu_seconds=answer["cpu"],
        wall_seconds=answer["wall"],
        doubtful=verdict is Verdict.TIME_LIMIT and answer["stopped"] != "cpu",
    )


def _classify(answer: dict[str, Any], limits: Limits) -> tuple[Verdict | None, str]:
    status, stopped = answer["status"], answer["stopped"]
    # No exit status is looked at here, nor a signal: a program may end with any of them.
    if answer["out_of_memory"]:
        return Verdict.MEMORY_LIMIT, f"more than {limits.memory_mb} MiB"
    if answer["overflow"]:
        return Verdict.OUTPUT_LIMIT, f"more than {limits.output_mb} MiB printed"
    if stopped or answer["cpu"] > limits.seconds:
        kind = "wall" if stopped == "wall" else "CPU"
        how = "stopped after" if stopped else "took"
        return Verdict.TIME_LIMIT, f"{how} {answer[kind.lower()]:.1f} s of {kind} time"
    if status:
        return Verdict.RUNTIME_ERROR, "" if status == 1 else _how(answer)
    return None, ""


def _how(answer: dict[str, Any]) -> str:
    status = answer["status"]
    if answer["stopped"]:
        return f"stopped after {answer['wall']:.1f} s"
    if status == -11:
        return "killed by SIGSEGV: most often a recursion too deep for the stack"
    if status < 0:
        return f"killed by {_SIGNALS.get(status, f'signal {-status}')}"
    return f"exit status {status}"
