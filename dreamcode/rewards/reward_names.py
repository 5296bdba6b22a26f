"""From the name after `--reward` to a reward model."""

from collections.abc import Callable

from dreamcode.errors import InputError
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import RewardModel


def check_reward_name(spec: str) -> None:
    """Says early, before anything is loaded, whether `spec` can name a reward model.

    Raises:
        InputError: it cannot.
    """
    kind, _, rest = spec.partition("/")
    if spec not in ("embedded", "likelihood", "none") and (kind != "hf" or not rest):
        raise InputError(
            f"unknown reward {spec!r}; use embedded, hf/<folder or hub id>, likelihood or none"
        )


def open_reward(
    spec: str,
    aggregation: Aggregation | None = None,
    on_event: Callable[[str], None] | None = None,
) -> RewardModel:
    """The reward model that `spec` names. Loads its libraries only now.

    Args:
        spec: `embedded`, `hf/<folder or hub id>`, `likelihood` or `none`.
        aggregation: how step rewards become one number; None leaves it to the model.
        on_event: told, one line each, what the model cannot do as asked.

    Raises:
        InputError: no such reward model, or it cannot be loaded.
    """
    check_reward_name(spec)
    if spec == "likelihood":
        from dreamcode.rewards.likelihood import Likelihood

        return Likelihood(aggregation or "last")
    if spec == "none":
        from dreamcode.rewards.none import NoReward

        return NoReward()
    from dreamcode.rewards.hf import load_embedded, load_hf

    if spec == "embedded":
        return load_embedded(aggregation, on_event)
    return load_hf(spec.removeprefix("hf/"), aggregation, on_event)
