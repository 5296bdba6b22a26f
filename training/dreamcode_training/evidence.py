"""From rollouts to labels: which outcome counts for which prefix, and how much."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from dreamcode_training.chains import SampledChain
from dreamcode_training.records import Count, LabelledChain, Rollouts


def make_labels(
    chains: Sequence[SampledChain],
    rollouts: Iterable[Rollouts],
    k: int | None = None,
    *,
    share: float | None = None,
) -> list[LabelledChain]:
    """The finished ones of `chains` with the counts of their prefixes.

    Args:
        chains: all chains of their problems.
        rollouts: what was measured; prefixes not in it get n = 0.
        k: count only the first `k` rollouts of each prefix; None counts all.
        share: None for a prefix's own rollouts alone. Else the correlation of outcomes
            behind one next step, in [0, 1]: then a prefix also counts every chain that begins
            with it, as one more rollout, and the rollouts of longer prefixes. Those m of them
            that were forced through the same next step are a cluster, in which each weighs
            1 / (1 + (m - 1) * share) (design effect; Kish, Survey Sampling, 1965).
    """
    own: dict[tuple[str, str], Count] = {}
    for measured in rollouts:
        outcomes = measured.outcomes[:k]
        count = Count(outcomes.count("1"), len(outcomes))
        own[measured.problem, measured.prefix] = count
    counts = own if share is None else _share(chains, own, share)
    nothing = Count(0, 0)
    return [
        LabelledChain(
            chain.problem,
            chain.sample,
            chain.steps,
            chain.passed,
            tuple(counts.get((chain.problem, prefix), nothing) for prefix in chain.prefixes()),
        )
        for chain in chains
        if chain.finished
    ]


def weigh_outcomes(
    chains: Sequence[LabelledChain], weight: float | Literal["alone"]
) -> list[LabelledChain]:
    """The chains with their own verdicts among the counts of their prefixes.

    A prefix whose k of n rollouts passed gets (k + w p) / (n + w m): m chains begin with it and p
    of them passed. A verdict costs nothing, and is one draw of the writer's own chance.

    Args:
        chains: all chains of their problems.
        weight: w, rollouts that a verdict counts as; "alone": rollouts do not count.
    """
    verdicts: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for chain in chains:
        if chain.passed is not None:
            for prefix in chain.prefixes():
                verdicts[chain.problem, prefix].append(chain.passed)
    kept, each = (0.0, 1.0) if weight == "alone" else (1.0, weight)

    def weigh(problem: str, prefix: str, count: Count) -> Count:
        own = verdicts[problem, prefix]
        return Count(kept * count.k + each * sum(own), kept * count.n + each * len(own))

    return [
        replace(
            chain,
            counts=tuple(
                weigh(chain.problem, prefix, count)
                for prefix, count in zip(chain.prefixes(), chain.counts, strict=True)
            ),
        )
        for chain in chains
    ]


def find_truth(rollouts: Iterable[Rollouts], used: int = 0) -> dict[tuple[str, str], float]:
    """Shares that pass among the rollouts which no label has used, by problem and prefix.

    Args:
        rollouts: many rollouts per prefix, of the chains' own policy.
        used: how many rollouts per prefix, from the first, labels were made of.
    """
    return {
        (measured.problem, measured.prefix): rest.count("1") / len(rest)
        for measured in rollouts
        if (rest := measured.outcomes[used:])
    }


def add_truth(
    labels: Sequence[LabelledChain], rollouts: Iterable[Rollouts], used: int = 0
) -> list[LabelledChain]:
    """The chains with what `find_truth` says of their prefixes as `truth`.

    A chain that has a prefix without such rollouts keeps none.
    """
    shares = find_truth(rollouts, used)
    result = []
    for chain in labels:
        truth = [shares.get((chain.problem, prefix)) for prefix in chain.prefixes()]
        known = tuple(share for share in truth if share is not None)
        result.append(replace(chain, truth=known) if len(known) == len(truth) else chain)
    return result


def _share(
    chains: Sequence[SampledChain], own: dict[tuple[str, str], Count], correlation: float
) -> dict[tuple[str, str], Count]:
    """The counts of every prefix of `chains`, those of longer prefixes and chains included."""
    children: dict[tuple[str, str], dict[tuple[str, str], None]] = defaultdict(dict)
    through: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for chain in chains:
        places = [(chain.problem, prefix) for prefix in chain.prefixes()]
        for place, longer in pairwise(places):
            children[place][longer] = None
        for place in places:
            through[place].append(chain.passed)
    below: dict[tuple[str, str], Count] = {}
    shared: dict[tuple[str, str], Count] = {}
    # Longest first: what lies below a prefix is known before the prefix comes.
    for place in sorted(through, key=lambda place: len(place[1]), reverse=True):
        mine = own.get(place, Count(0, 0))
        clusters = [below[child] for child in children[place]]
        below[place] = Count(
            mine.k + sum(cluster.k for cluster in clusters),
            mine.n + sum(cluster.n for cluster in clusters),
        )
        weights = [1 / (1 + max(cluster.n - 1, 0) * correlation) for cluster in clusters]
        weighed = list(zip(weights, clusters, strict=True))
        shared[place] = Count(
            mine.k + sum(through[place]) + sum(weight * cluster.k for weight, cluster in weighed),
            mine.n + len(through[place]) + sum(weight * cluster.n for weight, cluster in weighed),
        )
    return shared
