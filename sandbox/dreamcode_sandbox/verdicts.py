"""What can be said of a program that ran."""

from enum import StrEnum


class Verdict(StrEnum):
    """How one test, or a whole program, ended.

    A failure of the sandbox itself is never a verdict: it is raised as
    `dreamcode_sandbox.errors.SandboxError`.
    """

    ACCEPTED = "accepted"
    WRONG_ANSWER = "wrong answer"
    RUNTIME_ERROR = "runtime error"
    TIME_LIMIT = "time limit"
    MEMORY_LIMIT = "memory limit"
    OUTPUT_LIMIT = "output limit"
    COMPILE_ERROR = "compile error"
    CHECKER_ERROR = "checker error"
    """The author's checker failed: nothing is known of the output, which counts as not accepted."""
