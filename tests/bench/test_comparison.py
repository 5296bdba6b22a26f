"""Two planted runs against what scipy says of the same table."""

import numpy as np
import pytest
from scipy import stats

from dreamcode.bench.comparison import compare, problems_needed
from dreamcode.errors import InputError
from tests.bench.test_measures import result

BOTH, FIRST, SECOND, NONE = 40, 22, 9, 29


def planted() -> tuple[list, list]:  # type: ignore[type-arg]
    ours = [True] * (BOTH + FIRST) + [False] * (SECOND + NONE)
    theirs = [True] * BOTH + [False] * FIRST + [True] * SECOND + [False] * NONE
    hard = ["hard" if place % 3 else "easy" for place in range(len(ours))]
    return (
        [result(f"p{i}", right, difficulty=hard[i]) for i, right in enumerate(ours)],
        [result(f"p{i}", right, difficulty=hard[i]) for i, right in enumerate(theirs)],
    )


def test_the_interval_and_the_p_value_are_those_of_scipy() -> None:
    one, other = planted()
    report = compare(one, other, resamples=20_000)
    gaps = np.array([a.graded[0] - 0.0 - b.graded[0] for a, b in zip(one, other, strict=True)])
    reference = stats.bootstrap(
        (gaps,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(5)
    ).confidence_interval
    difference = report["difference"]
    assert difference["value"] == pytest.approx((FIRST - SECOND) / 100)
    # Means of 100 outcomes lie on a grid of hundredths: two seeds may differ by one of them.
    assert difference["low"] == pytest.approx(reference.low, abs=0.0101)
    assert difference["high"] == pytest.approx(reference.high, abs=0.0101)
    test = difference["mcnemar"]
    assert (test["only_first"], test["only_second"]) == (FIRST, SECOND)
    assert test["p_value"] == pytest.approx(stats.binomtest(FIRST, FIRST + SECOND, 0.5).pvalue)


def test_problems_won_and_lost_are_named_by_difficulty_too() -> None:
    one, other = planted()
    report = compare(one, other, resamples=200)
    assert report["won"] == [f"p{i}" for i in range(BOTH, BOTH + FIRST)]
    assert report["lost"] == [f"p{i}" for i in range(BOTH + FIRST, BOTH + FIRST + SECOND)]
    parts = report["by_difficulty"]
    assert list(parts) == ["easy", "hard"]
    assert sum(part["problems"] for part in parts.values()) == 100
    mean = sum(part["value"] * part["problems"] for part in parts.values()) / 100
    assert mean == pytest.approx(report["difference"]["value"])


def test_only_problems_that_both_have_count() -> None:
    one, other = planted()
    report = compare(one[:60], other[40:], resamples=200)
    assert report["problems"] == 20
    assert len(report["left_out"]) == 80
    with pytest.raises(InputError, match="no problem in common"):
        compare(one[:10], other[10:])
    with pytest.raises(InputError, match="twice"):
        compare([one[0], one[0]], other)


def test_a_choice_and_shares_of_samples_are_compared_by_shares() -> None:
    ranked = [result("x", True, False, False), result("y", False, False)]
    shares = [result("x", True, False, False, ranked=False), result("y", True, True, ranked=False)]
    report = compare(ranked, shares, resamples=100)
    assert report["compared"] == "samples"
    assert report["first"]["value"] == pytest.approx(1 / 6)
    assert (report["won"], report["lost"]) == ([], ["y"])
    assert report["difference"]["mcnemar"]["only_second"] == 1


def test_the_needed_problems_give_the_promised_power() -> None:
    one, other = planted()
    gaps = np.array([a.graded[0] - 0.0 - b.graded[0] for a, b in zip(one, other, strict=True)])
    needed = problems_needed(gaps)
    assert needed is not None
    random = np.random.default_rng(0)
    found = 0
    for _ in range(2000):
        drawn = random.choice(gaps, needed)
        found += abs(drawn.mean()) / (drawn.std(ddof=1) / np.sqrt(needed)) > stats.norm.ppf(0.975)
    assert found / 2000 == pytest.approx(0.8, abs=0.04)
    assert problems_needed(np.zeros(10)) is None
