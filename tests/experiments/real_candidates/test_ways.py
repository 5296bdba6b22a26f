"""Measures of ways to rank, against numbers that are counted by hand."""

import math

import numpy as np
import pytest

from dreamcode_training.evaluation.scored import ScoredChain
from experiments.real_candidates.ways import list_measures, rank, subtract

WRITERS = {
    ("a", 0): "good", ("a", 1): "bad", ("a", 2): "bad",
    ("b", 0): "good", ("b", 1): "bad", ("b", 2): "new",
    ("c", 0): "good",
}  # fmt: skip
PASSED = dict(zip(WRITERS, [True, False, True, False, True, False, True], strict=True))
REWARDS = dict(zip(WRITERS, [0.9, 0.4, 0.3, 0.2, 0.6, 0.8, 0.1], strict=True))
LIKELIHOODS = dict(zip(WRITERS, [-1.0, -2.0, None, -1.0, -0.5, -3.0, -1.0], strict=True))
LENGTHS = dict(zip(WRITERS, [10, 10, 20, 30, 5, 50, 10], strict=True))
SHARES = {"good": 0.8, "bad": 0.3, "new": 0.5}
RATINGS = {key: SHARES[writer] for key, writer in WRITERS.items()}


def chain(key: tuple[str, int]) -> ScoredChain:
    # Of several steps the last one's reward is the program's.
    return ScoredChain(*key[:1], "test", key[1], PASSED[key], True, (0.99, REWARDS[key]), (0, 0))


POOLS = [[chain(key) for key in WRITERS if key[0] == name] for name in "abc"]
WAYS = rank(POOLS, LIKELIHOODS, LENGTHS, RATINGS)
ALL = np.arange(3)

# Pairs (right over wrong): a0>a1, a2>a1, b1>b0, b1>b2. Best of 2: of a0 a1, of b0 b1, of c0.
EXPECTED = {
    "reward": {"pairs": 2 / 4, "pairs of one writer": 0.0, "best": 1.0},
    "likelihood": {"pairs": 3 / 4, "pairs of one writer": 0.0, "best": 1.0},
    "length": {"pairs": 2.5 / 4, "pairs of one writer": 0.0, "best": 2.5 / 3},
    "writer": {"pairs": 1.5 / 4, "pairs of one writer": 0.5, "best": 2 / 3},
    "chance": {"pairs": 0.5, "pairs of one writer": 0.5, "auroc": 0.5, "best": 2 / 3},
    "oracle": {"pairs": 1.0, "pairs of one writer": 1.0, "auroc": 1.0, "best": 1.0},
}


@pytest.mark.parametrize("way", EXPECTED)
def test_measures_are_what_a_count_by_hand_says(way: str) -> None:
    found = list_measures(WAYS[way], WRITERS, 2)
    values = {name: found[name](ALL) for name in EXPECTED[way]}
    assert values == pytest.approx(EXPECTED[way])


def test_auroc_is_over_all_problems() -> None:
    right = [REWARDS[key] for key in WRITERS if PASSED[key]]
    wrong = [REWARDS[key] for key in WRITERS if not PASSED[key]]
    expected = np.mean([one > other for one in right for other in wrong])
    assert list_measures(WAYS["reward"], WRITERS, 2)["auroc"](ALL) == pytest.approx(expected)


def test_differences_are_those_of_the_same_problems() -> None:
    reward, length = (list_measures(WAYS[way], WRITERS, 2) for way in ("reward", "length"))
    difference = subtract(reward, length)["pairs"]
    assert difference(ALL) == pytest.approx(-0.5 / 4)
    first = difference(np.array([0, 0]))
    assert first == pytest.approx(1 / 2 - 0.5 / 2)
    assert difference(np.array([2])) is None  # a problem without a pair


def test_likelihoods_are_ranked_as_they_are() -> None:
    [scores] = [[one.rewards[-1] for one in pool] for pool in WAYS["likelihood"][:1]]
    assert scores == [math.exp(-1.0), math.exp(-2.0), 0.0]
