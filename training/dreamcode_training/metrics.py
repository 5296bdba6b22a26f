"""How well scores tell good prefixes and programs from bad ones."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dreamcode.rewards.calibration import measure_reliability

EDGE = 1e-6

Places = NDArray[np.int64]
Statistic = Callable[[Places], float | None]
"""Of the problems at some places, which may repeat; None where it is undefined."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of one problem's programs or prefixes, and the outcomes they foretell.

    Attributes:
        scores: in [0, 1].
        shares: of the outcomes that passed, in [0, 1].
        rollouts: how many outcomes each share stands for.
    """

    scores: tuple[float, ...]
    shares: tuple[float, ...]
    rollouts: tuple[float, ...]


def make_scored(rows: Iterable[tuple[float, float, float]]) -> Scored:
    """From (score, share, rollouts) of each program or prefix."""
    columns = tuple(zip(*rows, strict=True))
    return Scored(*columns) if columns else Scored((), (), ())


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


def list_statistics(groups: Sequence[Scored]) -> dict[str, Statistic]:
    """AUROC, accuracy within problems, NLL and calibration error, each of any of the problems.

    Args:
        groups: one per problem, none empty.
    """
    columns = [
        [np.asarray(getattr(own, name)) for own in groups]
        for name in ("scores", "shares", "rollouts")
    ]
    pairs = np.array([count_pairs(own.scores, own.shares) for own in groups])

    def pick(places: Places) -> list[NDArray[np.float64]]:
        return [np.concatenate([column[place] for place in places]) for column in columns]

    def within(places: Places) -> float | None:
        right, total = pairs[places].sum(axis=0)
        return float(right / total) if total else None

    return {
        "auroc": lambda places: soft_auroc(*pick(places)),
        "pairs": within,
        "nll": lambda places: nll(*pick(places)[:2]),
        "ece": lambda places: measure_reliability(*pick(places)[:2]).error,
    }


def summarise(scored: Sequence[Scored]) -> dict[str, float | None]:
    """The finite ones of these statistics over all problems; empty if nothing was scored."""
    groups = [own for own in scored if own.scores]
    if not groups:
        return {}
    whole = np.arange(len(groups))
    found = {name: statistic(whole) for name, statistic in list_statistics(groups).items()}
    found["count"] = float(sum(len(own.scores) for own in groups))
    return {name: value for name, value in found.items() if value is None or math.isfinite(value)}
