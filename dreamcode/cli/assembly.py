"""Puts the services together that the settings name, and solves with them."""

import asyncio
from typing import Any

import typer

from dreamcode.cli.settings import Settings
from dreamcode.cli.views import View
from dreamcode.codec import encode
from dreamcode.errors import InputError
from dreamcode.policies.open import ServerOptions, open_policy
from dreamcode.policies.policy import Policy, Sampling
from dreamcode.problems import Problem
from dreamcode.rewards.open import check_reward_name, open_reward
from dreamcode.rewards.prm_config import EMBEDDED, FILE
from dreamcode.rewards.reward import RewardModel
from dreamcode.runs.folder import RunFolder
from dreamcode.runs.journaled import JournaledPolicy, JournaledSandbox
from dreamcode.runs.journaled_reward import JournaledReward
from dreamcode.runs.pruning import journal_prunes
from dreamcode.runs.trace import Trace
from dreamcode.search.budget import Budget, DeadlinePolicy
from dreamcode.search.open import SEARCHES
from dreamcode.search.search import SearchOptions
from dreamcode.solver import Services, Solution, solve
from sandbox import open_sandbox


def choose_reward(settings: Settings) -> str:
    """The reward to open: `auto` is the embedded one for the embedded policy, if it ships."""
    if settings.reward != "auto":
        return settings.reward
    shipped = (EMBEDDED / FILE).is_file()
    return "embedded" if settings.model == "embedded" and shipped else "likelihood"


def check_reward(settings: Settings) -> None:
    """Says early, before anything is loaded, whether the reward can be what the search needs.

    Raises:
        InputError: no reward has that name, or none is to lead a search that needs one.
    """
    name = choose_reward(settings)
    check_reward_name(name)
    if name == "none" and settings.search != "best-of-n":
        raise InputError(
            f"search {settings.search} needs a reward to prune by, and --reward is none; "
            "use --search best-of-n, or another --reward"
        )


def describe_run(problem: Problem, settings: Settings) -> dict[str, Any]:
    """What determines a run's result; a run is resumed only with the same."""
    names = (
        "model", "search", "n", "width", "aggregation", "temperature", "top_p", "seed",
        "max_step_tokens", "max_steps",
    )  # fmt: skip
    described = {name: getattr(settings, name) for name in names}
    return described | {"reward": choose_reward(settings), "problem": encode(problem)}


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
        reward = open_reward(choose_reward(settings), settings.aggregation, view.say)
        return asyncio.run(_solve(problem, settings, policy, reward, run, view))
    except KeyboardInterrupt:
        typer.echo(
            f"stopped; nothing done is lost: add --resume --run-dir {run.path} to go on", err=True
        )
        raise


async def _solve(
    problem: Problem,
    settings: Settings,
    policy: Policy,
    reward: RewardModel,
    run: RunFolder,
    view: View,
) -> tuple[Solution, str]:
    sampling = Sampling(settings.temperature, settings.top_p, settings.max_step_tokens)
    options = SearchOptions(settings.n, sampling, settings.seed, settings.max_steps, settings.width)
    seconds = settings.max_seconds
    if seconds is not None:
        seconds -= run.journal.seconds
    trace = Trace(problem.function)
    try:
        async with open_sandbox(settings.sandbox, settings.workers, view.say) as sandbox:
            services = Services(
                policy=JournaledPolicy(DeadlinePolicy(policy, seconds), run.journal),
                reward=JournaledReward(reward, run.journal),
                sandbox=JournaledSandbox(sandbox, run.journal),
            )
            budget = Budget(settings.max_tokens, settings.max_calls)
            with view.follow(trace, run.journal):
                solution = await solve(
                    problem,
                    SEARCHES[settings.search],
                    services,
                    options,
                    budget,
                    journal_prunes(problem, run.journal),
                )
            return solution, sandbox.name
    finally:
        await policy.close()
        await reward.close()
