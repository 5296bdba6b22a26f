"""Intervals over problems, made in one way for all measures of a report."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dreamcode.grading.statistics import (
    SHARE,
    Disagreement,
    Estimate,
    bootstrap_interval,
    bootstrap_statistic,
    mcnemar_exact,
    paired_difference,
)
from dreamcode_training.metrics import Statistic

METRIC_RESAMPLES = 1000
"""Most resamples of AUROC and the like, each of which goes through all scores again."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference of shares of problems, its 95 % interval, and the exact test."""

    value: float
    low: float
    high: float
    mcnemar: Disagreement


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How often problems are drawn anew, and with which seed."""

    resamples: int = 10_000
    seed: int = 0

    def mean(self, values: ArrayLike) -> Estimate:
        """Mean over problems of values in [0, 1]."""
        return bootstrap_interval(values, self.resamples, self.seed)

    def share(self, counts: Sequence[tuple[float, float]]) -> Estimate | None:
        """How many of all, from (how many, of all) of each problem; None where all are none."""
        some, total = np.array(counts, float).reshape(-1, 2).T
        if not total.sum():
            return None
        shares = np.divide(some, total, out=np.zeros_like(some), where=total > 0)
        return bootstrap_interval(shares, self.resamples, self.seed, weights=total)

    def difference(
        self, first: ArrayLike, second: ArrayLike, bounds: tuple[float, float] = (-1.0, 1.0)
    ) -> Estimate:
        """Mean of first - second, both in [0, 1], over the same problems."""
        return paired_difference(first, second, self.resamples, self.seed, bounds)

    def compare(self, first: ArrayLike, second: ArrayLike) -> Difference:
        """The same where both say whether a problem is solved, with McNemar's test."""
        found = self.difference(first, second)
        return Difference(found.value, found.low, found.high, mcnemar_exact(first, second))

    def statistic(
        self, problems: int, statistic: Statistic, *, is_share: bool = False
    ) -> Estimate | None:
        """Any statistic of the drawn problems; None where it is undefined."""
        few, bounds = min(self.resamples, METRIC_RESAMPLES), SHARE if is_share else None
        return bootstrap_statistic(problems, statistic, few, self.seed, bounds)
