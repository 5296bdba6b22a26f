"""Which function went wrong: how often the rewards name the first faulty one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dreamcode.grading.statistics import Estimate
from dreamcode.rewards.aggregation import log_odds
from dreamcode.rewards.falls import find_fall
from dreamcode.rewards.reward import StepRewards
from dreamcode_training.evaluation.bootstrap import Bootstrap
from dreamcode_training.evaluation.depths import Depths, Fault, by_fault, measure_depths
from dreamcode_training.evaluation.scored import Pools

Rule = Callable[[StepRewards], int | None]
"""Names a step, or none."""


def find_largest_fall(rewards: StepRewards) -> int | None:
    """The step with which the log-odds fall most, or rise least; None where there is no such."""
    known = [(before, now) for before, now in pairwise(rewards)]
    falls = {
        place: log_odds(before) - log_odds(now)
        for place, (before, now) in enumerate(known, start=1)
        if before is not None and now is not None
    }
    return max(falls, key=falls.__getitem__) if falls else None


def find_lowest(rewards: StepRewards) -> int | None:
    """The step with the lowest reward, the earliest of equal ones; None where none has any."""
    known = {place: reward for place, reward in enumerate(rewards) if reward is not None}
    return min(known, key=known.__getitem__) if known else None


RULES: dict[str, Rule] = {
    "largest fall": find_largest_fall,
    "first fall": find_fall,
    "lowest reward": find_lowest,
}
"""The first is the one to go by: it names a step of every program that has several."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What rewards know of first faulty functions.

    Attributes:
        problems: with wrong programs of which it is known.
        programs: of these problems, of which it is known.
        found: by rule of `RULES`, the share of them in which it names the first faulty step.
        chance: the same for a step that is drawn at random.
        pairs: a prefix with a faulty function against one without.
    """

    problems: int
    programs: int
    found: dict[str, Estimate]
    chance: Estimate
    pairs: Depths


def measure_faults(pools: Pools, faults: Sequence[Fault], bootstrap: Bootstrap) -> Faults | None:
    """How well rewards tell where programs went wrong; None where no fault is known.

    Args:
        pools: the chains of each problem.
        faults: what is known of those that failed.
        bootstrap: how intervals are made.
    """
    known = {(fault.problem, fault.sample): fault.first for fault in faults}
    wrong = [
        [(chain.rewards, known[chain.problem, chain.sample]) for chain in pool
         if (chain.problem, chain.sample) in known]
        for pool in pools
    ]  # fmt: skip
    wrong = [own for own in wrong if own]
    if not wrong:
        return None

    def count(rule: Rule) -> list[tuple[float, float]]:
        return [(sum(rule(rewards) == first for rewards, first in own), len(own)) for own in wrong]

    found = {name: bootstrap.share(count(rule)) for name, rule in RULES.items()}
    chance = bootstrap.share([(sum(1 / len(r) for r, _ in own), len(own)) for own in wrong])
    assert chance is not None
    return Faults(
        len(wrong),
        sum(map(len, wrong)),
        {name: share for name, share in found.items() if share is not None},
        chance,
        measure_depths(pools, by_fault(faults), bootstrap),
    )
