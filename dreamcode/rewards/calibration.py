"""Rewards that mean what they say: of prefixes with reward 0.7, 70 % should end well.

Temperature scaling with a bias (Guo et al. 2017, arXiv 1706.04599, section 4.2), fitted on
problems that took no part in training. Needs numpy and scipy (`pip install dreamcode[train]`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import expit  # type: ignore[import-untyped]

from dreamcode.errors import InputError

Floats = NDArray[np.float64]

SMALLEST_SLOPE = 1e-3
"""A reward model whose order is wrong is flattened, never turned around."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Predicted against observed, in bins of equal width over [0, 1].

    Attributes:
        edges: edges of the bins, one more than there are bins.
        predicted: mean prediction in each bin; None where it is empty.
        observed: mean outcome in each bin; None where it is empty.
        counts: predictions in each bin.
    """

    edges: tuple[float, ...]
    predicted: tuple[float | None, ...]
    observed: tuple[float | None, ...]
    counts: tuple[int, ...]

    @property
    def filled(self) -> list[tuple[float, float, int]]:
        """Mean prediction, mean outcome and count of each bin that is not empty."""
        return [
            (predicted, observed, count)
            for predicted, observed, count in zip(
                self.predicted, self.observed, self.counts, strict=True
            )
            if predicted is not None and observed is not None
        ]

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of the two, weighted by counts, in [0, 1]."""
        gaps = [count * abs(predicted - observed) for predicted, observed, count in self.filled]
        return sum(gaps) / sum(self.counts)


def fit_temperature(logits: ArrayLike, outcomes: ArrayLike) -> tuple[float, float]:
    """Temperature and bias under which sigmoid(logit / temperature + bias) fits best.

    Minimises cross-entropy, with a pull towards temperature 1 and bias 0 that weighs as much as
    one observation: it keeps the answer finite where the outcomes are all the same or perfectly
    separated, and is lost among many.

    Args:
        logits: uncalibrated log-odds, shape (n,).
        outcomes: what came of each, in [0, 1], shape (n,); fractions are allowed.

    Raises:
        InputError: no observations, shapes that differ, or values that are no outcomes.
    """
    x, y = _check(logits, outcomes)

    # In the slope, 1 / temperature, this is convex: there is one minimum, and no start misses it.
    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, bias = parameters
        z = slope * x + bias
        value = np.logaddexp(0, z).sum() - y @ z + ((slope - 1) ** 2 + bias**2) / 2
        surplus = expit(z) - y
        return float(value), np.array([surplus @ x + slope - 1, surplus.sum() + bias])

    bounds = [(SMALLEST_SLOPE, None), (None, None)]
    found: Any = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
    slope, bias = found.x
    return float(1 / slope), float(bias)


def measure_reliability(
    predictions: ArrayLike, outcomes: ArrayLike, *, bins: int = 10
) -> Reliability:
    """How well predicted chances agree with what came of them.

    Args:
        predictions: predicted chances in [0, 1], shape (n,).
        outcomes: what came of each, in [0, 1], shape (n,); fractions are allowed.
        bins: how many bins.

    Raises:
        InputError: no observations, shapes that differ, or values outside [0, 1].
    """
    x, y = _check(predictions, outcomes)
    if x.min() < 0 or x.max() > 1:
        raise InputError(f"predictions must lie in [0, 1]; these go from {x.min()} to {x.max()}")
    place = np.minimum((x * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, weights=values, minlength=bins) for values in (x, y)]
    predicted, observed = (
        tuple(float(s / c) if c else None for s, c in zip(sum_, counts, strict=True))
        for sum_ in sums
    )
    edges = tuple(float(edge) for edge in np.linspace(0, 1, bins + 1))
    return Reliability(edges, predicted, observed, tuple(int(count) for count in counts))


def _check(values: ArrayLike, outcomes: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(values, np.float64), np.asarray(outcomes, np.float64)
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise InputError(f"calibration needs as many values as outcomes; got {x.shape}, {y.shape}")
    if not np.isfinite(x).all():
        raise InputError("calibration needs finite values; look for a model that diverged")
    if not (y >= 0).all() or not (y <= 1).all():
        raise InputError("calibration needs outcomes in [0, 1]")
    return x, y
