"""Intervals and tests against brute force, closed forms and scipy."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from dreamcode.errors import InputError
from dreamcode.grading.statistics import (
    bootstrap_interval,
    bootstrap_statistic,
    mcnemar_exact,
    paired_difference,
    pass_at_k,
)

VALUES = np.random.default_rng(3).gamma(2.0, size=60)


def test_the_interval_is_that_of_scipy() -> None:
    found = bootstrap_interval(VALUES, 20_000, seed=1)
    reference = stats.bootstrap(
        (VALUES,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert found.value == pytest.approx(VALUES.mean())
    spread = reference.high - reference.low
    assert found.low == pytest.approx(reference.low, abs=0.03 * spread)
    assert found.high == pytest.approx(reference.high, abs=0.03 * spread)


def test_of_three_values_every_resample_can_be_listed() -> None:
    values = [0.0, 1.0, 5.0]
    means = [sum(draw) / 3 for draw in itertools.product(values, repeat=3)]
    low, high = np.quantile(means, [0.025, 0.975], method="inverted_cdf")
    found = bootstrap_interval(values, 50_000, seed=0)
    assert (found.low, found.high) == (low, high)


def test_weights_count_answers() -> None:
    found = bootstrap_interval([0.5, 1.0], 1000, seed=0, weights=[3, 1])
    assert found.value == pytest.approx((3 * 0.5 + 1) / 4)
    assert (found.low, found.high) == (0.5, 1.0)


def test_a_seed_gives_the_same_interval_again() -> None:
    assert bootstrap_interval(VALUES, 500, 7) == bootstrap_interval(VALUES, 500, 7)
    assert bootstrap_interval(VALUES, 500, 7) != bootstrap_interval(VALUES, 500, 8)


def test_pairing_takes_away_what_problems_have_in_common() -> None:
    hard = np.linspace(0, 1, 50)
    better = paired_difference(hard + np.linspace(0.09, 0.11, 50), hard, 2000, seed=0)
    assert better.low == pytest.approx(0.1, abs=0.01)
    assert better.high == pytest.approx(0.1, abs=0.01)
    shuffled = paired_difference(hard + 0.1, hard[::-1], 2000, seed=0)
    assert shuffled.value == pytest.approx(0.1)
    assert shuffled.low < 0


def test_any_statistic_is_drawn_by_problem() -> None:
    median = bootstrap_statistic(
        len(VALUES), lambda places: float(np.median(VALUES[places])), 5000, seed=0
    )
    reference = stats.bootstrap(
        (VALUES,), np.median, n_resamples=5000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert median is not None
    assert median.value == np.median(VALUES)
    assert median.low == pytest.approx(reference.low, abs=0.1)
    assert median.high == pytest.approx(reference.high, abs=0.1)
    assert bootstrap_statistic(3, lambda _: None, 10, seed=0) is None


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(11)
    held = 0
    for trial in range(300):
        found = bootstrap_interval(random.random(80) < 0.3, 400, seed=trial)
        held += found.low <= 0.3 <= found.high
    assert 0.90 <= held / 300 <= 0.985


@pytest.mark.parametrize(("only_first", "only_second"), [(0, 0), (1, 0), (9, 2), (4, 4), (30, 12)])
def test_mcnemar_sums_the_binomial_tails(only_first: int, only_second: int) -> None:
    first = [True] * only_first + [False] * only_second + [True, False] * 5
    second = [False] * only_first + [True] * only_second + [True, False] * 5
    found = mcnemar_exact(first, second)
    total, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(total, k) for k in range(fewer + 1)) / 2**total
    assert (found.only_first, found.only_second) == (only_first, only_second)
    assert found.p_value == pytest.approx(min(1.0, 2 * tail))


def test_pass_at_k_is_the_share_of_all_draws() -> None:
    for n, k in itertools.product(range(1, 7), range(1, 7)):
        for c in range(n + 1 if k <= n else 0):
            right = [place < c for place in range(n)]
            draws = [any(draw) for draw in itertools.combinations(right, k)]
            assert pass_at_k(n, c, k) == pytest.approx(sum(draws) / len(draws))


def test_nonsense_is_refused() -> None:
    for values in ([], [[1.0]], [float("nan")]):
        with pytest.raises(InputError):
            bootstrap_interval(values, 10, 0)
    with pytest.raises(InputError, match="weights"):
        bootstrap_interval([1.0], 10, 0, weights=[0.0])
    with pytest.raises(InputError, match="cannot be paired"):
        paired_difference([1.0], [1.0, 2.0], 10, 0)
    with pytest.raises(InputError, match="cannot be paired"):
        mcnemar_exact([True], [True, False])
    with pytest.raises(InputError, match="pass@3"):
        pass_at_k(2, 1, 3)


# Of no failures (and of no successes) in n, two-sided 95 %: Clopper & Pearson 1934, as printed in
# the usual tables; for three and ten also the "rule of three" made exact.
ENDS = {1: 0.9750, 2: 0.8419, 3: 0.7076, 5: 0.5218, 10: 0.3085, 20: 0.1684, 50: 0.0711, 100: 0.0362}


@pytest.mark.parametrize("problems", ENDS)
def test_at_the_ends_the_interval_is_the_exact_one(problems: int) -> None:
    none = bootstrap_interval([0.0] * problems, 100, seed=0)
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(ENDS[problems], abs=5e-5)
    every = bootstrap_interval([1.0] * problems, 100, seed=0)
    assert (every.value, every.high) == (1.0, 1.0)
    assert every.low == pytest.approx(1 - ENDS[problems], abs=5e-5)
    exact = stats.binomtest(problems, problems).proportion_ci(0.95, "exact")
    assert (every.low, every.high) == (pytest.approx(exact.low), pytest.approx(exact.high))


def test_where_no_problem_differs_a_difference_may_still_be_as_large_as_the_share_unseen() -> None:
    same = paired_difference([1, 0] * 5, [1, 0] * 5, 100, seed=0)
    assert same.value == 0
    assert (same.low, same.high) == pytest.approx((-ENDS[10], ENDS[10]), abs=5e-5)
    always = paired_difference([1] * 10, [0] * 10, 100, seed=0)
    assert (always.value, always.high) == (1, 1)
    assert always.low == pytest.approx(1 - 2 * ENDS[10], abs=1e-4)


def test_rounding_is_no_difference_between_problems() -> None:
    found = bootstrap_interval([0.1 + 0.2, 0.3, 0.3], 100, seed=0)
    assert found.high - found.low > 0.5


def test_as_good_as_all_is_no_more_certain_than_all() -> None:
    nearly = [1.0] * 9 + [0.9999]
    found = bootstrap_interval(nearly, 100, seed=0)
    assert found.value == pytest.approx(0.99999)
    assert found.low == pytest.approx(1 - ENDS[10], abs=1e-4)
    mirrored = bootstrap_interval([1 - value for value in nearly], 100, seed=0)
    assert (1 - mirrored.low, 1 - mirrored.high) == pytest.approx((found.high, found.low))
    apart = bootstrap_interval([1.0] * 9 + [0.99], 1000, seed=0)
    assert apart.low > 0.99  # which tables can show


def test_problems_without_weight_are_no_evidence() -> None:
    found = bootstrap_interval([1.0, 0.0], 100, seed=0, weights=[1.0, 0.0])
    assert (found.low, found.high) == (pytest.approx(0.025), 1.0)


def test_a_statistic_with_bounds_has_an_interval_where_all_draws_agree() -> None:
    found = bootstrap_statistic(10, lambda _: 1.0, 50, seed=0, bounds=(0.0, 1.0))
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(1 - ENDS[10], abs=5e-5), 1.0)
