"""Bootstraps that draw problems and runs anew, and Holm's correction for many tests."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamcode.grading.statistics import Estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of every run and problem.

    Attributes:
        some: how much, [runs, problems].
        of: of how many, [runs, problems]; the measure of a run is sum(some) / sum(of).
    """

    some: Floats
    of: Floats


class Draws:
    """The same draws of problems for every measure, so that differences are paired.

    Problems and runs are drawn apart (Owen, The pigeonhole bootstrap, Annals of Applied
    Statistics, 2007): noise that belongs to neither counts twice, so intervals err to the wide
    side.

    Args:
        problems: how many there are.
        resamples: how many draws.
        seed: of the draws.
    """

    def __init__(self, problems: int, resamples: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        even = np.full(problems, 1 / problems)
        self._weights = random.multinomial(problems, even, size=resamples).astype(float)
        self._seed = seed

    def mean(self, measured: Measured) -> Estimate:
        """The mean over runs, with its 95 % interval."""
        return _estimate(*self._draw(measured))

    def compare(self, one: Measured, other: Measured) -> tuple[Estimate, float]:
        """The mean difference over runs, which are paired, with its interval and two-sided p."""
        (first, firsts), (second, seconds) = self._draw(one), self._draw(other)
        drawn = firsts - seconds
        known = drawn[np.isfinite(drawn)]
        sides = (known <= 0).sum(), (known >= 0).sum()
        p = (2 * min(sides) + 1) / len(known) if len(known) else 1.0
        return _estimate(first - second, drawn), min(1.0, float(p))

    def _draw(self, measured: Measured) -> tuple[float, Floats]:
        """The mean over runs, and that of every draw of problems and runs."""
        runs = len(measured.some)
        with np.errstate(invalid="ignore"):  # a draw may hold no problem that has anything
            whole = float((measured.some.sum(1) / measured.of.sum(1)).mean())
            each = (self._weights @ measured.some.T) / (self._weights @ measured.of.T)
        # The same runs for whoever has as many: those of two arms differ in the arm alone.
        random = np.random.default_rng((self._seed, runs))
        chosen = random.multinomial(runs, np.full(runs, 1 / runs), size=len(each))
        return whole, (each * chosen).sum(1) / runs


def _estimate(whole: float, drawn: Floats) -> Estimate:
    """With the interval of those draws that have a value; NaN where none has."""
    known = drawn[np.isfinite(drawn)]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (np.nan, np.nan)
    return Estimate(whole, float(low), float(high))


def adjust(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p (Scandinavian Journal of Statistics, 1979), in the order given."""
    order = sorted(range(len(p)), key=p.__getitem__)
    adjusted, least = [1.0] * len(p), 0.0
    for place, index in enumerate(order):
        least = max(least, min(1.0, (len(p) - place) * p[index]))
        adjusted[index] = least
    return adjusted
