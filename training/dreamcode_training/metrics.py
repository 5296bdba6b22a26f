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
        scores: scores of prefixes.
        shares: share of each prefix's rollouts that passed, in [0, 1].
        weights: weights of the prefixes; None weighs all alike.
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


def count_pairs(scores: ArrayLike, shares: ArrayLike) -> tuple[float, float]:
    """Pairs of a passing and a failing program of one problem: ranked rightly, and in all.

    Their ratio, both summed over problems, is the accuracy within problems. It is blind to how
    hard the problems are, as choosing among candidates is; AUROC over all problems is not.

    Args:
        scores: scores of one problem's programs or prefixes; equal ones are half right.
        shares: share of each one's outcomes that passed, in [0, 1]: a pair weighs s_i (1 - s_j).
    """
    score, share = np.asarray(scores, float), np.asarray(shares, float)
    weight = share[:, None] * (1 - share)[None, :]
    np.fill_diagonal(weight, 0.0)
    right = (score[:, None] > score[None, :]) + 0.5 * (score[:, None] == score[None, :])
    return float((weight * right).sum()), float(weight.sum())


def nll(scores: ArrayLike, outcomes: ArrayLike) -> float:
    """Mean negative log-likelihood, nats, of outcomes (or shares) in [0, 1] under the scores."""
    score = np.clip(np.asarray(scores, float), EDGE, 1 - EDGE)
    outcome = np.asarray(outcomes, float)
    return float(-(outcome * np.log(score) + (1 - outcome) * np.log(1 - score)).mean())


def summarise(
    scores: Sequence[float], shares: Sequence[float], problems: Sequence[str]
) -> dict[str, float | None]:
    """AUROC, accuracy within problems, NLL and calibration error; empty if nothing was scored."""
    if not scores:
        return {}
    score, share, problem = np.array(scores), np.array(shares), np.array(problems)
    pairs = [count_pairs(score[own], share[own]) for own in (problem == p for p in set(problems))]
    right, total = map(sum, zip(*pairs, strict=True))
    found = {
        "auroc": soft_auroc(scores, shares),
        "pairs": right / total if total else None,
        "nll": nll(scores, shares),
        "ece": measure_reliability(scores, shares).error,
        "count": float(len(scores)),
    }
    return {name: value for name, value in found.items() if value is None or math.isfinite(value)}
