"""From the name after `--reward` to a reward model."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

from dreamcode.errors import InputError
from dreamcode.plugins import make_part, names_part
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import RewardModel

Evidence = Literal["text", "likelihood", "nothing"]

NAMES: dict[str, Evidence] = {
    "embedded": "text",
    "hf/<folder or hub id>": "text",
    "likelihood": "likelihood",
    "none": "nothing",
}
"""What can be named, and what each goes by."""


def find_evidence(spec: str) -> Evidence:
    """What the reward model that `spec` names goes by; says early whether it names one.

    Raises:
        InputError: `spec` names no reward model.
    """
    kind, _, rest = spec.partition("/")
    if kind == "hf" and rest:
        return "text"
    if spec in NAMES and kind != "hf":
        return NAMES[spec]
    if names_part(spec, "rewards"):
        return "text"
    raise InputError(
        f"unknown reward {spec!r}; use {', '.join(NAMES)}, or file.py:name of your own"
    )


def load_reward(
    spec: str,
    aggregation: Aggregation | None = None,
    on_event: Callable[[str], None] | None = None,
) -> RewardModel:
    """The reward model that `spec` names, for the caller to close. Loads its libraries only now.

    Args:
        spec: `embedded`, `hf/<folder or hub id>`, `likelihood`, `none`, `file.py:name`,
            `package.module:name`, or an entry point of the group `dreamcode.rewards`.
        aggregation: how step rewards become one number; None leaves it to the model.
        on_event: told, one line each, what the model cannot do as asked.

    Raises:
        InputError: no such reward model, or it cannot be loaded.
    """
    find_evidence(spec)
    if spec == "likelihood":
        from dreamcode.rewards.likelihood import Likelihood

        return Likelihood(aggregation or "last")
    if spec == "none":
        from dreamcode.rewards.none import NoReward

        return NoReward()
    if spec == "embedded" or spec.startswith("hf/"):
        from dreamcode.rewards.hf import load_embedded, load_hf

        if spec == "embedded":
            return load_embedded(aggregation, on_event)
        return load_hf(spec.removeprefix("hf/"), aggregation, on_event)
    reward: RewardModel = make_part(spec, "rewards", NAMES)
    if aggregation not in (None, reward.aggregation):
        raise InputError(
            f"reward {spec} aggregates by {reward.aggregation}; leave --aggregation out"
        )
    return reward


@asynccontextmanager
async def open_reward(
    spec: str,
    aggregation: Aggregation | None = None,
    on_event: Callable[[str], None] | None = None,
) -> AsyncIterator[RewardModel]:
    """The reward model that `spec` names, closed when the context ends. See `load_reward`."""
    reward = load_reward(spec, aggregation, on_event)
    try:
        yield reward
    finally:
        await reward.close()
