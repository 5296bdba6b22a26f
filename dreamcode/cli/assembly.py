"""Puts the services together that the settings name, and solves with them."""

import asyncio
from typing import Any

import typer

from dreamcode.cli.settings import Settings
from dreamcode.cli.views import View
from dreamcode.codec import encode
from dreamcode.policies.open import ServerOptions, open_policy
from dreamcode.policies.policy import Policy, Sampling
from dreamcode.problems import Problem
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.runs.folder import RunFolder
from dreamcode.runs.journaled import JournaledPolicy, JournaledSandbox
from dreamcode.runs.trace import Trace
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.budget import Budget, DeadlinePolicy
from dreamcode.search.search import SearchOptions
from dreamcode.solver import Services, Solution, solve
from sandbox import open_sandbox


def describe_run(problem: Problem, settings: Settings) -> dict[str, Any]:
    """What determines a run's result; a run is resumed only with the same."""
    names = ("model", "search", "n", "temperature", "top_p", "seed", "max_step_tokens", "max_steps")
    return {name: getattr(settings, name) for name in names} | {"problem": encode(problem)}


def run_solver(
    problem: Problem, settings: Settings, run: RunFolder, view: View
) -> tuple[Solution, str]:
    """Opens the services, solves, closes them; returns the solution and the sandbox's name.

    Raises:
        KeyboardInterrupt: after a line that says how to go on.
    """
    server = ServerOptions(settings.base_url, settings.prefill, settings.endpoint, settings.timeout)
    try:
        view.say(f"loading policy {settings.model}")
        policy = open_policy(settings.model, server, view.say)
        return asyncio.run(_solve(problem, settings, policy, run, view))
    except KeyboardInterrupt:
        typer.echo(
            f"stopped; nothing done is lost: add --resume --run-dir {run.path} to go on", err=True
        )
        raise


async def _solve(
    problem: Problem, settings: Settings, policy: Policy, run: RunFolder, view: View
) -> tuple[Solution, str]:
    sampling = Sampling(settings.temperature, settings.top_p, settings.max_step_tokens)
    options = SearchOptions(settings.n, sampling, settings.seed, settings.max_steps)
    seconds = settings.max_seconds
    if seconds is not None:
        seconds -= run.journal.seconds
    trace = Trace(problem.function)
    try:
        async with open_sandbox(settings.sandbox, settings.workers, view.say) as sandbox:
            services = Services(
                policy=JournaledPolicy(DeadlinePolicy(policy, seconds), run.journal),
                reward=Likelihood(),
                sandbox=JournaledSandbox(sandbox, run.journal),
            )
            budget = Budget(settings.max_tokens, settings.max_calls)
            with view.follow(trace, run.journal):
                solution = await solve(problem, best_of_n, services, options, budget)
            return solution, sandbox.name
    finally:
        await policy.close()
