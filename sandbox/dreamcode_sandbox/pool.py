"""Several runners at work at once: who gets which, and what happens when one dies."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from dreamcode_sandbox.cases import Limits, Report, StdinTest, Test, TestResult
from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.execution import (
    MARGIN,
    Execution,
    make_question,
    make_series,
    read_compile_answer,
    read_run_answer,
)
from dreamcode_sandbox.gate import Gate
from dreamcode_sandbox.protocol import (
    Backend,
    Conversation,
    RunnerDiedError,
    sense_expected,
)
from dreamcode_sandbox.referee import Referee
from dreamcode_sandbox.verdicts import Verdict

_TRIES = 3
_START_SECONDS = 180.0
_COMPILE_SECONDS = 400.0
_MARGIN_SECONDS = 60.0
_MOST_MEMORY_MB = 3072
_GROWTH = 4
_SHARED_BYTES = 1 << 20
Done = TypeVar("Done")
Judge = Callable[[Test, Execution], Awaitable[TestResult]]
_FAREWELL_SECONDS, _HURRIED_SECONDS = 30.0, 0.7


class Pool:
    """Runs programs on up to `workers` runners of one backend. Implements `Sandbox`."""

    def __init__(
        self, backend: Backend, workers: int, on_event: Callable[[str], None] = lambda _: None
    ) -> None:
        self._backend = backend
        self.on_event = on_event
        self._places = asyncio.Semaphore(workers)
        self._idle: list[_Runner] = []
        self._runners: set[_Runner] = set()
        self.gate = Gate()
        self.facts: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """What isolates the programs, for people."""
        return self._backend.name

    @property
    def python(self) -> str:
        """The version of Python that programs run on, as in "3.13"; known once it is warm."""
        return ".".join(self.facts["python"].split(".")[:2])

    @property
    def weaknesses(self) -> list[str]:
        """What this sandbox does not keep programs from, for people; known once it is warm."""
        lacking = {
            "filtered": "nothing holds programs back from files they may write, from the network "
            "and from starting processes: run none of strangers",
            "walled": "this kernel has no Landlock: programs can read files of the machine",
            "own_user": "programs run as this user, held by system call filter and Landlock alone",
        }
        if self.name != "plain process":
            return []
        return [what for fact, what in lacking.items() if not self.facts[fact]]

    async def run(
        self,
        program: str,
        tests: Sequence[Test],
        limits: Limits = Limits(),
        *,
        stop_at_first_failure: bool = False,
    ) -> Report:
        """Runs `program` on every test and judges what it did. See `Sandbox.run`."""
        results = []
        verdict = Verdict.ACCEPTED
        async with self._job(program, limits) as job, Referee(self._work) as referee:
            if not tests:
                verdict = await job.compile() or verdict
            async for result in job.results(tests, referee.judge):
                results.append(result)
                if verdict is Verdict.ACCEPTED:
                    verdict = result.verdict
                failed = verdict is not Verdict.ACCEPTED
                if verdict is Verdict.COMPILE_ERROR or (failed and stop_at_first_failure):
                    break
        return Report(verdict, tuple(results), len(tests))

    async def execute(self, program: str, stdin: str, limits: Limits = Limits()) -> Execution:
        """Runs `program` once on `stdin` and returns what it did, unjudged.

        Raises:
            SandboxError: the sandbox itself failed.
        """
        async with self._job(program, limits) as job:
            return await job.execute(StdinTest(stdin, ""))

    async def warm_up(self) -> None:
        """Starts a first runner, so that trouble shows at once.

        Raises:
            SandboxError: it could not be started.
        """
        async with self._job("", Limits()) as job:
            await job.runner()

    async def close(self) -> None:
        """Ends every runner."""
        runners, self._runners = list(self._runners), set()
        self._idle.clear()
        await _not_for_long(
            asyncio.gather(*(runner.kill() for runner in runners), return_exceptions=True)
        )
        await self._backend.close()

    @asynccontextmanager
    async def _job(self, program: str, limits: Limits) -> AsyncIterator["_Job"]:
        _check(limits)
        async with self._places, self._work(program, limits) as job:
            yield job

    @asynccontextmanager
    async def _work(self, program: str, limits: Limits) -> AsyncIterator["_Job"]:
        """A job on a runner of its own, for whoever has a place already."""
        job = _Job(self, program, limits)
        try:
            yield job
        except BaseException:
            # Cancelled or broken in the middle of a question: its answer would come later.
            await job.give_up()
            raise
        job.give_back()

    async def take_runner(self, *, new: bool = False) -> "_Runner":
        """An idle runner, or a new one: where none is idle, or `new` asks for it."""
        if self._idle and not new:
            return self._idle.pop()
        runner = _Runner(Conversation(await self._backend.start()))
        self._runners.add(runner)
        try:
            self.facts = await runner.talk.hear(_START_SECONDS)
        except RunnerDiedError as error:
            await self.drop_runner(runner)
            raise SandboxError(
                f"A runner ({self.name}) did not start: {error}.", "Type: dreamcode doctor"
            ) from error
        except BaseException:
            await self.drop_runner(runner)
            raise
        return runner

    def return_runner(self, runner: "_Runner") -> None:
        """Makes `runner` available to others."""
        if runner in self._runners:
            self._idle.append(runner)

    async def drop_runner(self, runner: "_Runner") -> None:
        """Ends `runner` for good."""
        self._runners.discard(runner)
        await _not_for_long(runner.kill())


class _Runner:
    """A runner and the program it has compiled."""

    def __init__(self, talk: Conversation) -> None:
        self.talk = talk
        self.program: str | None = None
        self.compile_failure: Execution | None = None

    async def load(self, program: str) -> None:
        if self.program == program:
            return
        self.program = None
        question = {"ask": "load", "program": program}
        answer = await self.talk.ask(question, _COMPILE_SECONDS)
        with sense_expected():
            self.compile_failure = read_compile_answer(answer)
        self.program = program

    async def kill(self) -> None:
        await self.talk.connection.kill()


class _Job:
    """One program on one runner at a time; repeats what a dying runner did not finish."""

    def __init__(self, pool: Pool, program: str, limits: Limits) -> None:
        self._pool = pool
        self._program = program
        self._limits = limits
        self._runner: _Runner | None = None
        self._slow_alone = False

    async def runner(self, *, new: bool = False) -> _Runner:
        if self._runner is None:
            self._runner = await self._pool.take_runner(new=new)
        return self._runner

    async def execute(self, test: Test) -> Execution:
        async with self._pool.gate.together():
            margin = 1.0 if self._slow_alone else MARGIN
            execution = await self._persist(partial(self._attempt, test=test, margin=margin))
        if execution.doubtful and not self._slow_alone:
            # Perhaps the machine was at fault: only what happens alone counts.
            async with self._pool.gate.alone():
                execution = await self._persist(partial(self._attempt, test=test))
            self._slow_alone = execution.verdict is Verdict.TIME_LIMIT
        return execution

    async def results(self, tests: Sequence[Test], judge: Judge) -> AsyncIterator[TestResult]:
        """What becomes of each test, in order.

        The first tests share a child, more of them each time. From the first one that is not
        accepted there, each has a child of its own: nothing of another test may fail it.
        """
        done, together = 0, 1
        while done < len(tests):
            group = _share(tests[done:], together)
            executions = await self._execute_series(group) if group else []
            for number, (test, execution) in enumerate(zip(group, executions, strict=False)):
                result = await judge(test, execution)
                if number and result.verdict is not Verdict.ACCEPTED:
                    break
                yield result
                done += 1
            else:
                if len(executions) == len(group) > 0:
                    together *= _GROWTH
                    continue
            together = 0
            if done < len(tests):
                yield await judge(tests[done], await self.execute(tests[done]))
                done += 1

    async def _execute_series(self, tests: Sequence[Test]) -> list[Execution]:
        """What the program did on the first tests, as far as it went well with all in one child."""
        async with self._pool.gate.together():
            return await self._persist(partial(self._attempt_series, tests=tests))

    async def compile(self) -> Verdict | None:
        """What is wrong with the program before it runs on anything; None if nothing is."""
        async with self._pool.gate.together():
            return (await self._persist(partial(self._attempt, test=None))).verdict

    async def _persist(self, attempt: Callable[["_Runner"], Awaitable[Done]]) -> Done:
        """What an attempt comes to, on as many runners as it takes."""
        failure = ""
        for trial in range(_TRIES):
            # What killed one runner may have killed the idle ones too: try again on a new one.
            runner = await self.runner(new=trial > 0)
            try:
                return await attempt(runner)
            except RunnerDiedError as error:
                failure = str(error)
                self._pool.on_event(f"a runner died and is replaced: {failure}")
                await self.give_up()
        raise SandboxError(
            f"{_TRIES} runners ({self._pool.name}) died of one program; the last: {failure}.",
            "Type: dreamcode doctor",
        )

    async def _attempt(self, runner: _Runner, test: Test | None, margin: float = 1.0) -> Execution:
        await runner.load(self._program)
        if test is None or runner.compile_failure is not None:
            return runner.compile_failure or Execution(None)
        question = make_question(test, self._limits, margin)
        answer = await runner.talk.ask(question, question["patience"] + _MARGIN_SECONDS)
        with sense_expected():
            return read_run_answer(answer, self._limits)

    async def _attempt_series(self, runner: _Runner, tests: Sequence[Test]) -> list[Execution]:
        question = make_series(tests, self._limits)
        if runner.program != self._program:
            runner.program, runner.compile_failure = None, None
            question["program"] = self._program  # compiled on the way
        elif runner.compile_failure is not None:
            return []
        answer = await runner.talk.ask(question, question["patience"] + _MARGIN_SECONDS)
        with sense_expected():
            if answer["answers"]:
                runner.program = self._program
            return [read_run_answer(one, self._limits) for one in answer["answers"]]

    async def give_up(self) -> None:
        if self._runner is not None:
            runner, self._runner = self._runner, None
            with contextlib.suppress(Exception):
                await self._pool.drop_runner(runner)

    def give_back(self) -> None:
        if self._runner is not None:
            self._pool.return_runner(self._runner)


def _share(tests: Sequence[Test], most: int) -> Sequence[Test]:
    """The first tests, as many as may share a child: their inputs are small together."""
    size = 0
    for number, test in enumerate(tests[:most]):
        try:
            size += len(test.input) if isinstance(test, StdinTest) else len(repr(test.arguments))
        except ValueError:  # an integer of too many digits is no JSON, and refused as such
            return tests[: max(1, number)]
        if size > _SHARED_BYTES:
            return tests[:number]
    return tests[:most]


async def _not_for_long(farewell: Awaitable[Any]) -> None:
    """Waits for runners to end: least where this task was cancelled, as by Ctrl-C.

    An engine may be frozen; its containers end as soon as it hears that we have hung up.
    """
    task = asyncio.current_task()
    hurried = task is not None and task.cancelling()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_HURRIED_SECONDS if hurried else _FAREWELL_SECONDS):
            await farewell


def _check(limits: Limits) -> None:
    if limits.seconds <= 0 or limits.memory_mb <= 0 or limits.output_mb <= 0:
        raise SandboxError(f"Limits must be positive: {limits}.", "Raise them.")
    if limits.memory_mb > _MOST_MEMORY_MB:
        raise SandboxError(
            f"A memory limit of {limits.memory_mb} MiB is more than a runner has.",
            f"Use at most {_MOST_MEMORY_MB} MiB.",
        )
