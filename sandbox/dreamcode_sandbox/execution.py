"""What a program did on one input, before anybody judges whether it was right."""

from dataclasses import asdict, dataclass
from typing import Any

from dreamcode_sandbox.cases import CallTest, Limits, StdinTest, Test
from dreamcode_sandbox.verdicts import Verdict

_OUT_OF_MEMORY = 137
_SIGKILL, _SIGXCPU, _SIGXFSZ = -9, -24, -25
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
        stopped_by_clock: it was stopped because it took long without using CPU time.
    """

    verdict: Verdict | None
    output: str = ""
    error: str = ""
    result: str = ""
    readable: bool = True
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    stopped_by_clock: bool = False


def make_question(test: Test, limits: Limits) -> dict[str, Any]:
    """What the runner is asked for one test. The expected output is not part of it."""
    wall = 2 * limits.seconds + 5
    question: dict[str, Any] = {
        "ask": "run",
        "cpu": limits.seconds,
        "wall": wall,
        "patience": 30 * wall,
        "memory": limits.memory_mb << 20,
        "output": limits.output_mb << 20,
        "names": limits.names == "livecodebench",
    }
    match test:
        case StdinTest():
            question["stdin"] = test.input
        case CallTest():
            question["call"] = {
                "function": test.function,
                "arguments": list(test.arguments),
                "form": None if test.form is None else asdict(test.form),
            }
    return question


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
        stopped_by_clock=answer["stopped"] == "wall",
    )


def _classify(answer: dict[str, Any], limits: Limits) -> tuple[Verdict | None, str]:
    status, stopped = answer["status"], answer["stopped"]
    timed_out = stopped or status == _SIGXCPU or answer["cpu"] > limits.seconds
    # Nobody but the kernel, short of memory, kills a job that had time left.
    if status == _OUT_OF_MEMORY or (status == _SIGKILL and not timed_out):
        return Verdict.MEMORY_LIMIT, f"more than {limits.memory_mb} MiB"
    if answer["overflow"] or status == _SIGXFSZ:
        return Verdict.OUTPUT_LIMIT, f"more than {limits.output_mb} MiB printed"
    if timed_out:
        kind = "wall" if stopped == "wall" else "CPU"
        return Verdict.TIME_LIMIT, f"stopped after {answer[kind.lower()]:.1f} s of {kind} time"
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
