"""Calibration finds what was planted, and measures what is off."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from dreamcode.errors import InputError
from dreamcode.rewards.calibration import fit_temperature, measure_reliability


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(("temperature", "bias"), [(1.0, 0.0), (3.0, -1.0), (0.4, 0.7)])
def test_planted_temperature_and_bias_are_found(temperature: float, bias: float) -> None:
    draw = np.random.default_rng(0)
    logits = draw.normal(size=40_000) * 2 * temperature
    chance = sigmoid(logits / temperature + bias)
    hard = (draw.random(chance.shape) < chance).astype(float)
    assert fit_temperature(logits, hard) == pytest.approx((temperature, bias), rel=0.05, abs=0.05)
    soft = draw.binomial(8, chance) / 8
    assert fit_temperature(logits, soft) == pytest.approx((temperature, bias), rel=0.05, abs=0.05)
    # Told the chances themselves there is nothing to estimate.
    assert fit_temperature(logits, chance) == pytest.approx((temperature, bias), rel=2e-3, abs=2e-3)


def test_it_agrees_with_logistic_regression() -> None:
    draw = np.random.default_rng(1)
    logits = draw.normal(size=5000)
    outcomes = (draw.random(5000) < sigmoid(0.5 * logits + 1)).astype(float)
    other = LogisticRegression(C=np.inf).fit(logits[:, None], outcomes)
    temperature, bias = fit_temperature(logits, outcomes)
    assert 1 / temperature == pytest.approx(other.coef_[0, 0], abs=2e-3)
    assert bias == pytest.approx(other.intercept_[0], abs=2e-3)


@pytest.mark.parametrize("outcomes", [[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0]])
def test_one_sided_separated_and_inverted_outcomes_stay_finite(outcomes: list[int]) -> None:
    temperature, bias = fit_temperature([-2, -1, 1, 2], outcomes)
    assert 0 < temperature <= 1000
    assert abs(bias) < 10


def test_reliability_of_a_known_table() -> None:
    found = measure_reliability([0.0, 0.1, 0.9, 1.0, 0.55], [0, 1, 1, 1, 0.5], bins=4)
    assert found.edges == (0, 0.25, 0.5, 0.75, 1)
    assert found.counts == (2, 0, 1, 2)
    assert found.predicted == pytest.approx((0.05, None, 0.55, 0.95))
    assert found.observed == pytest.approx((0.5, None, 0.5, 1.0))
    assert found.error == pytest.approx((2 * 0.45 + 0.05 + 2 * 0.05) / 5)


def test_calibrated_chances_have_little_error_and_sharpened_ones_much() -> None:
    draw = np.random.default_rng(2)
    logits = draw.normal(size=20_000)
    outcomes = (draw.random(20_000) < sigmoid(logits)).astype(float)
    assert measure_reliability(sigmoid(logits), outcomes).error < 0.02
    assert measure_reliability(sigmoid(4 * logits), outcomes).error > 0.1
    temperature, bias = fit_temperature(4 * logits, outcomes)
    mended = sigmoid(4 * logits / temperature + bias)
    assert measure_reliability(mended, outcomes).error < 0.02


@pytest.mark.parametrize(
    ("values", "outcomes"),
    [([], []), ([0.5], [0.5, 0.5]), ([np.nan], [0.0]), ([0.5], [1.5]), ([0.5], [np.nan])],
)
def test_bad_observations_are_refused(values: list[float], outcomes: list[float]) -> None:
    with pytest.raises(InputError):
        fit_temperature(values, outcomes)
    with pytest.raises(InputError):
        measure_reliability(values, outcomes)


def test_a_prediction_is_a_chance() -> None:
    with pytest.raises(InputError, match=r"1\.5"):
        measure_reliability([1.5], [1.0])
