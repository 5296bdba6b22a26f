"""Pruning: by hand, and what perfect and random rewards come to."""

from dataclasses import replace
from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode_training.evaluation.pruning import (
    count_whole,
    expect_random,
    measure_pruning,
    prune,
)
from dreamcode_training.evaluation.scored import ScoredChain
from tests.training.evaluation.planted import BOOTSTRAP, chain, draw_pool

seeds = st.integers(0, 10**6)
sizes = st.integers(1, 20)


def reward_all(pool: list[ScoredChain], random: Random | None = None) -> list[ScoredChain]:
    """With rewards that know the outcome, or none of it."""
    return [
        replace(
            one,
            finished=True,
            rewards=tuple(random.random() if random else float(one.passed) for _ in one.rewards),
        )
        for one in pool
    ]


def test_halves_are_dropped_after_the_second_step_and_the_third() -> None:
    pool = [
        chain([0.9, 0.1, 0.9, 0.9], tokens=[1, 10, 100, 1000]),
        chain([0.1, 0.6, 0.3, 0.9], tokens=[2, 20, 200, 2000]),
        chain([0.1, 0.7, 0.4, 0.1], tokens=[3, 30, 300, 3000], passed=True),
        chain([0.1, 0.2, 0.9, 0.9], tokens=[4, 40, 400, 4000]),
    ]
    # All write two steps (110), the second and the third one more (500), the third its last.
    assert prune(pool) == (2, 110 + 500 + 3000)
    assert prune(pool[:1]) == (0, 1111)


def test_a_finished_program_stays_with_its_reward_and_an_unfinished_end_does_not() -> None:
    short = chain([0.5, 0.9], tokens=[1, 1])
    others = [chain([0.1, 0.8, 0.7, 0.5], tokens=[1, 1, 1, 1]), chain([0.1, 0.3], tokens=[1, 1])]
    assert prune([others[0], short, others[1]]) == (1, 7)
    cut = replace(short, finished=False)
    assert prune([others[0], cut, others[1]])[0] == 0


def test_whole_programs_for_the_same_tokens_are_at_least_one() -> None:
    pool = [chain([0.5], tokens=[t]) for t in (10, 20, 30)]
    assert [count_whole(pool, tokens) for tokens in (5, 10, 29, 30, 60, 99)] == [1, 1, 1, 2, 3, 3]


@given(seeds, sizes)
def test_with_perfect_rewards_pruning_finds_what_an_oracle_finds(seed: int, size: int) -> None:
    pool = reward_all(draw_pool(Random(seed), size))
    place, tokens = prune(pool)
    assert pool[place].passed == any(one.passed for one in pool)
    assert sum(pool[place].tokens) <= tokens <= sum(sum(one.tokens) for one in pool)


SIZES = pytest.mark.parametrize(("seed", "size"), [(0, 16), (1, 7), (2, 3), (3, 1)])


@SIZES
def test_random_rewards_come_to_what_is_expected(seed: int, size: int) -> None:
    random = Random(seed)
    tokens = [[random.randint(1, 9) for _ in range(5)] for _ in range(size)]
    pool = [
        chain([0.5] * 5, tokens=own, passed=number % 3 == 0) for number, own in enumerate(tokens)
    ]
    found = [prune(reward_all(pool, random)) for _ in range(4000)]
    solved, spent = expect_random(pool)
    assert mean(pool[place].passed for place, _ in found) == pytest.approx(solved, abs=0.03)
    assert mean(tokens for _, tokens in found) == pytest.approx(spent, rel=0.02)


@SIZES
def test_programs_that_end_early_are_drawn_like_all_others(seed: int, size: int) -> None:
    random = Random(seed)
    pool = draw_pool(random, size)

    def halve() -> tuple[bool, int]:
        left, tokens = pool, 0
        for depth in range(6):
            tokens += sum(sum(one.tokens[depth : depth + 1]) for one in left)
            if depth >= 1:
                left = random.sample(left, -(-len(left) // 2))
        return left[0].passed, tokens

    found = [halve() for _ in range(4000)]
    solved, spent = expect_random(pool)
    assert mean(passed for passed, _ in found) == pytest.approx(solved, abs=0.03)
    assert mean(tokens for _, tokens in found) == pytest.approx(spent, rel=0.02)


def test_pruning_stands_beside_what_the_same_tokens_are_worth() -> None:
    pools = [
        [
            chain([0.5, 0.1, 0.9], tokens=[1, 1, 8]),
            chain([0.5, 0.2, 0.8], tokens=[1, 1, 8]),
            chain([0.5, 0.9, 0.9], tokens=[1, 1, 8], passed=True),
            chain([0.5, 0.3, 0.1], tokens=[1, 1, 8]),
        ]
    ]
    found = measure_pruning(pools, "last", BOOTSTRAP)
    assert found is not None
    # Four times two tokens, and two third steps: as much as two whole programs.
    assert (found.pruned.tokens, found.m, found.best_of_m.tokens) == (24, 2, 20)
    assert (found.pruned.solved.value, found.best_of_m.solved.value) == (1, 0)
    assert (found.first.solved.value, found.random.solved.value) == (0, 0.25)
    assert {name: one.value for name, one in found.differences.items()} == {
        "best_of_m": 1,
        "first": 1,
        "random": 0.75,
    }
    assert found.random.tokens == 24  # all programs are alike here
    assert found.candidates == 4


def test_a_model_of_whole_programs_prunes_nothing() -> None:
    assert measure_pruning([[chain([None, 0.5]), chain([None, 0.6])]], "last", BOOTSTRAP) is None
