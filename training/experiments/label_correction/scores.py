"""Statistics of a series' scores on drawn problems: a mean over seeds, then resampled."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dreamcode_training.metrics import EDGE, count_pairs
from experiments.label_correction.outcomes import Floats, Outcomes, Ranking, Series

Statistic = Callable[[NDArray[np.int64]], float | None]
"""Of the problems (or reference prefixes) at these places; None where it is undefined."""

BINS = 10


def finished_auroc(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the AUROC on finished test programs."""
    pool = outcomes.pool
    places = np.nonzero(pool.finished)
    rankings = [Ranking(own[places], pool.passed[places], places[0]) for own in series.scores]
    return _mean_auroc(rankings, len(pool.problems))


def finished_pairs(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the accuracy on pairs of finished test programs of one problem."""
    pool = outcomes.pool
    pairs = np.array(
        [
            [
                count_pairs(own[place][finished], pool.passed[place][finished])
                for place, finished in enumerate(pool.finished)
            ]
            for own in series.scores
        ]
    )  # [seeds, problems, 2]

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        right, total = pairs[:, drawn].sum(axis=1).T
        return float((right / total).mean()) if total.all() else None

    return statistic


def finished_nll(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the NLL (nats) on finished test programs."""
    finished = outcomes.pool.finished
    losses = [
        np.where(finished, _losses(own, outcomes.pool.passed.astype(float)), 0.0).sum(axis=1)
        for own in series.scores
    ]
    loss, count = np.mean(losses, axis=0), finished.sum(axis=1)

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        total = count[drawn].sum()
        return float(loss[drawn].sum() / total) if total else None

    return statistic


def finished_error(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the calibration error on finished test programs, ten equal bins."""
    pool = outcomes.pool
    gaps = [_gaps(own, pool.passed.astype(float), pool.finished) for own in series.scores]
    return _mean_error(gaps, pool.finished.sum(axis=1))


def prefix_auroc(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the soft AUROC on reference prefixes."""
    shares = [one.k / one.n for one in outcomes.reference]
    number = len(shares)
    rankings = [Ranking(own, shares, range(number)) for own in series.prefixes]
    return _mean_auroc(rankings, number)


def prefix_nll(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the NLL (nats) of the reference rollouts under the prefix scores."""
    shares = np.array([one.k / one.n for one in outcomes.reference])
    loss = np.mean([_losses(own, shares) for own in series.prefixes], axis=0)

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        return float(loss[drawn].mean())

    return statistic


def prefix_error(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the calibration error on reference prefixes, ten equal bins."""
    shares = np.array([[one.k / one.n] for one in outcomes.reference])
    every = np.ones(shares.shape, bool)
    gaps = [_gaps(own[:, None], shares, every) for own in series.prefixes]
    return _mean_error(gaps, every.sum(axis=1))


def _gaps(scores: Floats, shares: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Sums of score minus share, [problems, bins], of arrays of [problems, candidates]."""
    gap = np.where(counted, scores - shares, 0.0)
    bins = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    return np.stack([np.where(bins == b, gap, 0.0).sum(axis=1) for b in range(BINS)], axis=1)


def _mean_error(tables: Sequence[Floats], count: NDArray[np.int64]) -> Statistic:
    gaps = np.stack(tables)  # [seeds, problems, bins]

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        total = count[drawn].sum()
        if not total:
            return None
        return float(np.abs(gaps[:, drawn].sum(axis=1)).sum(axis=1).mean() / total)

    return statistic


def _mean_auroc(rankings: Sequence[Ranking], problems: int) -> Statistic:
    def statistic(drawn: NDArray[np.int64]) -> float | None:
        counts = np.bincount(drawn, minlength=problems)
        found = [ranking.auroc(counts) for ranking in rankings]
        known = [one for one in found if one is not None]
        return float(np.mean(known)) if known else None

    return statistic


def _losses(scores: Floats, shares: Floats) -> Floats:
    inside = np.clip(scores, EDGE, 1 - EDGE)
    losses: Floats = -(shares * np.log(inside) + (1 - shares) * np.log(1 - inside))
    return losses
