import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import bootstrap  # type: ignore[import-untyped]

from experiments.label_correction.draws import Draws, Measured, adjust

Floats = NDArray[np.float64]


def of_each(some: Floats) -> Measured:
    """One thing per run and problem."""
    return Measured(some, np.ones_like(some))


def test_holm_by_hand() -> None:
    # .005 x 4, .01 x 3, .03 x 2, and .04 x 1, which may not fall below the one before it.
    assert adjust([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjust([0.5, 0.6]) == [1.0, 1.0]
    assert adjust([0.02]) == [0.02]
    assert adjust([]) == []


def test_holm_as_its_paper_defines_it() -> None:
    """Step down: the smallest at alpha / m, the next at alpha / (m - 1), until one fails."""
    random = np.random.default_rng(0)
    for _ in range(50):
        p = random.random(8) ** 3
        rejected = set[int]()
        for place, index in enumerate(np.argsort(p)):
            if p[index] > 0.05 / (8 - place):
                break
            rejected.add(int(index))
        assert {i for i, own in enumerate(adjust(p.tolist())) if own <= 0.05} == rejected


def test_a_measure_is_the_mean_over_runs_of_all_that_problems_have() -> None:
    some = np.array([[1.0, 0.0, 2.0], [1.0, 2.0, 3.0]])
    of = np.array([[2.0, 0.0, 2.0], [2.0, 4.0, 4.0]])
    found = Draws(3, 500, 0).mean(Measured(some, of))
    assert found.value == pytest.approx((3 / 4 + 6 / 10) / 2)
    assert found.low <= found.value <= found.high


def test_an_interval_of_one_run_is_that_of_another_library() -> None:
    values = np.random.default_rng(1).gamma(1.0, size=60)
    known = bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", random_state=2
    ).confidence_interval
    found = Draws(60, 20_000, 0).mean(of_each(values[None]))
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.01)


def test_intervals_cover_the_truth_19_times_of_20() -> None:
    """Problems differ, runs differ, and every outcome is a draw of its own."""
    random = np.random.default_rng(1)
    draws = Draws(60, 400, 0)
    covered = 0
    for _ in range(300):
        chance = 0.5 + 0.3 * random.uniform(-1, 1, 60) + 0.1 * random.uniform(-1, 1, (10, 1))
        found = draws.mean(of_each((random.random((10, 60)) < chance).astype(float)))
        covered += found.low <= 0.5 <= found.high
    assert 0.91 < covered / 300 < 0.99


def test_what_two_arms_share_cancels() -> None:
    random = np.random.default_rng(2)
    shared = random.normal(size=(10, 1)) + random.normal(size=(10, 40))
    draws = Draws(40, 1000, 0)
    better, worse = of_each(shared + 0.1), of_each(shared)
    difference, p = draws.compare(better, worse)
    assert (difference.low, difference.high) == pytest.approx((0.1, 0.1))
    assert p == pytest.approx(1 / 1000)
    reverse, same = draws.compare(worse, better)
    assert reverse.value == pytest.approx(-0.1)
    assert same == p
    alone = draws.mean(better)
    assert alone.high - alone.low > 0.2
    # Other runs beside each other share nothing.
    wide, unsure = draws.compare(better, of_each(shared[::-1]))
    assert wide.high - wide.low > 0.2
    assert unsure > 0.05


@pytest.mark.parametrize(("noise", "least", "most"), [(0.0, 6, 26), (1.0, 0, 18)])
def test_where_nothing_differs_p_is_small_one_time_of_twenty(
    noise: float, least: int, most: int
) -> None:
    """Or less often: what is neither the problem's nor the run's own counts twice."""
    random = np.random.default_rng(3)
    draws, small = Draws(80, 400, 0), 0
    for _ in range(300):
        one, two = random.normal(size=(2, 1, 80)) + noise * random.normal(size=(2, 4, 80))
        small += draws.compare(of_each(one), of_each(two))[1] < 0.05
    assert least <= small <= most
    assert draws.compare(of_each(one), of_each(one))[1] == 1.0


def test_draws_in_which_nothing_can_be_measured_do_not_count() -> None:
    """Of four problems one has pairs: many draws miss it, none says that p is small."""
    some, of = np.array([[0.0, 0, 0, 3]]), np.array([[0.0, 0, 0, 4]])
    draws = Draws(4, 500, 0)
    assert draws.mean(Measured(some, of)).low == 0.75
    assert draws.compare(Measured(some, of), Measured(some, of))[1] == 1.0
    nothing = Measured(np.zeros((1, 4)), np.zeros((1, 4)))
    assert np.isnan(draws.mean(nothing).low)
    assert draws.compare(nothing, nothing)[1] == 1.0
