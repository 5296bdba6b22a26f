"""Puts together what the settings name: the services, and how problems are attempted."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import typer

from dreamcode.choosing import Choosing
from dreamcode.cli.settings import MODEL, SEARCH, Settings, list_settings
from dreamcode.codec import encode
from dreamcode.errors import DreamcodeError, InputError
from dreamcode.files import write_whole
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.policy import Policy, Sampling
from dreamcode.policies.policy_names import check_model_name, open_policy
from dreamcode.policies.prices import is_priced
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions
from dreamcode.rewards.reward import RewardModel
from dreamcode.rewards.reward_names import find_evidence, open_reward
from dreamcode.runs.environment import save_environment
from dreamcode.runs.folder import PROBLEMS, SERVER, find_unfinished, new_run_path
from dreamcode.search.limits import Limits
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES, check_search_name, find_search
from dreamcode.solver import Attempt, Services
from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.opening import open_sandbox

Value = TypeVar("Value")


def choose_reward(settings: Settings) -> str:
    """The reward to open: `auto` is the embedded one for the embedded policy."""
    if settings.reward != "auto":
        return settings.reward
    return "embedded" if settings.model == "embedded" else "likelihood"


def check_settings(settings: Settings) -> None:
    """Says early, before anything is loaded, whether all that is named can be had and fits.

    Raises:
        InputError: there is no such model, search or reward, or the reward knows nothing and
            is to lead a search that needs one.
    """
    check_model_name(settings.model)
    check_search_name(settings.search)
    evidence = find_evidence(choose_reward(settings))
    known = SEARCHES.get(settings.search)
    if evidence == "nothing" and known is not None and known.prunes:
        raise InputError(
            f"search {settings.search} needs a reward to prune by, and --reward is "
            f"{settings.reward}; use --search best-of-n, or another --reward"
        )
    if evidence == "nothing" and settings.stop == "reward":
        raise InputError("--stop reward needs rewards, and --reward is none; use --stop agreement")


def describe_settings(settings: Settings) -> dict[str, Any]:
    """The settings that determine what a search comes to, if it may end by itself."""
    others = (
        "base_url",
        "timeout",
        "retries",
        "max_tokens",
        "max_calls",
        "max_seconds",
        "max_cost",
        "prices",
    )
    described = {
        setting.name: encode(getattr(settings, setting.name))  # as it is read back
        for setting in list_settings()
        if setting.option.panel in (MODEL, SEARCH) and setting.name not in others
    }
    return described | {"reward": choose_reward(settings)}


def choose_folder(settings: Settings, config: dict[str, Any], slug: str) -> Path:
    """Where the run's records go: where they shall, where they were left off, or somewhere new.

    Raises:
        InputError: there is no run of this `config` to resume.
    """
    if settings.run_dir:
        return settings.run_dir
    return find_unfinished(config) if settings.resume else new_run_path(slug)


def make_attempt(settings: Settings) -> Attempt:
    """How every problem is attempted, as the settings say."""
    sampling = Sampling(settings.temperature, settings.top_p, settings.max_step_tokens)
    return Attempt(
        find_search(settings.search, settings.prompt),
        SearchOptions(
            settings.n,
            sampling,
            "program" if settings.prompt == "plain" else settings.grain,
            settings.prompt,
            settings.seed,
            settings.max_steps,
            settings.width,
            settings.wave,
        ),
        Limits(settings.max_tokens, settings.max_calls, settings.max_seconds, settings.max_cost),
        public_tests=settings.public_tests is not False,
        choosing=Choosing(
            settings.select or "vote",
            settings.stop,
            settings.stop_reward,
            settings.stop_agree,
            settings.inputs,
            settings.inputs_from,
        ),
    )


def make_server_options(settings: Settings) -> ServerOptions:
    """How a policy's server is talked to.

    Raises:
        InputError: a further field has no name or no value.
    """
    return ServerOptions(
        settings.base_url,
        settings.prefill,
        settings.endpoint,
        settings.timeout,
        settings.retries,
        settings.max_wait,
        settings.concurrency,
        settings.reasoning_effort,
        read_extra(settings.extra),
        settings.prices,
    )


def name_services(
    settings: Settings,
    folder: Path,
    say: Callable[[str], None],
    pulse: Pulse,
    stack: AsyncExitStack,
) -> tuple[
    AbstractAsyncContextManager[Policy],
    AbstractAsyncContextManager[RewardModel],
    AbstractAsyncContextManager[Any],
]:
    """Policy, reward model and sandbox, to be opened: on this machine, or all over a cluster."""
    server = replace(make_server_options(settings), learnt=folder / SERVER)
    engine, reward = share_engine(settings), choose_reward(settings)
    if settings.ray is None:
        return (
            open_policy(settings.model, server, say, pulse, engine),
            open_named_reward(settings, reward, say),
            open_sandbox(settings.sandbox, settings.workers, say, settings.python),
        )
    from dreamcode.scaling.cluster import connect

    cluster = stack.enter_context(connect(settings.ray, say))
    scorer = choose_reward_server(settings, reward)
    return (
        cluster.open_policy(settings.model, server, engine, pulse),
        cluster.open_reward(reward, settings.aggregation, scorer, engine),
        cluster.open_sandbox(settings.sandbox, settings.workers, settings.python),
    )


def choose_reward_server(settings: Settings, reward: str) -> ServerOptions:
    """How the server of a reward model is reached."""
    server = make_server_options(settings)
    if settings.reward_base_url or reward.startswith("served/"):
        return replace(server, base_urls=settings.reward_base_url)
    return server  # a judge may be the policy's neighbour, a served reward model cannot


def share_engine(settings: Settings) -> EngineOptions:
    """How an engine of vLLM uses the machine: two of them, policy and reward, halve its memory."""
    engines = [name for name in (settings.model, settings.reward) if name.startswith("vllm/")]
    return EngineOptions(settings.gpu_memory / max(1, len(engines)), settings.gpus, settings.window)


def open_named_reward(
    settings: Settings, name: str, say: Callable[[str], None]
) -> AbstractAsyncContextManager[RewardModel]:
    """The reward model of that name, as the settings say; closed when the context ends.

    Raises:
        InputError: no such reward model, or it cannot be loaded.
        InfrastructureError: its server does not answer.
    """
    server, engine = choose_reward_server(settings, name), share_engine(settings)
    return open_reward(name, settings.aggregation, say, server, engine)


def read_extra(fields: Sequence[str]) -> dict[str, Any]:
    """`a.b=1` and `c=text` as the JSON object {"a": {"b": 1}, "c": "text"}.

    Raises:
        InputError: one has no name or no value.
    """
    extra: dict[str, Any] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        *outer, last = name.strip().split(".")
        if not equals or not all([*outer, last]):
            raise InputError(f"--extra {field!r} is no KEY=VALUE, as in top_k=20")
        place = extra
        for key in outer:
            inner = place.setdefault(key, {})
            if not isinstance(inner, dict):
                raise InputError(f"--extra {field!r}: {key} has a value already")
            place = inner
        try:
            place[last] = json.loads(value)
        except ValueError:
            place[last] = value
    return extra


@asynccontextmanager
async def open_services(
    settings: Settings, folder: Path, say: Callable[[str], None], pulse: Pulse
) -> AsyncIterator[Services]:
    """Policy, reward model and sandbox as the settings name them; closed when the context ends.

    Args:
        settings: the settings that name the services.
        folder: the run's folder, where their versions are put on record.
        say: told of what is loaded, retries and fallbacks.
        pulse: shows what the policy has under way.

    Raises:
        InputError: there is no such policy or reward model, it cannot be loaded, or the run
            began with another one under the same name, or with programs on another Python.
        InfrastructureError: the disk does not take the record.
        SandboxError: there is no such sandbox here.
    """
    say(f"loading policy {settings.model}")
    async with AsyncExitStack() as stack:
        policy, reward, sandbox = [
            await stack.enter_async_context(opened)
            for opened in name_services(settings, folder, say, pulse, stack)
        ]
        if settings.max_cost is not None and not is_priced(policy):
            raise InputError(
                f"no price is known for {policy.name} at its server, so --max-cost cannot be "
                "kept; say what it costs with --prices READ WRITTEN"
            )
        save_environment(folder, sandbox.name, sandbox.facts)
        check_weights(folder, reward)
        yield Services(policy, reward, sandbox)


def check_weights(folder: Path, reward: RewardModel) -> None:
    """Checks that a run goes on with the weights that it began with, as far as they are known.

    Raises:
        InputError: the reward model is another one under the same name.
    """
    file = folder / "services.json"
    now = {"reward": reward.fingerprint}
    if not file.exists():
        write_whole(file, json.dumps(now) + "\n")
    elif json.loads(file.read_text("utf-8")) != now:
        raise InputError(
            f"{folder} began with other weights of reward {reward.name}; bring them back, or "
            "choose another --run-dir"
        )


def run_until_done(folder: Path, work: Coroutine[Any, Any, Value]) -> Value:
    """The result of the work; what stops it comes with a line that says how to go on.

    Raises:
        KeyboardInterrupt: by Ctrl-C.
        DreamcodeError: as the work does; if some problems of many are begun, with the line too.
        SandboxError: likewise.
    """
    try:
        return asyncio.run(work)
    except (KeyboardInterrupt, DreamcodeError, SandboxError) as error:
        if isinstance(error, KeyboardInterrupt) or (folder / PROBLEMS).exists():
            how = f"add --resume --run-dir {folder} to go on"
            typer.echo(f"stopped; nothing done is lost: {how}", err=True)
        raise
