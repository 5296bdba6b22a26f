"""When enough programs are written."""

from collections.abc import Sequence
from math import comb

from dreamcode.results import Program, Stopped
from dreamcode.search.choosing import Choosing, Stop, gather_classes

SURE = 0.95
"""Chance that a class is ahead of the next one, at which it need not be asked any more."""


def find_reason(
    leaders: Sequence[Program], stop: Stop, choosing: Choosing, *, tested: bool
) -> Stopped | None:
    """Why no more programs are needed; None while they are.

    Args:
        leaders: the programs that pass the most public tests, all of them if there are none.
            They have behaviours and votes where these are asked for.
        stop: the rule; not "auto".
        choosing: its numbers.
        tested: whether there are public tests.
    """
    if not leaders or (tested and not all(one.public and one.public.accepted for one in leaders)):
        return None
    if stop == "reward" and tested:
        rewards = [one.reward for one in leaders if one.reward is not None]
        return "reward" if max(rewards, default=-1.0) >= choosing.stop_reward else None
    sizes = sorted(
        (sum(one.copies for one in own) for own in gather_classes(leaders).values()), reverse=True
    )
    if tested:
        return "agreement" if sizes[0] >= choosing.agree else None
    first, second = (*sizes, 0)[:2]
    return "lead" if chance_ahead(first, second) >= SURE else None


def chance_ahead(first: int, second: int) -> float:
    """Chance that more programs in the long run behave like `first` ones so far than like `second`.

    Before any is written, all shares of the two are taken to be equally likely: the chance that
    a Beta(first + 1, second + 1) variable is above one half. Source: Aggarwal et al. 2023,
    "Adaptive-Consistency", arXiv 2305.11860.
    """
    tosses = first + second + 1
    return sum(comb(tosses, heads) for heads in range(first + 1)) / (1 << tosses)
