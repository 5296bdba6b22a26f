"""When enough programs are written."""

from collections.abc import Sequence
from math import comb

from dreamcode.choosing import Choosing, Stop
from dreamcode.results import Program, Stopped
from dreamcode.search.ranking import count_votes, gather_classes

SURE = 0.9
"""Chance that a class is ahead of the next one, at which no more programs are needed."""

VOTES = 1.5
"""Summed rewards of a class, where these are chances, at which no more are needed."""


def find_reason(
    leaders: Sequence[Program], stop: Stop, choosing: Choosing, *, tested: bool
) -> Stopped | None:
    """Why no more programs are needed; None while they are.

    Args:
        leaders: the programs that pass the most public tests, all of them if there are none.
            They have behaviours where these are asked for.
        stop: the rule; not "auto".
        choosing: its numbers.
        tested: whether there are public tests.
    """
    if not leaders or (tested and not all(one.public and one.public.accepted for one in leaders)):
        return None
    # What was put together from several programs behaves as they do: it is no further witness.
    sizes = [sum(one.copies for one in own if not one.origins) for own in gather_classes(leaders)]
    first, second, *_ = *sorted(sizes, reverse=True), 0
    match stop, tested:
        case "reward", True:
            rewards = [one.reward for one in leaders if one.reward is not None]
            return "reward" if max(rewards, default=-1.0) >= choosing.stop_reward else None
        case "reward", False:
            votes = [one.vote or 0.0 for one in count_votes(leaders)]
            return "votes" if max(votes) >= VOTES else None
        case "agreement", True:
            return "agreement" if first >= choosing.agree else None
        case "agreement", False:
            return "lead" if chance_ahead(first, second) >= SURE else None
    return None


def chance_ahead(first: int, second: int) -> float:
    """Chance that more programs in the long run behave like `first` ones so far than like `second`.

    Before any is written, all shares of the two are taken to be equally likely: the chance that
    a Beta(first + 1, second + 1) variable is above one half. Source: Aggarwal et al. 2023,
    "Adaptive-Consistency", arXiv 2305.11860.
    """
    tosses = first + second + 1
    return sum(comb(tosses, heads) for heads in range(first + 1)) / (1 << tosses)
