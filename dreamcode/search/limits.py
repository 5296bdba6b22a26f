"""Limits: what a search may spend, and the policy that is held to them."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from dreamcode.errors import DiskError, InfrastructureError
from dreamcode.policies.policy import Answer, Policy, Request, Usage, wave_of
from dreamcode.prompting import Grain

T = TypeVar("T")

LEAST_TOKENS = 16
"""A function that must fit in fewer tokens is not worth starting."""

PROGRAM_TOKENS = 32_768
"""Set aside for a whole program, thinking included, where nobody says what it may take."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one search may use; None means as much as it likes.

    Attributes:
        tokens: completion tokens.
        calls: requests to the policy. A step under way is finished all the same where a
            server needs several requests for it.
        seconds: seconds of time, earlier sessions of the same run included.
        dollars: what the answers may cost, as far as their prices are known. Begun is only what
            costs no more than is left, if it costs what the mean sample did.
    """

    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None
    dollars: float | None = None


class NoSampleError(Exception):
    """A sample is not to be had. A normal end: the search goes on with what it has."""


class LimitReachedError(NoSampleError):
    """There is no room for a request.

    Attributes:
        limit: what ran out: "tokens", "calls", "seconds" or "dollars".
    """

    def __init__(self, limit: str) -> None:
        super().__init__(f"the limit of {limit} is reached")
        self.limit = limit


class SampleFailedError(NoSampleError):
    """The policy could not give this sample, while it gave others."""


@dataclass(frozen=True, slots=True)
class _Room:
    """What is set aside for a sample.

    Attributes:
        tokens: most that it may take.
        call: the same for samples that share a call.
        moment: when it was set aside.
    """

    tokens: int
    call: Hashable
    moment: int


class LimitedPolicy:
    """A policy that is held to limits.

    Room for a request is set aside before it is asked and the unused rest given back after,
    so that requests under way together cannot overdraw. Who finds too little room waits while
    others are under way, and the last is capped to what is left. Requests for the same text in
    the same moment share a call, so together they take the room of one.

    It stands above the journal. Answers from there count as tokens and calls, and so that a
    resumed run decides as the first one did, even an answer that is there at once gives its room
    back only after the moment in which others ask. They take no time, and so they come even when
    time is up.

    Args:
        policy: who answers.
        limits: what may be used.
        seconds: seconds that were used before.

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
        self._under_way: Counter[Hashable] = Counter()
        self._settled = Usage()  # of the answers whose room was given back
        self._samples = 0  # that cost so much
        self._moment = 0
        self._is_moment_open = False
        self._leaving: list[tuple[_Room, Usage]] = []  # when the moment ends
        self._freed = asyncio.Event()
        self._answered = False
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

    @property
    def wave(self) -> int:
        """That of the policy underneath."""
        return wave_of(self._policy)

    async def write(self, request: Request) -> Answer:
        """The policy's answer.

        Raises:
            LimitReachedError: there is no room for the request, or time ran out meanwhile.
            DiskError: the answer cannot be put on record.
            SampleFailedError: the policy failed, but has given other samples.
            InfrastructureError: the policy failed, and neither has it given anything nor will
                requests under way.
        """
        try:
            return await self._write(request)
        except LimitReachedError as refusal:
            self.exhausted = refusal.limit
            raise
        except DiskError:
            raise
        except InfrastructureError as error:
            self.failures.append(str(error))
            while self._under_way and not self._answered:
                await self._freed.wait()
            if not self._answered:
                raise
            raise SampleFailedError(str(error)) from error

    async def close(self) -> None:
        """Closes the policy underneath."""
        await self._policy.close()

    async def _write(self, request: Request) -> Answer:
        # Needs no time limit: those that are waited for have one.
        room = await self._find_room(request)
        usage = Usage()
        if self._limits.tokens is not None:
            request = replace(request, room=room.tokens)
        try:
            answer = await self._in_time(self._policy.write(request))
            usage = answer.usage
            self.spent += usage
            self._answered = True
            return answer
        finally:
            if room.moment == self._moment:
                self._leaving.append((room, usage))
            else:
                self._give_back([(room, usage)])

    async def _in_time(self, work: Awaitable[T]) -> T:
        if self._end is None:
            return await work
        try:
            # An answer that is there already comes before any time-out, however late it is.
            async with asyncio.timeout(self._end - time.monotonic()):
                return await work
        except TimeoutError:
            raise LimitReachedError("seconds") from None

    async def _find_room(self, request: Request) -> _Room:
        """Sets room aside as soon as there is enough."""
        wanted = request.sampling.step_tokens
        if request.until != "step" and request.sampling.max_step_tokens is None:
            wanted = PROGRAM_TOKENS
        call: Hashable = request.prefix, request.until, self._moment
        while lacking := self._lacking(call, wanted):
            if not self._under_way:
                raise LimitReachedError(lacking)
            await self._freed.wait()
            call = object()  # that of the others has left
        room = _Room(int(min(wanted, self._left)), call, self._moment)
        if not self._is_moment_open:
            self._is_moment_open = True
            # All who are about to ask come before that.
            asyncio.get_running_loop().call_soon(self._end_moment)
        self._reserved += room.tokens
        self._under_way[call] += 1
        return room

    @property
    def _left(self) -> float:
        """Tokens that are neither taken nor set aside."""
        most = math.inf if self._limits.tokens is None else self._limits.tokens
        return most - self._settled.completion_tokens - self._reserved

    def _lacking(self, call: Hashable, wanted: int) -> str | None:
        """The limit that leaves too little for a sample of `call` now."""
        most = self._limits.calls
        calls = self._settled.calls + len(self._under_way)
        if most is not None and calls >= most and call not in self._under_way:
            return "calls"
        if self._is_too_dear():
            return "dollars"
        least = wanted if self._under_way else min(wanted, LEAST_TOKENS)
        return "tokens" if self._left < least else None

    def _is_too_dear(self) -> bool:
        most, spent = self._limits.dollars, self._settled.dollars or 0.0
        if most is None:
            return False
        under_way = self._under_way.total()
        if not self._samples:
            return under_way > 0  # what a sample costs is known when the first is there
        return spent + spent / self._samples * (under_way + 1) > most

    def _end_moment(self) -> None:
        self._moment += 1
        self._is_moment_open = False
        leaving, self._leaving = self._leaving, []
        self._give_back(leaving)

    def _give_back(self, leaving: Sequence[tuple[_Room, Usage]]) -> None:
        """Frees the room of those that leave; all who wait look again."""
        for room, usage in leaving:
            self._reserved -= room.tokens
            self._under_way -= Counter([room.call])
            self._settled += usage
            self._samples += 1
        self._freed.set()
        self._freed = asyncio.Event()
