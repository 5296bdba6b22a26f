"""Limits: what a search may spend, and the policy that is held to them."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import TypeVar

from dreamcode.errors import InfrastructureError
from dreamcode.policies.policy import Answer, Policy, Request, Usage
from dreamcode.prompting import Grain

T = TypeVar("T")

LEAST_TOKENS = 16
"""A function that must fit in fewer tokens is not worth starting."""

PROGRAM_TOKENS = 8192
"""Set aside for a whole program, thinking included, where nobody says what it may take."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one search may use; None means as much as it likes.

    Attributes:
        tokens: completion tokens.
        calls: requests to the policy. A step under way is finished all the same where a
            server needs several requests for it.
        seconds: time, earlier sessions of the same run included.
    """

    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None


class NoSampleError(Exception):
    """A sample is not to be had. A normal end: the search goes on with what it has."""


class LimitReachedError(NoSampleError):
    """There is no room for a request.

    Attributes:
        limit: what ran out: "tokens", "calls" or "seconds".
    """

    def __init__(self, limit: str) -> None:
        super().__init__(f"the limit of {limit} is reached")
        self.limit = limit


class SampleFailedError(NoSampleError):
    """The policy could not give this sample, while it gave others."""


class LimitedPolicy:
    """A policy that is held to limits.

    Room for a request is set aside before it is asked and the unused rest given back after,
    so that requests under way together cannot overdraw. Who finds too little room waits while
    others are under way, and the last is capped to what is left. Requests for the same text
    share a call, so together they take the room of one.

    It stands above the journal. Answers from there count as tokens and calls, so that a resumed
    run decides as the first one did; they take no time, and so they come even when time is up.

    Args:
        policy: who answers.
        limits: what may be used.
        seconds: time that was used before.

    Attributes:
        spent: what the answers cost so far.
        exhausted: the limit that refused a request, if any did.
        failures: why samples failed for good, one message per sample.
    """

    def __init__(self, policy: Policy, limits: Limits, seconds: float = 0.0) -> None:
        self._policy = policy
        self._limits = limits
        self._end = None
        if limits.seconds is not None:
            self._end = time.monotonic() + limits.seconds - seconds
        self._reserved = 0
        self._under_way: Counter[tuple[str, Grain]] = Counter()
        self._freed = asyncio.Event()
        self.spent = Usage()
        self.exhausted: str | None = None
        self.failures: list[str] = []

    @property
    def name(self) -> str:
        """The name of the policy underneath."""
        return self._policy.name

    @property
    def grain(self) -> Grain:
        """That of the policy underneath."""
        return self._policy.grain

    async def write(self, request: Request) -> Answer:
        """The policy's answer.

        Raises:
            LimitReachedError: there is no room for the request, or time ran out meanwhile.
            SampleFailedError: the policy failed, after it had given other samples.
            InfrastructureError: the policy failed and has given nothing at all.
        """
        try:
            return await self._write(request)
        except LimitReachedError as refusal:
            self.exhausted = refusal.limit
            raise
        except InfrastructureError as error:
            if not self.spent.calls:
                raise
            self.failures.append(str(error))
            raise SampleFailedError(str(error)) from error

    async def close(self) -> None:
        """Closes the policy underneath."""
        await self._policy.close()

    async def _write(self, request: Request) -> Answer:
        place = request.prefix, request.until
        room = await self._in_time(self._find_room(request))
        self._reserved += room
        self._under_way[place] += 1
        if self._limits.tokens is not None:
            request = replace(request, room=room)
        try:
            answer = await self._in_time(self._policy.write(request))
            self.spent += answer.usage
            return answer
        finally:
            self._reserved -= room
            self._under_way -= Counter([place])
            self._freed.set()
            self._freed = asyncio.Event()

    async def _in_time(self, work: Awaitable[T]) -> T:
        if self._end is None:
            return await work
        try:
            # An answer that is there already comes before any time-out, however late it is.
            async with asyncio.timeout(self._end - time.monotonic()):
                return await work
        except TimeoutError:
            raise LimitReachedError("seconds") from None

    async def _find_room(self, request: Request) -> int:
        """Tokens that the sample may take."""
        limits, sampling = self._limits, request.sampling
        calls = self.spent.calls + len(self._under_way)
        is_shared = (request.prefix, request.until) in self._under_way
        if limits.calls is not None and calls >= limits.calls and not is_shared:
            raise LimitReachedError("calls")
        wanted = sampling.step_tokens
        if request.until != "step" and sampling.max_step_tokens is None:
            wanted = PROGRAM_TOKENS
        if limits.tokens is None:
            return wanted
        while True:
            left = limits.tokens - self.spent.completion_tokens - self._reserved
            if left >= wanted or (not self._reserved and left >= LEAST_TOKENS):
                return min(left, wanted)
            if not self._reserved:
                raise LimitReachedError("tokens")
            await self._freed.wait()
