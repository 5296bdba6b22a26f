"""Puts the services together that the settings name, and solves with them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import typer

from dreamcode.cli.live import View
from dreamcode.cli.settings import Settings
from dreamcode.cli.solve_view import follow_search
from dreamcode.codec import encode
from dreamcode.errors import InputError
from dreamcode.policies.policy import Sampling
from dreamcode.policies.policy_names import ServerOptions, open_policy
from dreamcode.problems import Problem
from dreamcode.rewards.reward_names import check_reward_name, open_reward
from dreamcode.runs.folder import RunFolder
from dreamcode.runs.pruning import journal_prunes
from dreamcode.runs.services import journal_services
from dreamcode.runs.trace import Trace
from dreamcode.search.budget import Budget
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import choose_search
from dreamcode.solver import Services, Solution, solve
from dreamcode_sandbox import open_sandbox


def choose_reward(settings: Settings) -> str:
    """The reward to open: `auto` is the embedded one for the embedded policy."""
    if settings.reward != "auto":
        return settings.reward
    return "embedded" if settings.model == "embedded" else "likelihood"


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


def describe_settings(settings: Settings) -> dict[str, Any]:
    """The settings that determine what a search comes to."""
    names = (
        "model", "search", "n", "width", "prompt", "aggregation", "temperature", "top_p", "seed",
        "max_step_tokens", "max_steps", "prefill", "endpoint",
    )  # fmt: skip
    described = {name: getattr(settings, name) for name in names}
    return described | {"reward": choose_reward(settings)}


def describe_run(problem: Problem, settings: Settings) -> dict[str, Any]:
    """What determines a run's result; a run is resumed only with the same."""
    return describe_settings(settings) | {"problem": encode(problem)}


def make_options(settings: Settings) -> SearchOptions:
    """What the search is told."""
    sampling = Sampling(settings.temperature, settings.top_p, settings.max_step_tokens)
    return SearchOptions(settings.n, sampling, settings.seed, settings.max_steps, settings.width)


@asynccontextmanager
async def open_services(
    settings: Settings, say: Callable[[str], None], concurrency: int = 16
) -> AsyncIterator[Services]:
    """Policy, reward model and sandbox as the settings name them; closed when the context ends.

    Args:
        settings: who they are.
        say: told what is loaded, retries and fallbacks.
        concurrency: most requests to a model server at once.

    Raises:
        InputError: there is no such policy or reward model, or it cannot be loaded.
        SandboxError: there is no such sandbox here.
    """
    server = ServerOptions(
        settings.base_url, settings.prefill, settings.endpoint, settings.timeout, concurrency
    )
    say(f"loading policy {settings.model}")
    policy = open_policy(settings.model, server, say)
    reward = open_reward(choose_reward(settings), settings.aggregation, say)
    try:
        async with open_sandbox(settings.sandbox, settings.workers, say) as sandbox:
            yield Services(policy, reward, sandbox)
    finally:
        await policy.close()
        await reward.close()


def run_solver(
    problem: Problem, settings: Settings, run: RunFolder, view: View
) -> tuple[Solution, str]:
    """Opens the services, solves, closes them; returns the solution and the sandbox's name.

    Raises:
        KeyboardInterrupt: after a line that says how to go on.
    """
    try:
        return asyncio.run(_solve(problem, settings, run, view))
    except KeyboardInterrupt:
        tell_stopped(run.path)
        raise


def tell_stopped(path: Path) -> None:
    """Says how to go on with a run that Ctrl-C has stopped."""
    typer.echo(f"stopped; nothing done is lost: add --resume --run-dir {path} to go on", err=True)


async def _solve(
    problem: Problem, settings: Settings, run: RunFolder, view: View
) -> tuple[Solution, str]:
    trace = Trace(problem.function)
    async with open_services(settings, view.say) as services:
        journaled = journal_services(services, run.journal, settings.max_seconds)
        with follow_search(view, trace, run.journal):
            solution = await solve(
                problem,
                choose_search(settings.search, settings.prompt),
                journaled,
                make_options(settings),
                Budget(settings.max_tokens, settings.max_calls),
                journal_prunes(problem, run.journal),
            )
        return solution, services.sandbox.name
