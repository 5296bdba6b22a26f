"""Limits: what a search may spend, and the policy that is held to them."""

import asyncio
import time
from dataclasses import dataclass, replace

from dreamcode.policies.policy import Answer, Policy, Request, Usage

LEAST_TOKENS = 16
"""A function that must fit in fewer tokens is not worth starting."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one search may use; None means as much as it likes.

    Attributes:
        tokens: completion tokens.
        calls: requests to the policy. A step under way is finished all the same where a
            server needs several requests for it.
        seconds: seconds of time, earlier sessions of the same run included.
    """

    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None


class LimitReachedError(Exception):
    """There is no room for a request. A normal end: the search returns its best.

    Attributes:
        limit: what ran out: "tokens", "calls" or "seconds".
    """

    def __init__(self, limit: str) -> None:
        super().__init__(f"the limit of {limit} is reached")
        self.limit = limit


class LimitedPolicy:
    """A policy that is held to limits.

    Room for a request is set aside before it is asked and the unused rest given back after,
    so that requests under way together cannot overdraw. When few tokens are left, a request's
    samples are capped to what is.

    It stands above the journal. Answers from there count as tokens and calls, so that a resumed
    run decides as the first one did; they take no time, and so they come even when time is up.

    Args:
        policy: who answers.
        limits: what may be used.
        seconds: seconds that were used before.

    Attributes:
        spent: what the answers cost so far.
        exhausted: the limit that refused a request, if any did.
    """

    def __init__(self, policy: Policy, limits: Limits, seconds: float = 0.0) -> None:
        self._policy = policy
        self._limits = limits
        self._end = None
        if limits.seconds is not None:
            self._end = time.monotonic() + limits.seconds - seconds
        self._reserved = Usage()
        self.spent = Usage()
        self.exhausted: str | None = None

    @property
    def name(self) -> str:
        """The name of the policy underneath."""
        return self._policy.name

    async def write(self, request: Request) -> Answer:
        """The policy's answer.

        Raises:
            LimitReachedError: there is no room for the request, or time ran out meanwhile.
        """
        try:
            request = self._fit(request)
            room = Usage(1, 0, len(request.seeds) * request.sampling.max_step_tokens)
            self._reserved += room
            try:
                answer = await self._ask(request)
            finally:
                self._reserved -= room
        except LimitReachedError as refusal:
            self.exhausted = refusal.limit
            raise
        self.spent += answer.usage
        return answer

    async def close(self) -> None:
        """Closes the policy underneath."""
        await self._policy.close()

    async def _ask(self, request: Request) -> Answer:
        if self._end is None:
            return await self._policy.write(request)
        try:
            # An answer that is there already comes before any time-out, however late it is.
            async with asyncio.timeout(self._end - time.monotonic()):
                return await self._policy.write(request)
        except TimeoutError:
            raise LimitReachedError("seconds") from None

    def _fit(self, request: Request) -> Request:
        """The request, its samples capped to the tokens left."""
        used = self.spent + self._reserved
        limits = self._limits
        if limits.calls is not None and used.calls >= limits.calls:
            raise LimitReachedError("calls")
        if limits.tokens is None:
            return request
        wanted = request.sampling.max_step_tokens
        share = (limits.tokens - used.completion_tokens) // len(request.seeds)
        if share < min(LEAST_TOKENS, wanted):
            raise LimitReachedError("tokens")
        sampling = replace(request.sampling, max_step_tokens=min(share, wanted))
        return replace(request, sampling=sampling)
