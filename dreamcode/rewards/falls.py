"""Which function of a program is the one to look at: the first with which the reward falls."""

from itertools import pairwise

from dreamcode.rewards.aggregation import log_odds
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.rewards.reward import StepRewards

THRESHOLD = 0.6
"""Nats of log-odds that are more than noise; fitted by benchmarks/locating.py."""


def find_fall(rewards: StepRewards, model: str = "", threshold: float = THRESHOLD) -> int | None:
    """Place of the first step whose reward is lower than the one before, by more than noise.

    The first step has none before it: its reward tells how hard the problem is more than whether
    the step is right. Where a step has no reward, as with an ORM, neither it nor the next is
    named, for the fall could be the other's.

    Args:
        rewards: one per step.
        model: name of the reward model. Of likelihoods no step is named: they are no chances,
            and fall with every name that is hard to guess.
        threshold: how far the log-odds must fall.

    Returns:
        None where no single step stands out.
    """
    if model == Likelihood.name:
        return None
    for place, (before, now) in enumerate(pairwise(rewards), start=1):
        if before is None or now is None:
            continue
        if log_odds(before) - log_odds(now) > threshold:
            return place
    return None
