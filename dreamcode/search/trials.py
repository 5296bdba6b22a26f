"""What programs do: on public tests, on inputs of our own making, and inside."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dreamcode.chain.imports import run_before
from dreamcode.concurrency import together
from dreamcode.inputs.behaviour import name_behaviour, observe
from dreamcode.inputs.tracing import Traced, trace
from dreamcode.problems import Problem
from dreamcode.results import (
    Outcome,
    Program,
    PublicTest,
    show_outcome,
    show_test,
    summarise_report,
)
from dreamcode_sandbox.cases import Report, Sandbox, Test
from dreamcode_sandbox.verdicts import Verdict

MakeInputs = Callable[[], Awaitable[Sequence[Test]]]
"""Makes the inputs that programs are compared on."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The first public test that a program fails.

    Attributes:
        test: the test in words.
        outcome: what the program did.
        error: the end of its standard error, the traceback last; "" if none.
    """

    test: PublicTest
    outcome: Outcome
    error: str


class Trials:
    """Runs programs for whoever weighs them, none twice on the same.

    Args:
        problem: the problem; its public tests are looked at.
        sandbox: where programs run on public tests; None does not even compile them.
        observing: where they run on inputs of our own making.
        make_inputs: makes these; asked once, and only when one is needed.
    """

    def __init__(
        self,
        problem: Problem,
        sandbox: Sandbox | None,
        observing: Sandbox,
        make_inputs: MakeInputs,
    ) -> None:
        self._problem = problem
        self._sandbox = sandbox
        self._observing = observing
        self._make_inputs = make_inputs
        self._inputs: Sequence[Test] | None = None
        self._reports: dict[str, Report] = {}
        self._behaviours: dict[str, str | None] = {}

    @property
    def tested(self) -> bool:
        """Whether there are public tests."""
        return bool(self._problem.public_tests)

    @property
    def has_inputs(self) -> bool:
        """Whether inputs of our own were made, and there are some."""
        return bool(self._inputs)

    async def test(self, programs: Sequence[Program]) -> list[Program]:
        """The programs with what the public tests said of them.

        Where there are none, it is said of a program that does not compile, and of no other.
        """
        return await together(map(self._test, programs))

    def find_failure(self, program: Program) -> Failure | None:
        """How a program that was tested fails; None if it does not."""
        report = self._reports.get(self._text(program))
        tests = self._problem.public_tests
        for test, result in zip(tests, report.results if report else (), strict=False):
            if result.verdict is not Verdict.ACCEPTED:
                return Failure(show_test(test), show_outcome(result), result.error)
        return None

    async def observe(self, programs: Sequence[Program]) -> list[Program]:
        """The programs with the names of what they do on inputs of our own."""
        inputs = await self._find_inputs() if programs else ()
        return await together(self._observe(program, inputs) for program in programs)

    async def trace(
        self, program: Program, probes: Mapping[str, Sequence[str]]
    ) -> dict[str, Traced]:
        """What implementations do where a program calls them; see `dreamcode.inputs.tracing`."""
        inputs = await self._find_inputs()
        text, limits = self._text(program), self._problem.limits
        return await trace(self._observing, text, probes, inputs, limits)

    async def _test(self, program: Program) -> Program:
        if self._sandbox is None:
            return program
        tests, text = self._problem.public_tests, self._text(program)
        report = self._reports.get(text)
        if report is None:
            report = await self._sandbox.run(text, tests, self._problem.limits)
            self._reports[text] = report
        public, outcomes = summarise_report(report)
        if not tests and public.accepted:
            return program
        return replace(program, public=public, outcomes=outcomes)

    async def _observe(self, program: Program, inputs: Sequence[Test]) -> Program:
        if not inputs:
            return program
        text, limits = self._text(program), self._problem.limits
        if text not in self._behaviours:
            done = await observe(self._observing, text, inputs, limits)
            self._behaviours[text] = name_behaviour(done)
        return replace(program, behaviour=self._behaviours[text])

    async def _find_inputs(self) -> Sequence[Test]:
        if self._inputs is None:
            self._inputs = await self._make_inputs()
        return self._inputs

    def _text(self, program: Program) -> str:
        return run_before(self._problem.given, program.text)
