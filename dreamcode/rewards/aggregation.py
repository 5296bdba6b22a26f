"""From one reward per step to one number per chain."""

import math
from collections.abc import Sequence
from typing import Literal, get_args

Aggregation = Literal["last", "min", "mean", "product", "log-odds", "mean-log-odds"]
AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)

EDGE = 1e-6
"""Rewards are kept this far from 0 and 1 where their log-odds are taken."""


def aggregate(aggregation: Aggregation, rewards: Sequence[float | None]) -> float | None:
    """One number for a chain, higher is better; None if its last step has no reward.

    Steps without a reward are left out. "log-odds" is the sum of the steps' log-odds
    squeezed back into [0, 1], so that it orders chains as the sum does; "mean-log-odds" is their
    mean, by which DreamPRM ranks (arXiv 2505.20241, section 3.3).

    Args:
        aggregation: how; see `Aggregation`.
        rewards: one entry per step, each in [0, 1] or None.
    """
    if not rewards or rewards[-1] is None:
        return None
    known = [reward for reward in rewards if reward is not None]
    if aggregation == "last":
        return known[-1]
    if aggregation == "min":
        return min(known)
    if aggregation == "mean":
        return sum(known) / len(known)
    if aggregation == "product":
        return math.prod(known)
    total = sum(log_odds(reward) for reward in known)
    return sigmoid(total / len(known) if aggregation == "mean-log-odds" else total)


def sigmoid(odds: float) -> float:
    """The chance with these log-odds, finite however large they are."""
    return 1 / (1 + math.exp(-max(-700.0, min(700.0, odds))))


def log_odds(reward: float) -> float:
    """log(r / (1 - r)), finite also at 0 and 1."""
    inside = min(1 - EDGE, max(EDGE, reward))
    return math.log(inside / (1 - inside))


def upper_bound(aggregation: Aggregation, rewards: Sequence[float | None]) -> float:
    """The best that any chain which continues this one can come to.

    Minimum and product only fall with more steps; the others may still rise to 1.
    """
    if aggregation in ("min", "product"):
        known = aggregate(aggregation, rewards)
        return 1.0 if known is None else known
    return 1.0
