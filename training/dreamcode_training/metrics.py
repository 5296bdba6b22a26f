"""How well scores tell good prefixes and programs from bad ones."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

EDGE = 1e-6
BINS = 10
"""Of equal width over [0, 1], for the calibration error."""

Floats = NDArray[np.float64]
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
    return float(_losses(np.asarray(scores, float), np.asarray(outcomes, float)).mean())


def list_statistics(groups: Sequence[Scored]) -> dict[str, Statistic]:
    """AUROC, accuracy within problems, NLL, Brier score and calibration error, of any problems.

    The calibration error is that of `dreamcode.rewards.calibration.Reliability`.

    Args:
        groups: one per problem, none empty.
    """
    scores, shares, rollouts = (
        np.concatenate([getattr(own, name) for own in groups]).astype(float)
        for name in ("scores", "shares", "rollouts")
    )
    owner = np.repeat(np.arange(len(groups)), [len(own.scores) for own in groups])
    counts = np.bincount(owner).astype(float)
    pairs = np.array([count_pairs(own.scores, own.shares) for own in groups])
    auroc = _make_auroc(scores, shares)
    gaps = np.zeros((len(groups), BINS))
    np.add.at(gaps, (owner, np.minimum((scores * BINS).astype(int), BINS - 1)), scores - shares)

    def over_all(places: Places) -> float | None:
        return auroc(np.bincount(places, minlength=len(groups))[owner] * rollouts)

    def within(places: Places) -> float | None:
        right, total = pairs[places].sum(axis=0)
        return float(right / total) if total else None

    def mean(values: Floats) -> Statistic:
        sums = np.bincount(owner, values)
        return lambda places: float(sums[places].sum() / counts[places].sum())

    return {
        "auroc": over_all,
        "pairs": within,
        "nll": mean(_losses(scores, shares)),
        "brier": mean((scores - shares) ** 2),
        "ece": lambda places: float(np.abs(gaps[places].sum(axis=0)).sum() / counts[places].sum()),
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


def _make_auroc(scores: Floats, shares: Floats) -> Callable[[Floats], float | None]:
    """AUROC where each prefix is both: passing with weight `share`, failing with the rest.

    What is sorted once serves any weights, those of every draw of a bootstrap.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    passing, failing = shares[order], 1 - shares[order]

    def auroc(weights: Floats) -> float | None:
        weight = weights[order]
        right, wrong = (np.add.reduceat(weight * part, starts) for part in (passing, failing))
        total = right.sum() * wrong.sum()
        below = np.cumsum(wrong) - wrong
        return float((right * (below + wrong / 2)).sum() / total) if total else None

    return auroc


def _losses(scores: Floats, outcomes: Floats) -> Floats:
    score = np.clip(scores, EDGE, 1 - EDGE)
    losses: Floats = -(outcomes * np.log(score) + (1 - outcomes) * np.log(1 - score))
    return losses
