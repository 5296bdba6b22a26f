"""Searches for many clients at once, with services that all of them share."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dreamcode.problems.problem import Problem
from dreamcode.results import Result
from dreamcode.runs.folder import open_journal
from dreamcode.runs.trace import Trace
from dreamcode.solver import Attempt, Services, attempt_problem


@dataclass(slots=True)
class Progress:
    """How far the search for one request is.

    Attributes:
        trace: its tree and counters; None while it waits for room.
    """

    trace: Trace | None = None

    @property
    def line(self) -> str:
        """The same in words."""
        if self.trace is None:
            return "waiting for other searches"
        return f"{self.trace.tokens:,} tokens written, {self.trace.programs:,} programs run"


class Workshop:
    """Solves what requests state.

    Args:
        services: who does the work, for all requests.
        attempt: how problems are attempted, where a request says nothing else.
        at_once: most searches at a time; others wait.

    Attributes:
        running: searches under way.
        waiting: searches that wait for room.
        done: searches that came to an end.
    """

    def __init__(self, services: Services, attempt: Attempt, at_once: int) -> None:
        self.services, self.attempt = services, attempt
        self.running = self.waiting = self.done = 0
        self._room = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[Result]] = set()

    def begin(
        self, problem: Problem, attempt: Attempt, progress: Progress
    ) -> "asyncio.Task[Result]":
        """Begins a search of its own; cancelling it ends what it has under way. See `close`."""
        task = asyncio.create_task(self._solve(problem, attempt, progress))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def close(self) -> None:
        """Cancels all searches."""
        for task in self._tasks:
            task.cancel()

    async def _solve(self, problem: Problem, attempt: Attempt, progress: Progress) -> Result:
        """The result; the journal, which tells how far it is, is gone with the search.

        Raises:
            InputError: the search cannot do with the problem.
            InfrastructureError: the policy, the reward model or the disk failed.
            SandboxError: the sandbox failed.
        """
        self.waiting += 1
        try:
            await self._room.acquire()
        finally:
            self.waiting -= 1
        self.running += 1
        try:
            progress.trace = Trace(problem.function)
            with (
                TemporaryDirectory(prefix="dreamcode-") as folder,
                open_journal(Path(folder)) as journal,
            ):
                journal.listen(progress.trace.feed)
                result = await attempt_problem(problem, self.services, attempt, journal)
        finally:
            self.running -= 1
            self._room.release()
        self.done += 1
        return result
