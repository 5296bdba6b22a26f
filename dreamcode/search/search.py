"""What a search is given and what it gives back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Policy, Sampling, StepAnswer, StepRequest
from dreamcode.problems import Problem
from dreamcode.search.budget import BudgetExhaustedError


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What every search takes.

    Attributes:
        n: finished programs wanted.
        sampling: how the policy samples.
        seed: the run's seed.
        max_steps: longest chain; a program that is not finished by then is dropped.
    """

    n: int = 16
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    max_steps: int = 24


class Search(Protocol):
    """Grows drafts of a program with a policy. Knows no tests."""

    async def __call__(
        self, problem: Problem, policy: Policy, options: SearchOptions
    ) -> list[Draft]:
        """The finished drafts, in the order of their sample numbers.

        A budget that runs out is a normal end: what is finished is returned.

        Raises:
            InfrastructureError: the policy failed.
        """
        ...


async def propose_all(policy: Policy, requests: Sequence[StepRequest]) -> list[StepAnswer | None]:
    """Asks for all `requests` at once; None where the budget had no room.

    The first failure cancels the others and is raised.
    """

    async def propose(request: StepRequest) -> StepAnswer | None:
        try:
            return await policy.propose(request)
        except BudgetExhaustedError:
            return None

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(propose(request)) for request in requests]
    except* Exception as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
