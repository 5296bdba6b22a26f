"""Prefixes compared with others of the same problem and the same depth.

A reward that only knows how hard a problem is, or how far a program has come, is right half of
the time here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dreamcode.grading.statistics import Estimate
from dreamcode_training.evaluation.bootstrap import Bootstrap
from dreamcode_training.evaluation.scored import Pools, ScoredChain
from dreamcode_training.metrics import count_pairs

Quality = Callable[[ScoredChain, int], bool | None]
"""Whether a chain's first `depth` steps are good; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first faulty function of a program that failed; one line of eval/faults.jsonl.

    Attributes:
        problem: id of its problem.
        sample: its number among the problem's chains.
        first: place of the step, the first step being 0.
    """

    problem: str
    sample: int
    first: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """Share of pairs that are ranked rightly: AUROC within problems.

    Attributes:
        right: the share; equal rewards are half right.
        pairs: how many pairs there are.
    """

    right: Estimate
    pairs: int


@dataclass(frozen=True, slots=True)
class Depths:
    """Pairs of a good and a bad prefix of one problem and one depth.

    Attributes:
        all: of all depths together; None where there is no pair.
        by_depth: of each depth at which there are any.
    """

    all: Ranked | None
    by_depth: dict[int, Ranked]


def by_outcome(chain: ScoredChain, depth: int) -> bool:
    """Good is what the chain passed with in the end."""
    return chain.passed


def by_fault(faults: Iterable[Fault]) -> Quality:
    """Good is what holds no faulty function, also where the chain failed later."""
    known = {(fault.problem, fault.sample): fault.first for fault in faults}

    def is_sound(chain: ScoredChain, depth: int) -> bool | None:
        if chain.passed:
            return True
        first = known.get((chain.problem, chain.sample))
        return None if first is None else depth <= first

    return is_sound


def measure_depths(pools: Pools, quality: Quality, bootstrap: Bootstrap) -> Depths:
    """How often the good one of two unfinished prefixes of the same depth has the higher reward.

    Args:
        pools: the chains of each problem.
        quality: what makes a prefix good.
        bootstrap: how intervals are made.
    """
    counted = [count_by_depth(pool, quality) for pool in pools]
    depths = sorted({depth for own in counted for depth in own})
    found = {
        depth: _rank([own.get(depth, (0.0, 0.0)) for own in counted], bootstrap) for depth in depths
    }
    totals = [
        (sum(right for right, _ in own.values()), sum(total for _, total in own.values()))
        for own in counted
    ]
    by_depth = {depth: ranked for depth, ranked in found.items() if ranked is not None}
    return Depths(_rank(totals, bootstrap), by_depth)


def count_by_depth(
    chains: Sequence[ScoredChain], quality: Quality
) -> dict[int, tuple[float, float]]:
    """Of one problem: pairs that are ranked rightly, and all pairs, by depth."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for chain in chains:
        for depth, reward in enumerate(chain.unfinished, start=1):
            good = quality(chain, depth)
            if reward is not None and good is not None:
                found[depth].append((reward, float(good)))
    return {depth: count_pairs(*zip(*rows, strict=True)) for depth, rows in found.items()}


def _rank(counts: Sequence[tuple[float, float]], bootstrap: Bootstrap) -> Ranked | None:
    right = bootstrap.share(counts)
    return None if right is None else Ranked(right, round(sum(total for _, total in counts)))
