"""What goes into the sandbox and what comes out: tests, limits, results."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from dreamcode_sandbox.comparison import Comparison
from dreamcode_sandbox.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class StdinTest:
    """The program reads `input` from standard input and must print `output`."""

    input: str
    output: str
    comparison: Comparison = Comparison()


@dataclass(frozen=True, slots=True)
class CallForm:
    """What the JSON values of a call stand for, where that is not themselves.

    A kind is "ListNode", "TreeNode", one of these in brackets for a list of them, "value" for
    the value of a tree's node, or "" for JSON as it is.

    Attributes:
        arguments: the kind of each argument.
        answer: the kind of the answer.
        changed: which argument, as the call leaves it, is the answer; None: what is returned.
    """

    arguments: tuple[str, ...]
    answer: str = ""
    changed: int | None = None


@dataclass(frozen=True, slots=True)
class CallTest:
    """`function(*arguments)` must return `output`; all three are JSON values.

    When the program has a `class Solution`, `function` names one of its methods.
    """

    function: str
    arguments: tuple[Any, ...]
    output: Any
    comparison: Comparison = Comparison()
    form: CallForm | None = None


Test = StdinTest | CallTest


Names = Literal["none", "livecodebench"]
"""What a program finds imported already: nothing, or what LiveCodeBench puts before every one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one test may use.

    Attributes:
        seconds: CPU seconds. Wall time is bounded too, but generously, so that a busy
            machine does not change a verdict.
        memory_mb: address space beyond the warm interpreter, in MiB.
        output_mb: bytes printed, in MiB.
        names: whose imports it finds made already.
    """

    seconds: float = 6.0
    memory_mb: int = 1024
    output_mb: int = 16
    names: Names = "none"


@dataclass(frozen=True, slots=True)
class TestResult:
    """What one test did.

    Attributes:
        verdict: how it ended.
        output: what the program printed, or the JSON of what the function returned;
            long ones are shortened in the middle.
        error: the end of the program's standard error, the traceback last; "" if none.
        cpu_seconds: CPU time used.
        wall_seconds: time that passed.
    """

    __test__ = False  # not a test class, whatever pytest thinks of the name

    verdict: Verdict
    output: str = ""
    error: str = ""
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """A program's results, in the order of its tests (fewer if stopped at a failure).

    Attributes:
        verdict: accepted if every test was, else that of the first test that was not.
        results: one entry per test that ran. For a compile error: one entry.
        tests: how many tests there were.
    """

    verdict: Verdict
    results: tuple[TestResult, ...]
    tests: int

    @property
    def passed(self) -> int:
        """How many tests were accepted."""
        return sum(result.verdict is Verdict.ACCEPTED for result in self.results)


class Sandbox(Protocol):
    """A place where programs run. See `dreamcode_sandbox.open_sandbox`."""

    @property
    def name(self) -> str:
        """What isolates the programs, for people: "docker", "bubblewrap", "plain process"."""
        ...

    @property
    def python(self) -> str:
        """The version of Python that programs run on, as in "3.13"."""
        ...

    async def run(
        self,
        program: str,
        tests: Sequence[Test],
        limits: Limits = Limits(),
        *,
        stop_at_first_failure: bool = False,
    ) -> Report:
        """Runs `program` on every test and judges what it did; without tests it is compiled.

        Raises:
            SandboxError: the sandbox itself failed; never a verdict.
        """
        ...
