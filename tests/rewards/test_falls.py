import pytest

from dreamcode.rewards.falls import find_fall
from dreamcode.rewards.reward import StepRewards

REWARDS: dict[str, tuple[StepRewards, int | None]] = {
    "nothing": ((), None),
    "one step has none before it": ((0.01,), None),
    "rises": ((0.2, 0.3, 0.9), None),
    "noise": ((0.5, 0.45, 0.47, 0.46), None),
    "many small falls are no single one": ((0.5, 0.46, 0.42, 0.38, 0.34), None),
    "a hard problem": ((0.02, 0.03, 0.05), None),
    "the first of several": ((0.5, 0.3, 0.1, 0.01), 1),
    "a fall that is made good": ((0.5, 0.3, 0.6), 1),
    "near one": ((0.999, 0.99, 0.99), 1),
    "certain": ((1.0, 1.0, 0.0), 2),
    "an ORM": ((None, None, 0.1), None),
    "behind a gap": ((0.9, None, 0.1, 0.01), 3),
    "unknown": ((None, None), None),
}


@pytest.mark.parametrize("case", REWARDS)
def test_the_first_fall_that_is_more_than_noise_is_named(case: str) -> None:
    rewards, place = REWARDS[case]
    assert find_fall(rewards) == place


def test_likelihoods_name_no_step() -> None:
    assert find_fall((0.9, 0.1)) == 1
    assert find_fall((0.9, 0.1), "likelihood") is None
