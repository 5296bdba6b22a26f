"""Pruning: many programs begun, half of them dropped again and again by their prefixes' rewards.

Where a reward model knows prefixes, this finds better programs than writing fewer of them to
their end for the same tokens.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from dreamcode.grading.statistics import Estimate
from dreamcode.rewards.aggregation import Aggregation
from dreamcode_training.evaluation.bootstrap import Bootstrap
from dreamcode_training.evaluation.choices import choose
from dreamcode_training.evaluation.scored import Pools, ScoredChain

CANDIDATES = 16
"""Most programs that are begun."""

FIRST_CUT = 2
"""The first step after which half of them is dropped: the first step is the plan alone."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to spend tokens.

    Attributes:
        solved: share of problems.
        tokens: written per problem, in the mean.
    """

    solved: Estimate
    tokens: float


@dataclass(frozen=True, slots=True)
class Pruning:
    """Halving by prefixes beside what the same tokens are worth otherwise.

    Attributes:
        candidates: programs that are begun per problem, in the mean.
        pruned: halving by the prefixes' rewards.
        best_of_m: the best final reward of as many whole programs as these tokens write.
        m: how many programs these are, in the mean.
        first: the first program.
        random: halving at random, as expected.
        differences: `pruned` minus each of the others, by name.
    """

    candidates: float
    pruned: Way
    best_of_m: Way
    m: float
    first: Way
    random: Way
    differences: dict[str, Estimate]


def measure_pruning(pools: Pools, aggregation: Aggregation, bootstrap: Bootstrap) -> Pruning | None:
    """Pruning on every problem; None where no unfinished prefix has a reward.

    Args:
        pools: the candidates of each problem, of which the first `CANDIDATES` are begun.
        aggregation: how final rewards choose among whole programs.
        bootstrap: how intervals are made.
    """
    pools = [pool[:CANDIDATES] for pool in pools]
    if all(reward is None for pool in pools for one in pool for reward in one.unfinished):
        return None
    pruned = [prune(pool) for pool in pools]
    whole = [count_whole(pool, tokens) for pool, (_, tokens) in zip(pools, pruned, strict=True)]
    bests = [choose(pool[:m], aggregation) for pool, m in zip(pools, whole, strict=True)]
    expected = [expect_random(pool) for pool in pools]

    def passed(places: Sequence[int]) -> list[float]:
        return [float(pool[place].passed) for pool, place in zip(pools, places, strict=True)]

    solved = {
        "pruned": passed([place for place, _ in pruned]),
        "best_of_m": passed(bests),
        "first": passed([0] * len(pools)),
        "random": [share for share, _ in expected],
    }
    tokens: dict[str, Sequence[float]] = {
        "pruned": [spent for _, spent in pruned],
        "best_of_m": [_tokens(pool[:m]) for pool, m in zip(pools, whole, strict=True)],
        "first": [_tokens(pool[:1]) for pool in pools],
        "random": [spent for _, spent in expected],
    }
    ways = {
        name: Way(bootstrap.mean(own), sum(tokens[name]) / len(pools))
        for name, own in solved.items()
    }
    return Pruning(
        candidates=sum(map(len, pools)) / len(pools),
        m=sum(whole) / len(pools),
        differences={
            name: bootstrap.difference(solved["pruned"], own)
            for name, own in solved.items()
            if name != "pruned"
        },
        **ways,
    )


def prune(chains: Sequence[ScoredChain]) -> tuple[int, int]:
    """Place of the program that is left, and the tokens of all steps that were written.

    After step 2 the better half goes on, after step 3 half of these, and so on. A program that
    is finished stays with its last reward; one that ended unfinished is worth less than all.
    Ties go to the earlier.
    """
    left = list(range(len(chains)))
    tokens, depth = 0, 0
    while len(left) > 1 or depth < len(chains[left[0]].tokens):
        tokens += sum(sum(chains[place].tokens[depth : depth + 1]) for place in left)
        depth += 1
        if depth >= FIRST_CUT:
            order = sorted(left, key=lambda place: (-_worth(chains[place], depth), place))
            left = order[: _half(len(left))]
    return left[0], tokens


def expect_random(chains: Sequence[ScoredChain]) -> tuple[float, float]:
    """How often the program that is left passes, and the tokens, if halves are drawn at random."""
    count = left = len(chains)
    tokens = 0.0
    for depth in range(max(len(chain.tokens) for chain in chains)):
        written = sum(sum(chain.tokens[depth : depth + 1]) for chain in chains)
        tokens += written * left / count
        if depth + 1 >= FIRST_CUT:
            left = _half(left)
    return sum(chain.passed for chain in chains) / count, tokens


def count_whole(chains: Sequence[ScoredChain], tokens: int) -> int:
    """How many whole programs, in order, take no more tokens than these; at least one."""
    spent = accumulate(sum(chain.tokens) for chain in chains)
    return max(1, sum(one <= tokens for one in spent))


def _tokens(chains: Sequence[ScoredChain]) -> int:
    return sum(sum(chain.tokens) for chain in chains)


def _half(count: int) -> int:
    return math.ceil(count / 2)


def _worth(chain: ScoredChain, depth: int) -> float:
    if depth >= len(chain.rewards) and not chain.finished:
        return -math.inf
    reward = chain.rewards[min(depth, len(chain.rewards)) - 1]
    return -math.inf if reward is None else reward
