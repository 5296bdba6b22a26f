"""Limits: what a search may spend, and the policy that is held to them."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from dreamcode.errors import DiskError, InfrastructureError
from dreamcode.policies.policy import Answer, Policy, Request, Usage, step_tokens_of, wave_of
from dreamcode.prompting import Grain

T = TypeVar("T")

LEAST_TOKENS = 16
"""A function that must fit in fewer tokens is not worth starting."""

PROGRAM_TOKENS = 32_768
"""Set aside for a whole program, thinking included, where nobody says what it may take."""


LIMIT_FLAGS = {
    "tokens": "--max-tokens",
    "calls": "--max-calls",
    "seconds": "--max-seconds",
    "dollars": "--max-cost",
}
"""What a user sets each limit by."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one search may use; None means as much as it likes.

    Attributes:
        tokens: completion tokens.
        calls: requests to the policy. A sample that is begun is finished all the same where a
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
        super().__init__(f"the limit of {describe_limit(limit)} is reached")
        self.limit = limit


class SampleFailedError(NoSampleError):
    """The policy could not give this sample, while it gave others."""


@dataclass(slots=True)
class _Room:
    """What is set aside for a sample.

    Attributes:
        tokens: most that it may take.
        place: equal for samples that could share a call.
        call: the same for samples that share one.
        moment: when it was set aside.
    """

    tokens: int
    place: Hashable
    call: object
    moment: int


class LimitedPolicy:
    """A policy that is held to limits.

    Room for a request is set aside before it is asked and the unused rest given back after,
    so that requests under way together cannot overdraw. Who finds too little room waits while
    others are under way, and the last is capped to what is left. Requests for the same text in
    the same moment share a call, so together they take the room of one; a policy for which they
    do not says so by `Request.leave` before it asks, and is given room for another call.

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
        self._under_way: Counter[object] = Counter()
        self._open: dict[Hashable, object] = {}  # the calls that others of the moment can share
        self._settled = Usage()  # of the answers whose room was given back
        self._samples = 0  # that cost so much
        self._between = 0  # samples that left a call and wait for another
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

        async def leave(*, alone: bool) -> None:
            await self._leave(room, alone=alone)

        is_bounded = self._limits.tokens is not None
        request = replace(request, room=room.tokens if is_bounded else request.room, leave=leave)
        try:
            answer = await self._in_time(self._policy.write(request))
            usage = answer.usage
            self.spent += usage
            self._answered = True
            if answer.alone:
                self._close(room)
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
        wanted = request.sampling.max_step_tokens or PROGRAM_TOKENS
        if request.until == "step" and request.sampling.max_step_tokens is None:
            wanted = step_tokens_of(self._policy)

        def place() -> Hashable:
            # Those that may take less tokens than others cannot share a call with them.
            asked = request.prefix, request.head, request.feedback, request.until
            return *asked, min(wanted, self._left)

        while lacking := self._lacking(self._open.get(place()), wanted):
            if not self._under_way and not self._between:
                raise LimitReachedError(lacking)
            await self._freed.wait()
        room = _Room(int(min(wanted, self._left)), place(), object(), self._moment)
        self._enter(room)
        self._reserved += room.tokens
        return room

    async def _leave(self, room: _Room, *, alone: bool) -> None:
        """Finds room for another call; the tokens stay as they are."""
        self._close(room)
        self._under_way -= Counter([room.call])
        room.call = object()  # no call of anybody's
        self._between += 1
        try:
            await asyncio.sleep(0)  # lets all leave who are about to
            self._wake()
            while self._lacks_calls(None if alone else self._open.get(room.place)):
                if not self._under_way:
                    raise LimitReachedError("calls")
                await self._freed.wait()
        finally:
            self._between -= 1
        self._enter(room)
        if alone:
            self._close(room)

    def _enter(self, room: _Room) -> None:
        """Counts a call, or a part in one that others of this moment have room for."""
        if not self._is_moment_open:
            self._is_moment_open = True
            # All who are about to ask come before that.
            asyncio.get_running_loop().call_soon(self._end_moment)
        room.moment = self._moment
        room.call = self._open.setdefault(room.place, room.call)
        self._under_way[room.call] += 1

    def _close(self, room: _Room) -> None:
        """Lets nobody else into the call of this room."""
        if self._open.get(room.place) is room.call:
            del self._open[room.place]

    @property
    def _left(self) -> float:
        """Tokens that are neither taken nor set aside."""
        most = math.inf if self._limits.tokens is None else self._limits.tokens
        return most - self._settled.completion_tokens - self._reserved

    def _lacking(self, call: object, wanted: int) -> str | None:
        """The limit that leaves too little for a sample of `call` now."""
        if self._lacks_calls(call):
            return "calls"
        if self._is_too_dear():
            return "dollars"
        least = wanted if self._under_way or self._between else min(wanted, LEAST_TOKENS)
        return "tokens" if self._left < least else None

    def _lacks_calls(self, call: object) -> bool:
        most = self._limits.calls
        calls = self._settled.calls + len(self._under_way)
        return most is not None and calls >= most and call not in self._under_way

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
        self._open.clear()
        leaving, self._leaving = self._leaving, []
        self._give_back(leaving)

    def _give_back(self, leaving: Sequence[tuple[_Room, Usage]]) -> None:
        """Frees the room of those that leave; all who wait look again."""
        for room, usage in leaving:
            self._reserved -= room.tokens
            self._under_way -= Counter([room.call])
            self._settled += usage
            self._samples += 1
        self._wake()

    def _wake(self) -> None:
        self._freed.set()
        self._freed = asyncio.Event()


def describe_limit(limit: str) -> str:
    """A limit, and the flag that sets it if there is one."""
    flag = LIMIT_FLAGS.get(limit)
    return f"{limit} ({flag})" if flag else limit
