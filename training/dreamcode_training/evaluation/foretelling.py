"""Scores against outcomes: programs, prefixes and rollouts apart, beside the best constant."""

from collections.abc import Sequence
from dataclasses import dataclass

from dreamcode.grading.statistics import Estimate
from dreamcode_training.evaluation.bootstrap import Bootstrap
from dreamcode_training.evaluation.scored import Pools
from dreamcode_training.metrics import Scored, list_statistics, make_scored, summarise

SHARES = ("auroc", "pairs")
"""Statistics that are shares of pairs."""


@dataclass(frozen=True, slots=True)
class Constant:
    """What one number for all comes to.

    Attributes:
        value: the share that passes on validation problems.
        nll: as of `Foretold`, on the same data.
        brier: the same.
        ece: the same.
    """

    value: float
    nll: float
    brier: float
    ece: float


@dataclass(frozen=True, slots=True)
class Foretold:
    """How well scores foretell outcomes.

    Attributes:
        count: how many were scored.
        problems: how many problems they belong to.
        auroc: over all problems.
        pairs: share of pairs of a good and a bad one of one problem that are ranked rightly.
        nll: negative log-likelihood, nats.
        brier: mean squared error.
        ece: expected calibration error, in ten bins of equal width.
        constant: the best constant; None where no validation problem tells which.
    """

    count: int
    problems: int
    auroc: Estimate | None
    pairs: Estimate | None
    nll: Estimate | None
    brier: Estimate | None
    ece: Estimate | None
    constant: Constant | None


def list_programs(pools: Pools) -> list[Scored]:
    """Finished programs and whether they passed, by problem."""
    return [
        make_scored(
            (chain.rewards[-1], float(chain.passed), 1.0)
            for chain in pool
            if chain.finished and chain.rewards[-1] is not None
        )
        for pool in pools
    ]


def list_prefixes(pools: Pools) -> list[Scored]:
    """Unfinished prefixes and whether their own chain passed, by problem."""
    return [
        make_scored(
            (reward, float(chain.passed), 1.0)
            for chain in pool
            for reward in chain.unfinished
            if reward is not None
        )
        for pool in pools
    ]


def list_rollouts(pools: Pools) -> list[Scored]:
    """Different prefixes and the share of their rollouts that passed, by problem."""
    found = []
    for pool in pools:
        seen = {
            text: (reward, count.k / count.n, count.n)
            for chain in pool
            for text, reward, count in zip(
                chain.prefixes, chain.unfinished, chain.counts, strict=False
            )
            if count.n and reward is not None
        }
        found.append(make_scored(seen.values()))
    return found


def measure_scores(
    scored: Sequence[Scored], validation: Sequence[Scored], bootstrap: Bootstrap
) -> Foretold | None:
    """The statistics of `list_statistics` with intervals; None if nothing was scored.

    Args:
        scored: of each problem.
        validation: the same of validation problems, whose share is the constant.
        bootstrap: how intervals are made.
    """
    groups = [own for own in scored if own.scores]
    if not groups:
        return None
    found = {
        name: bootstrap.statistic(len(groups), statistic, is_share=name in SHARES)
        for name, statistic in list_statistics(groups).items()
    }
    return Foretold(
        sum(len(own.scores) for own in groups), len(groups), **found,
        constant=measure_constant(groups, validation),
    )  # fmt: skip


def measure_constant(scored: Sequence[Scored], validation: Sequence[Scored]) -> Constant | None:
    """What the share of `validation` comes to on `scored`; None where there is none."""
    shares = [share for own in validation for share in own.shares]
    if not shares:
        return None
    value = sum(shares) / len(shares)
    flat = [Scored((value,) * len(own.shares), own.shares, own.rollouts) for own in scored]
    found = summarise(flat)
    return Constant(value, *(found[name] or 0.0 for name in ("nll", "brier", "ece")))
