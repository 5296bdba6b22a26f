"""Where a program went wrong, as far as the rewards of its prefixes tell."""

from collections.abc import Sequence
from itertools import pairwise

from dreamcode.rewards.aggregation import log_odds

FALL = 0.5
"""Log-odds that a step must cost to be suspected. Of wrong programs of the miniature world, the
first step that costs more is the first wrong one in about half, the weakest prefix in a sixth."""


def first_fall(rewards: Sequence[float | None], least: float = FALL) -> int | None:
    """The place of the first step whose reward falls by more than `least` in log-odds.

    The first step falls from nothing. None where no step falls by so much; steps without a
    reward are passed over.
    """
    known = [(place, log_odds(one)) for place, one in enumerate(rewards) if one is not None]
    return next((later for (_, a), (later, b) in pairwise(known) if a - b > least), None)
