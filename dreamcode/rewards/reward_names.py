"""From the name after `--reward` to a reward model."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

from dreamcode.errors import InputError
from dreamcode.plugins import make_part, names_part
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.server_options import ServerOptions
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import RewardModel

Evidence = Literal["text", "likelihood", "nothing"]

NAMES: dict[str, Evidence] = {
    "embedded": "text",
    "hf/<folder or hub id>": "text",
    "vllm/<folder or hub id>": "text",
    "served/<folder or hub id>": "text",
    "judge/<model>": "text",
    "likelihood": "likelihood",
    "none": "nothing",
}
"""What can be named, and what each goes by."""

_KINDS = ("hf", "vllm", "served", "judge")


def find_evidence(spec: str) -> Evidence:
    """What the reward model that `spec` names goes by; says early whether it names one.

    Raises:
        InputError: `spec` names no reward model.
    """
    kind, _, rest = spec.partition("/")
    if kind in _KINDS and rest:
        return "text"
    if spec in NAMES and kind not in _KINDS:
        return NAMES[spec]
    if names_part(spec, "rewards"):
        return "text"
    raise InputError(
        f"unknown reward {spec!r}; use {', '.join(NAMES)}, or file.py:name of your own"
    )


@asynccontextmanager
async def open_reward(
    spec: str,
    aggregation: Aggregation | None = None,
    on_event: Callable[[str], None] | None = None,
    server: ServerOptions | None = None,
    engine: EngineOptions | None = None,
) -> AsyncIterator[RewardModel]:
    """The reward model that `spec` names, closed when the context ends.

    Loads its libraries only now.

    Args:
        spec: `embedded`, `hf/<folder or hub id>`, `vllm/<folder or hub id>`, `served/<folder or
            hub id>`, `judge/<model>`, `likelihood`, `none`, `file.py:name`,
            `package.module:name`, or an entry point of the group `dreamcode.rewards`.
        aggregation: how step rewards become one number; None leaves it to the model.
        on_event: told, one line each, what the model cannot do as asked.
        server: how to reach the server of `served/` and `judge/`.
        engine: how `vllm/` uses the machine.

    Raises:
        InputError: no such reward model, or it cannot be loaded.
        InfrastructureError: its server does not answer.
    """
    find_evidence(spec)
    reward = await _load(spec, aggregation, on_event, server, engine)
    try:
        yield reward
    finally:
        await reward.close()


async def _load(
    spec: str,
    aggregation: Aggregation | None,
    on_event: Callable[[str], None] | None,
    server: ServerOptions | None,
    engine: EngineOptions | None,
) -> RewardModel:
    kind, _, rest = spec.partition("/")
    if spec == "likelihood":
        from dreamcode.rewards.likelihood import Likelihood

        return Likelihood(aggregation or "last")
    if spec == "none":
        from dreamcode.rewards.none import NoReward

        return NoReward()
    if spec == "embedded" or kind == "hf":
        from dreamcode.rewards.hf import load_embedded, load_hf

        if spec == "embedded":
            return load_embedded(aggregation, on_event)
        return load_hf(rest, aggregation, on_event)
    if kind == "vllm":
        from dreamcode.rewards.remote import open_vllm

        return await open_vllm(rest, engine or EngineOptions(), aggregation, on_event)
    if kind == "served":
        from dreamcode.rewards.remote import open_served

        return await open_served(rest, server or ServerOptions(), aggregation, on_event)
    if kind == "judge":
        from dreamcode.rewards.judge import open_judge

        return open_judge(rest, server or ServerOptions(), aggregation, on_event)
    reward: RewardModel = make_part(spec, "rewards", NAMES)
    if aggregation not in (None, reward.aggregation):
        raise InputError(
            f"reward {spec} aggregates by {reward.aggregation}; leave --aggregation out"
        )
    return reward
