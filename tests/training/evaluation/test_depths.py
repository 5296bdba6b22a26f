"""Same-depth pairs: by hand, and against scikit-learn problem by problem."""

from random import Random

import pytest
from sklearn.metrics import roc_auc_score

from dreamcode_training.evaluation.depths import (
    Fault,
    Quality,
    by_fault,
    by_outcome,
    count_by_depth,
    measure_depths,
)
from tests.training.evaluation.planted import BOOTSTRAP, chain, draw_pool


def test_pairs_are_of_one_problem_and_one_depth_and_of_unfinished_prefixes() -> None:
    pools = [
        [
            chain([0.5, 0.8, 0.9], passed=True),
            chain([0.5, 0.6, 0.1, 0.9]),
            chain([0.4, 0.9, 0.0]),
        ],
        [chain([0.9, 0.9], passed=True, problem="b"), chain([0.1, 0.99], problem="b")],
        [chain([0.1, 0.1], problem="c"), chain([0.2, 0.3], problem="c")],  # none passes: no pair
    ]
    found = measure_depths(pools, by_outcome, BOOTSTRAP)
    # Depth 1: a tie and a right one, and a right one of b; depth 2: 0.8 against 0.6 and 0.9.
    assert {depth: (one.right.value, one.pairs) for depth, one in found.by_depth.items()} == {
        1: (pytest.approx(2.5 / 3), 3),
        2: (0.5, 2),
    }
    assert found.all is not None
    assert (found.all.right.value, found.all.pairs) == (pytest.approx(3.5 / 5), 5)
    assert found.all.right.low <= 0.7 <= found.all.right.high


def test_a_prefix_is_sound_up_to_the_first_faulty_function() -> None:
    failed = chain([0.7, 0.6, 0.2, 0.1], sample=1)
    unknown = chain([0.0, 0.0, 0.0, 0.0], sample=2)
    quality = by_fault([Fault("a", 1, 2)])
    assert [quality(failed, depth) for depth in (1, 2, 3)] == [True, True, False]
    assert quality(unknown, 1) is None
    pool = [chain([0.5, 0.5, 0.5, 0.5], passed=True), failed, unknown]
    assert count_by_depth(pool, quality) == {1: (0, 0), 2: (0, 0), 3: (1, 1)}


@pytest.mark.parametrize("seed", range(20))
def test_one_depth_of_one_problem_is_its_auroc(seed: int) -> None:
    pool = draw_pool(Random(seed), 12)
    faults = [Fault(one.problem, one.sample, one.sample % 3) for one in pool if not one.passed]
    qualities: list[Quality] = [by_outcome, by_fault(faults)]
    for quality in qualities:
        for depth, (right, total) in count_by_depth(pool, quality).items():
            rows = [
                (one.rewards[depth - 1], quality(one, depth))
                for one in pool
                if depth < len(one.rewards) and one.rewards[depth - 1] is not None
            ]
            good = [outcome for _, outcome in rows]
            assert total == sum(map(bool, good)) * sum(not one for one in good)
            if total:
                expected = roc_auc_score(good, [reward for reward, _ in rows])
                assert right / total == pytest.approx(expected)


def test_without_pairs_nothing_is_said() -> None:
    found = measure_depths([[chain([0.5, 0.5])], [chain([None, 0.4])]], by_outcome, BOOTSTRAP)
    assert (found.all, found.by_depth) == (None, {})
