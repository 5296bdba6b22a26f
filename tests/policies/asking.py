"""Asks a policy for what a test wants of it."""

from dataclasses import replace

from dreamcode.concurrency import together
from dreamcode.policies.policy import Answer, Policy, Proposal, Request, Usage


async def ask(policy: Policy, request: Request, n: int = 1) -> tuple[list[Proposal], Usage]:
    """`n` samples with seeds from the request's on, asked for together, and what they cost."""
    answers: list[Answer] = await together(
        policy.write(replace(request, seed=request.seed + number)) for number in range(n)
    )
    return [answer.proposal for answer in answers], sum((a.usage for a in answers), Usage())


async def finish(policy: Policy, request: Request, n: int = 1) -> tuple[list[Proposal], Usage]:
    """What the policy writes up to the end of the program, `n` times."""
    return await ask(policy, replace(request, until="program"), n)
