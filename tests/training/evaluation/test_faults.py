"""Which step the rules name, and how often that is the first faulty one."""

import pytest

from dreamcode_training.evaluation.depths import Fault
from dreamcode_training.evaluation.faults import find_largest_fall, find_lowest, measure_faults
from tests.training.evaluation.planted import BOOTSTRAP, chain


def test_the_largest_fall_is_of_log_odds_and_always_names_a_step() -> None:
    assert find_largest_fall([0.5, 0.99, 0.9, 0.6]) == 2  # 2.4 nats, then 1.8
    assert find_largest_fall([0.5, 0.6, 0.7]) == 1  # the smallest rise
    assert find_largest_fall([0.9, None, 0.1, 0.05]) == 3  # the fall over a gap is nobody's
    assert find_largest_fall([0.9]) is None
    assert find_largest_fall([None, None]) is None


def test_the_lowest_reward_may_be_the_first() -> None:
    assert find_lowest([0.2, 0.5, 0.2]) == 0
    assert find_lowest([None, 0.5, 0.4]) == 2
    assert find_lowest([None]) is None


def test_shares_are_of_wrong_programs_whose_fault_is_known() -> None:
    pools = [
        [
            chain([0.8, 0.9, 0.1, 0.2], sample=0),  # falls with the third step
            chain([0.8, 0.2, 0.1, 0.1], sample=1),  # falls with the second
            chain([0.8, 0.1, 0.9], sample=2),  # not looked at
            chain([0.8, 0.9, 0.9, 0.9], sample=3, passed=True),
        ],
        [chain([0.9, 0.91], problem="b")],  # no fall that is more than noise
    ]
    faults = [Fault("a", 0, 2), Fault("a", 1, 2), Fault("b", 0, 1)]
    found = measure_faults(pools, faults, BOOTSTRAP)
    assert found is not None
    assert (found.problems, found.programs) == (2, 3)
    values = {name: share.value for name, share in found.found.items()}
    assert values == {
        "largest fall": pytest.approx(2 / 3),
        "first fall": pytest.approx(1 / 3),
        "lowest reward": pytest.approx(2 / 3),
    }
    assert found.chance.value == pytest.approx((1 / 4 + 1 / 4 + 1 / 2) / 3)
    assert found.pairs.all is not None
    # At the third step two faulty prefixes stand against the passing chain, and rank below it.
    assert (found.pairs.by_depth[3].right.value, found.pairs.by_depth[3].pairs) == (1.0, 2)


def test_where_no_fault_is_known_nothing_is_said() -> None:
    assert measure_faults([[chain([0.5, 0.4])]], [], BOOTSTRAP) is None
