"""How well scores tell good prefixes and programs from bad ones."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from dreamcode.rewards.calibration import measure_reliability

EDGE = 1e-6


def soft_auroc(
    scores: ArrayLike, shares: ArrayLike, weights: ArrayLike | None = None
) -> float | None:
    """AUROC where each prefix is both: passing with weight `share`, failing with the rest.

    Args:
        scores: of prefixes.
        shares: of their rollouts that passed, in [0, 1].
        weights: of the prefixes; None weighs all alike.
    """
    from sklearn.metrics import roc_auc_score

    share = np.asarray(shares, float)
    weight = np.ones_like(share) if weights is None else np.asarray(weights, float)
    if not (weight * share).sum() or not (weight * (1 - share)).sum():
        return None
    twice = np.concatenate([np.asarray(scores, float)] * 2)
    outcome = np.repeat([True, False], len(share))
    return float(
        roc_auc_score(
            outcome, twice, sample_weight=np.concatenate([weight * share, weight * (1 - share)])
        )
    )


def nll(scores: ArrayLike, outcomes: ArrayLike) -> float:
    """Mean negative log-likelihood, nats, of outcomes (or shares) in [0, 1] under the scores."""
    score = np.clip(np.asarray(scores, float), EDGE, 1 - EDGE)
    outcome = np.asarray(outcomes, float)
    return float(-(outcome * np.log(score) + (1 - outcome) * np.log(1 - score)).mean())


def summarise(scores: Sequence[float], shares: Sequence[float]) -> dict[str, float | None]:
    """AUROC, NLL and calibration error; empty where nothing was scored."""
    if not scores:
        return {}
    found = {
        "auroc": soft_auroc(scores, shares),
        "nll": nll(scores, shares),
        "ece": measure_reliability(scores, shares).error,
        "count": float(len(scores)),
    }
    return {name: value for name, value in found.items() if value is None or math.isfinite(value)}
