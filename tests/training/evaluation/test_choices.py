"""Best-of-n, by hand and against a plain loop."""

from random import Random

import pytest

from dreamcode.errors import InputError
from dreamcode.rewards.aggregation import AGGREGATIONS, aggregate
from dreamcode_training.evaluation.choices import choose, measure_aggregations, measure_choices
from dreamcode_training.evaluation.scored import ScoredChain
from tests.training.evaluation.planted import BOOTSTRAP, chain, draw_pool


def right(reward: float, logprob: float | None = -1.0) -> ScoredChain:
    return chain([0.5, reward], passed=True, logprob=logprob)


def wrong(reward: float, logprob: float | None = -1.0) -> ScoredChain:
    return chain([0.5, reward], logprob=logprob)


POOLS = [
    [wrong(0.1), right(0.9), wrong(0.2)],  # the reward finds it
    [wrong(0.9), right(0.1), wrong(0.2)],  # it does not
    [right(0.5), wrong(0.4), right(0.3)],  # already the first
    [wrong(0.5), wrong(0.4), right(0.9)],  # the right one is the third
]


def test_the_best_is_chosen_and_ties_go_to_the_earlier() -> None:
    pool = [
        chain([0.99], finished=False, logprob=-0.1),
        wrong(0.4, -0.3),
        right(0.9, -0.9),
        right(0.9, -0.3),
    ]
    assert choose(pool, "first") == 0
    assert choose(pool, "last") == 2
    assert choose(pool, "likelihood") == 1  # not the unfinished one
    assert choose(pool[:1], "last") == 0


def test_rates_and_regret_are_counted_by_problem() -> None:
    two = measure_choices(POOLS, "last", 2, BOOTSTRAP)
    values = {way: rate.value for way, rate in two.rates.items()}
    assert values == {"reward": 0.5, "first": 0.25, "likelihood": 0.25, "oracle": 0.75}
    assert two.regret.value == 0.25
    found = two.differences["first"]
    assert (found.value, found.mcnemar.only_first, found.mcnemar.only_second) == (0.25, 1, 0)
    assert found.mcnemar.p_value == 1.0
    assert two.pass_at_1 == pytest.approx((1 + 1 + 2 + 1) / 12)
    assert two.pass_at_n == pytest.approx((2 / 3 + 2 / 3 + 1 + 2 / 3) / 4)
    # pass@1 is 5/12 and pass@2 is 3/4: the chosen half lies a quarter of the way.
    assert two.gap_closed is not None
    assert two.gap_closed.value == pytest.approx((1 / 2 - 5 / 12) / (3 / 4 - 5 / 12))
    assert 0 <= two.regret.low <= 0.25 <= two.regret.high <= 1
    assert measure_choices(POOLS, "last", 3, BOOTSTRAP).rates["reward"].value == 0.75
    with pytest.raises(InputError, match="best of 4 needs 4 candidates"):
        measure_choices(POOLS, "last", 4, BOOTSTRAP)


def test_without_log_likelihoods_nothing_is_said_of_them() -> None:
    pools = [[right(0.5, None), wrong(0.6, None)]]
    assert set(measure_choices(pools, "last", 2, BOOTSTRAP).rates) == {"reward", "first", "oracle"}


def test_every_aggregation_chooses_as_it_orders_programs_and_the_own_one_stands_first() -> None:
    random = Random(0)
    pools = [draw_pool(random, 6, str(problem)) for problem in range(40)]
    found = measure_aggregations(pools, "min", [1, 3, 6], BOOTSTRAP)
    assert next(iter(found)) == "min"
    assert set(found) == set(AGGREGATIONS)
    for by, rates in found.items():
        for n, rate in rates.items():
            solved = 0
            for pool in pools:
                best, place = -1.0, 0
                for number, one in enumerate(pool[:n]):
                    value = aggregate(by, one.rewards) if one.finished else None
                    if value is not None and value > best:
                        best, place = value, number
                if best < 0:  # none was judged: the first that is finished, if any
                    continue
                solved += pool[place].passed
            unjudged = [p for p in pools if all(o.reward(by) is None for o in p[:n])]
            solved += sum(p[choose(p[:n], by)].passed for p in unjudged)
            assert rate.value == pytest.approx(solved / len(pools))
