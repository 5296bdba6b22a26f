"""Scores against outcomes, beside a constant."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from dreamcode.rewards.calibration import measure_reliability
from dreamcode_training.evaluation.foretelling import (
    list_prefixes,
    list_programs,
    list_rollouts,
    measure_constant,
    measure_scores,
)
from dreamcode_training.metrics import Scored, count_pairs, list_statistics
from tests.training.evaluation.planted import BOOTSTRAP, chain


def test_scores_are_measured_over_all_problems_and_drawn_by_problem() -> None:
    scored = [
        Scored((0.9, 0.2, 0.6), (1.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        Scored((), (), ()),
        Scored((0.7, 0.3), (1.0, 1.0), (1.0, 1.0)),
    ]
    found = measure_scores(scored, [], BOOTSTRAP)
    assert found is not None
    assert found.auroc is not None
    assert found.pairs is not None
    outcomes, scores = [1, 0, 0, 1, 1], [0.9, 0.2, 0.6, 0.7, 0.3]
    reference = roc_auc_score(outcomes, scores)
    assert found.auroc.value == pytest.approx(reference)
    assert found.auroc.low <= found.auroc.value <= found.auroc.high
    assert (found.count, found.problems) == (5, 2)
    assert found.pairs.value == 1  # 0.9 against 0.2 and 0.6; the other problem has no pair
    assert found.nll is not None
    assert found.brier is not None
    assert found.nll.value == pytest.approx(log_loss(outcomes, scores))
    assert found.brier.value == pytest.approx(brier_score_loss(outcomes, scores))
    assert found.constant is None
    assert measure_scores([Scored((), (), ())], [], BOOTSTRAP) is None


def test_statistics_of_drawn_problems_are_those_of_all_their_scores() -> None:
    random = np.random.default_rng(1)
    groups = []
    for size in random.integers(1, 9, 12):
        share, weight = random.integers(0, 3, size) / 2, random.integers(1, 4, size)
        scores = random.random(size).round(1)
        groups.append(Scored(tuple(scores), tuple(share), tuple(weight.astype(float))))
    statistics = list_statistics(groups)
    for places in (np.arange(12), random.integers(0, 12, 12), random.integers(0, 12, 12)):
        drawn = [groups[place] for place in places]
        scores, shares, weights = (
            np.concatenate([getattr(one, name) for one in drawn])
            for name in ("scores", "shares", "rollouts")
        )
        twice, outcome = np.concatenate([scores, scores]), np.repeat([1, 0], len(scores))
        weight = np.concatenate([weights * shares, weights * (1 - shares)])
        expected = roc_auc_score(outcome, twice, sample_weight=weight)
        assert statistics["auroc"](places) == pytest.approx(expected)
        error = measure_reliability(scores, shares).error
        assert statistics["ece"](places) == pytest.approx(error)
        assert statistics["brier"](places) == pytest.approx(((scores - shares) ** 2).mean())


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=12))
def test_accuracy_within_one_problem_is_its_auroc(rows: list[tuple[int, bool]]) -> None:
    scores, passed = zip(*rows, strict=True)
    right, total = count_pairs(scores, passed)
    assert total == sum(passed) * (len(passed) - sum(passed))
    if total:
        assert right / total == pytest.approx(roc_auc_score(passed, scores))


def test_half_passed_prefixes_are_no_pair_with_themselves() -> None:
    assert count_pairs([0.3], [0.5]) == (0.0, 0.0)
    assert count_pairs([0.3, 0.6], [0.5, 1.0]) == (0.5, 0.5)


def test_programs_prefixes_and_rollouts_are_kept_apart() -> None:
    pools = [
        [
            chain([0.6, 0.7, 0.8], passed=True, counts=[(1, 4), (0, 0)], prefixes="abc"),
            chain([0.6, None, 0.1], counts=[(1, 4), (2, 4)], prefixes="ade"),
            chain([0.5, 0.2], finished=False),
        ]
    ]
    assert list_programs(pools) == [Scored((0.8, 0.1), (1.0, 0.0), (1.0, 1.0))]
    assert list_prefixes(pools) == [
        Scored((0.6, 0.7, 0.6, 0.5), (1.0, 1.0, 0.0, 0.0), (1.0, 1.0, 1.0, 1.0))
    ]
    assert list_rollouts(pools) == [Scored((0.6,), (0.25,), (4.0,))]  # equal beginnings once


def test_the_constant_is_the_share_of_validation_problems() -> None:
    tested = [Scored((0.9, 0.2), (1.0, 0.0), (1.0, 1.0)), Scored((0.5,), (1.0,), (1.0,))]
    validation = [Scored((0.1, 0.1, 0.1, 0.1), (1.0, 0.0, 0.0, 0.0), (1.0,) * 4)]
    found = measure_constant(tested, validation)
    assert found is not None
    assert found.value == 0.25
    assert found.nll == pytest.approx(-(2 * math.log(0.25) + math.log(0.75)) / 3)
    assert found.brier == pytest.approx((2 * 0.75**2 + 0.25**2) / 3)
    assert found.ece == pytest.approx(2 / 3 - 0.25)


def test_no_other_number_does_better_than_the_share_of_the_same_data() -> None:
    random = Random(3)
    outcomes = tuple(float(random.random() < 0.3) for _ in range(400))
    scored = [Scored((0.5,) * 400, outcomes, (1.0,) * 400)]
    best = measure_constant(scored, scored)
    assert best is not None
    for tenths in (1, 2, 4, 5, 9):
        shares = (1.0,) * tenths + (0.0,) * (10 - tenths)
        other = measure_constant(scored, [Scored((0.5,) * 10, shares, (1.0,) * 10)])
        assert other is not None
        assert (other.value, best.nll < other.nll, best.brier < other.brier) == (
            tenths / 10,
            True,
            True,
        )
