"""From a problem to a solution: search, run what was found, choose."""

import asyncio
from dataclasses import dataclass

from dreamcode.policies.policy import Policy, Usage
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation, aggregate
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.budget import Budget, BudgetedPolicy
from dreamcode.search.search import OnPrune, Search, SearchOptions, ignore_prunes
from dreamcode.search.selection import Candidate, merge_duplicates, rank
from dreamcode_sandbox.cases import Report, Sandbox
from dreamcode_sandbox.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Services:
    """Who does the work: each is asked by many searches at once and batches for itself."""

    policy: Policy
    reward: RewardModel
    sandbox: Sandbox


@dataclass(frozen=True, slots=True)
class Solution:
    """What solving came to.

    Attributes:
        problem: what was to be solved.
        candidates: the distinct finished programs, best first; empty if none was finished.
        spent: what the policy used.
        reward: name of the model that scored them.
        aggregation: how the rewards of a chain's steps became one number.
        exhausted: the part of the budget that ran out, if any: "tokens", "calls", "seconds".
    """

    problem: Problem
    candidates: tuple[Candidate, ...]
    spent: Usage
    reward: str
    aggregation: Aggregation
    exhausted: str | None = None

    @property
    def best(self) -> Candidate | None:
        """The program to trust most."""
        return self.candidates[0] if self.candidates else None

    @property
    def accepted(self) -> bool:
        """Whether there is a program and no public test speaks against it."""
        best = self.best
        return best is not None and (best.report is None or best.report.verdict is Verdict.ACCEPTED)


async def solve(
    problem: Problem,
    search: Search,
    services: Services,
    options: SearchOptions,
    budget: Budget,
    on_prune: OnPrune = ignore_prunes,
) -> Solution:
    """Searches for programs, runs the distinct ones on the public tests and ranks them.

    Args:
        problem: what to solve; hidden tests are not part of it.
        search: how to search.
        services: who writes, scores and runs.
        options: what the search is told.
        budget: tokens and calls that the search may spend.
        on_prune: told of every draft that the search drops, and why.

    Raises:
        InputError: the search needs rewards that the reward model does not give, or a program
            is longer than what it reads.
        InfrastructureError: the policy or the reward model failed.
        SandboxError: the sandbox failed.
    """
    policy = BudgetedPolicy(services.policy, budget)
    reward = services.reward
    drafts = await search(problem, policy, reward, options, on_prune)
    distinct = merge_duplicates(problem, drafts)
    rewards = await reward.score(problem, [draft for draft, _, _ in distinct])
    reports = await run_public_tests(
        problem, [program for _, program, _ in distinct], services.sandbox
    )
    candidates = [
        Candidate(program, draft, copies, steps, aggregate(reward.aggregation, steps), report)
        for (draft, program, copies), steps, report in zip(distinct, rewards, reports, strict=True)
    ]
    return Solution(
        problem,
        tuple(rank(candidates)),
        policy.spent,
        reward.name,
        reward.aggregation,
        policy.exhausted,
    )


async def run_public_tests(
    problem: Problem, programs: list[str], sandbox: Sandbox
) -> list[Report | None]:
    """A report a program, in their order; None for all where the problem has no tests."""
    if not problem.public_tests:
        return [None] * len(programs)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(sandbox.run(program, problem.public_tests, problem.limits))
                for program in programs
            ]
    except* Exception as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
