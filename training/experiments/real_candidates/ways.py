"""Ways to rank a problem's programs, and the measures that all of them go through."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dreamcode_training.evaluation.foretelling import list_programs
from dreamcode_training.evaluation.scored import Pools, ScoredChain
from dreamcode_training.metrics import Places, Statistic, count_pairs, list_statistics
from experiments.real_candidates.results import MEASURES

Key = tuple[str, int]
"""Problem and sample."""


def rank(
    pools: Pools,
    likelihoods: Mapping[Key, float | None],
    lengths: Mapping[Key, int],
    ratings: Mapping[Key, float],
) -> dict[str, Pools]:
    """The same programs with every way's scores in [0, 1] in the place of rewards.

    `reward`; `likelihood` of the base before training; `length`, shorter is better; `writer`, the
    share of the writer's train programs that passed; `chance`, which knows nothing; `oracle`,
    which knows the verdicts.

    Args:
        pools: programs with their rewards.
        likelihoods: mean log-likelihood per token, nats.
        lengths: characters.
        ratings: of each program's writer.
    """

    def likelihood(one: ScoredChain) -> float:
        mean = likelihoods[key_of(one)]
        return 0.0 if mean is None else math.exp(mean)

    ways: dict[str, Callable[[ScoredChain], float | None]] = {
        "reward": lambda one: one.rewards[-1],
        "likelihood": likelihood,
        "length": lambda one: 1 / (1 + lengths[key_of(one)]),
        "writer": lambda one: ratings[key_of(one)],
        "chance": lambda one: 0.5,
        "oracle": lambda one: float(one.passed),
    }
    return {
        way: [[replace(one, rewards=(score(one),)) for one in pool] for pool in pools]
        for way, score in ways.items()
    }


def list_measures(pools: Pools, writers: Mapping[Key, str], n: int) -> dict[str, Statistic]:
    """The measures of one way, as functions of the problems that are drawn."""
    known = list_statistics(list_programs(pools))
    alike = []
    for pool in pools:
        counts = [count_scored(some) for some in split_by_writer(pool, writers).values()]
        alike.append((sum(right for right, _ in counts), sum(total for _, total in counts)))
    return {
        "pairs": known["pairs"],
        "pairs of one writer": _divide(alike),
        "auroc": known["auroc"],
        "best": _divide([(choose_best(pool[:n]), 1.0) for pool in pools]),
    }


def subtract(one: Mapping[str, Statistic], other: Mapping[str, Statistic]) -> dict[str, Statistic]:
    """Differences of all measures on the same draws."""

    def less(first: Statistic, second: Statistic) -> Statistic:
        def difference(places: Places) -> float | None:
            a, b = first(places), second(places)
            return None if a is None or b is None else a - b

        return difference

    return {name: less(one[name], other[name]) for name in MEASURES}


def count_scored(pool: Sequence[ScoredChain]) -> tuple[float, float]:
    """Pairs of a right and a wrong program that are ranked rightly, and in all."""
    return count_pairs(
        [one.rewards[-1] or 0.0 for one in pool], [float(one.passed) for one in pool]
    )


def choose_best(pool: Sequence[ScoredChain]) -> float:
    """The chance that the program with the highest score passes; equal ones are drawn among."""
    top = max(one.rewards[-1] or 0.0 for one in pool)
    return float(np.mean([one.passed for one in pool if (one.rewards[-1] or 0.0) == top]))


def split_by_writer(
    pool: Sequence[ScoredChain], writers: Mapping[Key, str]
) -> dict[str, list[ScoredChain]]:
    """The programs of each writer."""
    found: dict[str, list[ScoredChain]] = defaultdict(list)
    for one in pool:
        found[writers[key_of(one)]].append(one)
    return found


def key_of(chain: ScoredChain) -> Key:
    """Its problem and sample."""
    return chain.problem, chain.sample


def _divide(counts: Sequence[tuple[float, float]]) -> Statistic:
    """How many of all, over the problems that are drawn."""
    table = np.array(counts, float)

    def share(places: Places) -> float | None:
        some, of = table[places].sum(axis=0)
        return float(some / of) if of else None

    return share
