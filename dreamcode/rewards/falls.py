"""Which function of a program is the one to look at: the first with which the reward falls."""

from dreamcode.rewards.aggregation import log_odds
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.rewards.reward import StepRewards

THRESHOLD = 0.5
"""A fall of the log-odds that is more than noise; fitted, see docs/evidence.md."""

BASE = 0.0
"""Log-odds before the first function: even chances."""


def find_fall(
    rewards: StepRewards, model: str = "", threshold: float = THRESHOLD, base: float | None = BASE
) -> int | None:
    """Place of the first step whose reward falls, in log-odds, by more than `threshold`.

    A step is compared with the one before it: where either has no reward, as with an ORM, the
    fall could be another's. None where no single function stands out, and for likelihoods,
    which fall with every name that is hard to guess.

    Args:
        rewards: one per step.
        model: name of the reward model.
        threshold: how far, in nats, is more than noise.
        base: log-odds before the first step; None names no first step.
    """
    if model == Likelihood.name:
        return None
    before = base
    for place, reward in enumerate(rewards):
        now = None if reward is None else log_odds(reward)
        if before is not None and now is not None and before - now > threshold:
            return place
        before = now
    return None
