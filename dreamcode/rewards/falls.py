"""Where a program went wrong, as far as the rewards of its prefixes tell."""

from collections.abc import Sequence

from dreamcode.rewards.aggregation import log_odds

FALL = 0.5
"""Log-odds that a step must cost to be suspected. Of wrong programs of the miniature world, the
first step that costs more is the first wrong one in about half, the weakest prefix in a sixth."""


def first_fall(rewards: Sequence[float | None], least: float = FALL) -> int | None:
    """The place of the first step whose reward falls by more than `least` in log-odds.

    Before the first step the odds are even. None where no step falls by so much; steps without
    a reward are passed over.
    """
    before = 0.0
    for place, reward in enumerate(rewards):
        if reward is None:
            continue
        now = log_odds(reward)
        if before - now > least:
            return place
        before = now
    return None
