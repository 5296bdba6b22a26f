"""Asks a policy for what a test wants of it."""

from dataclasses import replace

from dreamcode.policies.policy import Answer, Policy, Request


async def finish(policy: Policy, request: Request) -> Answer:
    """What the policy writes up to the end of the program."""
    return await policy.write(replace(request, until="program"))
