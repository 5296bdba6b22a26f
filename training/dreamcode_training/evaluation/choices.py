"""Best-of-n: whose choice among the first n candidates solves the problem."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dreamcode.errors import InputError
from dreamcode.grading.statistics import SHARE, Estimate, pass_at_k
from dreamcode.rewards.aggregation import AGGREGATIONS, Aggregation
from dreamcode_training.evaluation.bootstrap import Bootstrap, Difference
from dreamcode_training.evaluation.scored import Pools, ScoredChain

By = Aggregation | Literal["first", "likelihood"]
"""Who chooses: the highest reward by an aggregation, the order of writing, the policy itself."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Best-of-n by every way to choose.

    Attributes:
        rates: shares of problems solved by `reward`, `first`, `likelihood` (where it is known)
            and an `oracle`, which finds a right candidate where there is one.
        pass_at_1: unbiased, of all candidates.
        pass_at_n: the same for n.
        gap_closed: where the reward's share lies between pass@1 (0) and pass@n (1).
        regret: oracle minus reward.
        differences: the reward minus `first` and `likelihood`.
    """

    rates: dict[str, Estimate]
    pass_at_1: float
    pass_at_n: float
    gap_closed: Estimate | None
    regret: Estimate
    differences: dict[str, Difference]


def choose(chains: Sequence[ScoredChain], by: By) -> int:
    """Place of the chain that is chosen, ties to the earlier.

    Args:
        chains: the candidates of one problem, at least one.
        by: who chooses; all but "first" take finished programs first.
    """
    if by == "first":
        return 0

    def worth(place: int) -> tuple[bool, float, int]:
        chain = chains[place]
        value = chain.mean_logprob if by == "likelihood" else chain.reward(by)
        judged = chain.finished and (by == "likelihood" or value is not None)
        return judged, float("-inf") if value is None else value, -place

    return max(range(len(chains)), key=worth)


def solve(pools: Pools, n: int, by: By) -> list[float]:
    """1 for each problem whose chosen one of the first n candidates passes, else 0.

    Raises:
        InputError: a problem has fewer candidates.
    """
    few = min(map(len, pools))
    if n > few:
        raise InputError(f"best of {n} needs {n} candidates per problem, but one has only {few}")
    return [float(pool[choose(pool[:n], by)].passed) for pool in pools]


def measure_choices(
    pools: Pools, aggregation: Aggregation, n: int, bootstrap: Bootstrap
) -> Choices:
    """Best-of-n by the reward, beside what needs no reward model.

    Raises:
        InputError: a problem has fewer than n candidates.
    """
    solved = {"reward": solve(pools, n, aggregation), "first": solve(pools, n, "first")}
    if any(one.mean_logprob is not None for pool in pools for one in pool[:n]):
        solved["likelihood"] = solve(pools, n, "likelihood")
    ways = [way for way in solved if way != "reward"]
    solved["oracle"] = [float(any(one.passed for one in pool[:n])) for pool in pools]
    counts = [(len(pool), sum(one.passed for one in pool)) for pool in pools]
    once, often = (
        np.array([pass_at_k(total, right, k) for total, right in counts]) for k in (1, n)
    )
    chosen = np.array(solved["reward"])

    def gap_closed(places: NDArray[np.int64]) -> float | None:
        low, high = once[places].mean(), often[places].mean()
        return float((chosen[places].mean() - low) / (high - low)) if high > low else None

    return Choices(
        {way: bootstrap.mean(values) for way, values in solved.items()},
        float(once.mean()),
        float(often.mean()),
        bootstrap.statistic(len(pools), gap_closed),
        bootstrap.difference(solved["oracle"], solved["reward"], SHARE),
        {way: bootstrap.compare(solved["reward"], solved[way]) for way in ways},
    )


def measure_aggregations(
    pools: Pools, first: Aggregation, ns: Sequence[int], bootstrap: Bootstrap
) -> dict[Aggregation, dict[int, Estimate]]:
    """Shares of problems solved by every aggregation and n; `first` stands first."""
    order = sorted(AGGREGATIONS, key=lambda one: one != first)
    return {by: {n: bootstrap.mean(solve(pools, n, by)) for n in ns} for by in order}
