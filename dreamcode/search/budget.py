"""Budgets: what a search may spend, and the policy that keeps to it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from dreamcode.policies.policy import Policy, StepAnswer, StepRequest, Usage

Ask = Callable[[StepRequest], Awaitable[StepAnswer]]

LEAST_STEP_TOKENS = 16
"""A function that must fit in fewer tokens is not worth starting."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one search may use; None means no limit. For time see `DeadlinePolicy`.

    Attributes:
        max_tokens: completion tokens.
        max_calls: requests to the policy. A step under way is finished all the same where a
            server needs several requests for it.
    """

    max_tokens: int | None = None
    max_calls: int | None = None


class BudgetExhaustedError(Exception):
    """The budget has no room for a request. A normal end: the search returns its best.

    Attributes:
        limit: what ran out: "tokens", "calls" or "seconds".
    """

    def __init__(self, limit: str) -> None:
        super().__init__(f"budget of {limit} is used up")
        self.limit = limit


class BudgetedPolicy:
    """A policy that keeps to a budget of tokens and calls.

    Room for a request is set aside before it is asked and the unused rest given back after,
    so that requests under way together cannot overdraw. When little is left, a request's
    steps are capped to what is.

    Args:
        policy: who answers.
        budget: what may be spent.

    Attributes:
        spent: what the answers cost so far.
        exhausted: the limit that refused a request, if any did.
    """

    def __init__(self, policy: Policy, budget: Budget) -> None:
        self._policy = policy
        self._budget = budget
        self._reserved = Usage()
        self.spent = Usage()
        self.exhausted: str | None = None

    @property
    def name(self) -> str:
        """The name of the policy underneath."""
        return self._policy.name

    async def propose(self, request: StepRequest) -> StepAnswer:
        """The policy's answer.

        Raises:
            BudgetExhaustedError: there is no room for the request.
        """
        return await self._ask(request, self._policy.propose)

    async def finish(self, request: StepRequest) -> StepAnswer:
        """The policy's answer; its continuations are capped as steps are.

        Raises:
            BudgetExhaustedError: there is no room for the request.
        """
        return await self._ask(request, self._policy.finish)

    async def close(self) -> None:
        """Closes the policy underneath."""
        await self._policy.close()

    async def _ask(self, request: StepRequest, ask: Ask) -> StepAnswer:
        try:
            request = self._fit(request)
            room = Usage(1, 0, len(request.seeds) * request.sampling.max_step_tokens)
            self._reserved += room
            try:
                answer = await ask(request)
            finally:
                self._reserved -= room
        except BudgetExhaustedError as refusal:
            self.exhausted = refusal.limit
            raise
        self.spent += answer.usage
        return answer

    def _fit(self, request: StepRequest) -> StepRequest:
        """The request, its steps capped to the tokens left."""
        used = self.spent + self._reserved
        limits = self._budget
        if limits.max_calls is not None and used.calls >= limits.max_calls:
            raise BudgetExhaustedError("calls")
        if limits.max_tokens is None:
            return request
        wanted = request.sampling.max_step_tokens
        share = (limits.max_tokens - used.completion_tokens) // len(request.seeds)
        if share < min(LEAST_STEP_TOKENS, wanted):
            raise BudgetExhaustedError("tokens")
        sampling = replace(request.sampling, max_step_tokens=min(share, wanted))
        return replace(request, sampling=sampling)


class DeadlinePolicy:
    """A policy that answers only until its time is up.

    It stands below the journal: answers that were journaled before cost no time.

    Args:
        policy: who answers.
        seconds: time from now; None means no limit.
    """

    def __init__(self, policy: Policy, seconds: float | None) -> None:
        self._policy = policy
        self._end = None if seconds is None else time.monotonic() + seconds

    @property
    def name(self) -> str:
        """The name of the policy underneath."""
        return self._policy.name

    async def propose(self, request: StepRequest) -> StepAnswer:
        """The policy's answer.

        Raises:
            BudgetExhaustedError: time is up, or ran out while the policy was writing.
        """
        return await self._ask(request, self._policy.propose)

    async def finish(self, request: StepRequest) -> StepAnswer:
        """The policy's answer.

        Raises:
            BudgetExhaustedError: time is up, or ran out while the policy was writing.
        """
        return await self._ask(request, self._policy.finish)

    async def close(self) -> None:
        """Closes the policy underneath."""
        await self._policy.close()

    async def _ask(self, request: StepRequest, ask: Ask) -> StepAnswer:
        if self._end is None:
            return await ask(request)
        try:
            async with asyncio.timeout(self._end - time.monotonic()):
                return await ask(request)
        except TimeoutError:
            raise BudgetExhaustedError("seconds") from None
