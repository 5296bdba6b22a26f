"""How sure a measured difference is: bootstrap over problems, exact McNemar, unbiased pass@k.

Several answers to one problem are not independent, so what is drawn again is problems. Where all
problems have the same value a bootstrap knows of no other; there, the interval is exact.
Needs numpy and scipy (`pip install 'dreamcode[bench]'`).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dreamcode.errors import InputError

Floats = NDArray[np.float64]

CHUNK = 4_000_000
"""Drawn places that are held in memory at once."""

TAIL = 0.025
"""Chance that is left on each side of an interval."""

ALIKE = 1e-12
"""Differences below this are rounding."""

AT_END = 1e-3
"""So near to the least or the greatest that it can be, tables show a value as that."""

SHARE = (0.0, 1.0)
"""What a share can be at all."""

DIFFERENCE = (-1.0, 1.0)
"""What a difference of shares can be at all."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, or another statistic, and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Problems that only one of two solved.

    Attributes:
        only_first: solved by the first alone.
        only_second: solved by the second alone.
        p_value: chance of a split at least as uneven if both were equally good, two-sided.
    """

    only_first: int
    only_second: int
    p_value: float


def bootstrap_interval(
    values: ArrayLike,
    resamples: int,
    seed: int,
    *,
    weights: ArrayLike | None = None,
    bounds: tuple[float, float] = SHARE,
) -> Estimate:
    """Mean over problems with its percentile interval (Efron & Tibshirani 1993, chapter 13).

    Where all problems have one value, or as good as the least or the greatest that there is, see
    `bound_constant`: at 0 or 1 this is the exact interval of Clopper and Pearson.

    Args:
        values: one number per problem, shape (problems,).
        resamples: how often problems are drawn anew.
        seed: seed of the draws.
        weights: one weight per problem, shape (problems,), such as how many answers `values` is the
            mean of; None weighs all alike.
        bounds: the least and the greatest that a value can be.

    Raises:
        InputError: there are no values, or weights that sum to nothing.
    """
    value = _vector(values)
    weight = np.ones_like(value) if weights is None else _vector(weights)
    if weight.shape != value.shape or not weight.sum() > 0:
        raise InputError("a bootstrap needs as many weights as values, and some above 0")
    counted = value[weight > 0]
    mean = float(weight @ value / weight.sum())
    if _is_constant(counted, bounds):
        return bound_constant(mean, counted.size, bounds)
    means: list[Floats] = []
    for places in _draws(len(value), resamples, seed):
        total = weight[places].sum(axis=1)  # 0 where all that were drawn weigh nothing: no mean
        sums = (weight * value)[places].sum(axis=1)
        means.append(sums[total > 0] / total[total > 0])
    return take_interval(mean, np.concatenate(means))


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    resamples: int,
    seed: int,
    bounds: tuple[float, float] = DIFFERENCE,
) -> Estimate:
    """Mean of first - second over the same problems, with its interval.

    Args:
        first: one value per problem, shape (problems,).
        second: values of the other on the same problems, in the same order.
        resamples: how often problems are drawn anew.
        seed: seed of the draws.
        bounds: the least and the greatest that a difference can be.

    Raises:
        InputError: there are no values, or not equally many of both.
    """
    one, other = _vector(first), _vector(second)
    if one.shape != other.shape:
        raise InputError(f"{len(one)} values cannot be paired with {len(other)}")
    return bootstrap_interval(one - other, resamples, seed, bounds=bounds)


def bound_constant(value: float, problems: int, bounds: tuple[float, float]) -> Estimate:
    """The interval of a mean of which nothing is known but that all problems have one value.

    None of them having another, at most a share u of all problems has (Clopper & Pearson 1934, for
    0 of n), and these may have any value within `bounds`.

    Args:
        value: what all problems have.
        problems: how many there are.
        bounds: the least and the greatest that a value can be.
    """
    low, high = bounds
    share = 1.0 - TAIL ** (1.0 / problems)
    return Estimate(
        value, value - share * max(0.0, value - low), value + share * max(0.0, high - value)
    )


def bootstrap_statistic(
    problems: int,
    statistic: Callable[[NDArray[np.int64]], float | None],
    resamples: int,
    seed: int,
    bounds: tuple[float, float] | None = None,
) -> Estimate | None:
    """Any statistic of the drawn problems, with its interval; None where it is undefined.

    Args:
        problems: how many problems there are.
        statistic: its value on the problems at the given places, which may repeat, or None.
        resamples: how often problems are drawn anew.
        seed: seed of the draws.
        bounds: the least and the greatest that the statistic can be, where it is a mean or the
            like: then it has an interval where all draws give the same.

    Raises:
        InputError: there are no problems.
    """
    whole = statistic(np.arange(problems))
    if whole is None:
        return None
    found = [
        value
        for places in _draws(problems, resamples, seed)
        for row in places
        if (value := statistic(row)) is not None
    ]
    drawn = np.asarray(found or [whole])
    if bounds is not None and _is_constant(drawn, bounds):
        return bound_constant(whole, problems, bounds)
    return take_interval(whole, drawn)


def mcnemar_exact(first: ArrayLike, second: ArrayLike) -> Disagreement:
    """Whether two are equally good, from the problems that only one of them solved.

    Args:
        first: whether the first solved each problem, shape (problems,).
        second: whether the second did, in the same order.

    Raises:
        InputError: `first` and `second` are not equally long.
    """
    from scipy.stats import binomtest  # type: ignore[import-untyped]

    one, other = np.asarray(first, bool), np.asarray(second, bool)
    if one.shape != other.shape:
        raise InputError(f"{one.size} outcomes cannot be paired with {other.size}")
    only_first, only_second = int((one & ~other).sum()), int((other & ~one).sum())
    total = only_first + only_second
    p_value = float(binomtest(only_first, total, 0.5).pvalue) if total else 1.0
    return Disagreement(only_first, only_second, p_value)


def pass_at_k(n: int, c: int, k: int) -> float:
    """Chance that k of n samples, drawn without repeats, hold one of the c right ones.

    Source: Chen et al. 2021, arXiv 2107.03374, equation 1.

    Raises:
        InputError: not 0 <= c <= n or not 1 <= k <= n.
    """
    if not 0 <= c <= n or not 1 <= k <= n:
        raise InputError(f"pass@{k} of {c} right ones among {n}: needs 0 <= c <= n, 1 <= k <= n")
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def take_interval(value: float, resampled: ArrayLike) -> Estimate:
    """An estimate with the interval that holds the middle of what was drawn; NaN was not."""
    low, high = np.nanquantile(np.asarray(resampled, np.float64), [TAIL, 1 - TAIL])
    return Estimate(value, float(low), float(high))


def _is_constant(values: Floats, bounds: tuple[float, float]) -> bool:
    """Whether values are one, or all as good as one of the bounds."""
    low, high = bounds
    least, most = values.min(), values.max()
    return bool(most - least < ALIKE or most < low + AT_END or least > high - AT_END)


def _vector(values: ArrayLike) -> Floats:
    vector = np.asarray(values, np.float64)
    if vector.ndim != 1 or not vector.size or not np.isfinite(vector).all():
        raise InputError("a bootstrap needs one finite value per problem, and one problem at least")
    return vector


def _draws(problems: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Places drawn with repeats, shape (some, problems), in pieces of limited size."""
    if problems < 1 or resamples < 1:
        raise InputError("a bootstrap needs one problem and one resample at least")
    random = np.random.default_rng(seed)
    rows = max(1, CHUNK // problems)
    for start in range(0, resamples, rows):
        yield random.integers(0, problems, (min(rows, resamples - start), problems))
