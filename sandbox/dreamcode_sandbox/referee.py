"""Judges what one program does, test by test, and asks checkers where they decide."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from typing import Protocol, Self

from dreamcode_sandbox.cases import Limits, Test, TestResult
from dreamcode_sandbox.checker import (
    CHECKER_LIMITS,
    checker_program,
    checker_question,
    read_decision,
)
from dreamcode_sandbox.execution import Execution
from dreamcode_sandbox.judge import judge
from dreamcode_sandbox.verdicts import Verdict

_QUICK = 50_000
"""Characters that are compared while the event loop waits."""


class Job(Protocol):
    """A program that can be run on tests."""

    async def execute(self, test: Test) -> Execution:
        """What it does on a test."""
        ...


OpenJob = Callable[[str, Limits], AbstractAsyncContextManager[Job]]


class Referee:
    """Says what executions come to. Checkers are kept at work until the context ends.

    Args:
        open_job: opens a job for a checker's program.
    """

    def __init__(self, open_job: OpenJob) -> None:
        self._open_job = open_job
        self._stack = AsyncExitStack()
        self._checkers: dict[str, Job] = {}

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._stack.__aexit__(*details)  # type: ignore[arg-type]

    async def judge(self, test: Test, execution: Execution) -> TestResult:
        """The result of one test.

        Raises:
            SandboxError: the sandbox failed while a checker ran.
        """
        if len(execution.output) + len(execution.result) > _QUICK:
            result = await asyncio.to_thread(judge, test, execution)
        else:
            result = judge(test, execution)
        checker = test.comparison.checker
        if checker is None or result.verdict is not Verdict.ACCEPTED:
            return result
        job = await self._get_ready(checker_program(checker))
        said = await job.execute(checker_question(test, execution, checker))
        verdict, message = read_decision(checker, said)
        return replace(result, verdict=verdict, error=f"{result.error}\n{message}".strip())

    async def _get_ready(self, program: str) -> Job:
        if program not in self._checkers:
            opened = self._open_job(program, CHECKER_LIMITS)
            self._checkers[program] = await self._stack.enter_async_context(opened)
        return self._checkers[program]
