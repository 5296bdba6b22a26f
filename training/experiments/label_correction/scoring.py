"""Who chooses what among the candidates, and how well scores foretell outcomes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamcode_training.metrics import EDGE, count_pairs
from experiments.label_correction.candidates import ReferencePrefix

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Whole = NDArray[np.int64]

BASELINES = ("first", "random", "likelihood", "majority", "oracle")
"""Ways to choose that need no training."""

BINS = 10


@dataclass(frozen=True, slots=True)
class Pool:
    """The test candidates; every array is [problems, candidates].

    Attributes:
        problems: ids.
        passed: all tests, public and hidden.
        finished: whether it is a whole program; others are chosen last.
        logprob: mean log-likelihood in nats per token; -inf if unknown.
        public: passes the public tests.
        group: number of its group of equal outputs; -1 for none.
    """

    problems: tuple[str, ...]
    passed: Bools
    finished: Bools
    logprob: Floats
    public: Bools
    group: Whole


@dataclass(frozen=True, slots=True)
class Series:
    """Trainings that differ in the seed alone.

    Attributes:
        scores: aggregated reward of every candidate, [seeds, problems, candidates]; -1 for
            unfinished ones.
        prefixes: reward of every reference prefix, [seeds, prefixes]; [seeds, 0] for an ORM.
        corrections: of all seeds, lines of corrected.jsonl.
        devices: a seed each: where it was trained.
    """

    scores: Floats
    prefixes: Floats
    corrections: tuple[dict[str, Any], ...]
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Everything that the report is made of."""

    pool: Pool
    reference: tuple[ReferencePrefix, ...]
    series: dict[str, Series]


def choose(pool: Pool, worth: Floats, n: int, *, public: bool = False) -> Floats:
    """1 for problems whose chosen candidate passes, else 0, [problems].

    Chosen is the worthiest finished one of the first n, ties to the earlier.

    Args:
        pool: the candidates.
        worth: of each, finite where it is finished, [problems, candidates].
        n: how many are looked at.
        public: whether candidates that pass the public tests come first.
    """
    able = pool.finished[:, :n]
    if public:
        known = able & pool.public[:, :n]
        able = np.where(known.any(axis=1, keepdims=True), known, able)
    places = np.where(able, worth[:, :n], -np.inf).argmax(axis=1)
    return np.asarray(pool.passed[np.arange(len(places)), places], float)


def choose_baseline(pool: Pool, way: str, n: int, *, public: bool = False) -> Floats:
    """The same for a way of `BASELINES`; of "random" the chance that the choice passes."""
    passed = np.asarray(pool.passed[:, :n], float)
    if way == "oracle":
        return np.asarray(passed.max(axis=1))
    if way == "random":
        able = (pool.public & pool.finished)[:, :n] if public else np.ones(passed.shape, bool)
        able = able | ~able.any(axis=1, keepdims=True)
        return np.asarray((passed * able).sum(axis=1) / able.sum(axis=1))
    if way == "first" and not public:
        return passed[:, 0]
    own = pool.group[:, :n]
    alike = (own[:, :, None] == own[:, None, :]) & (own >= 0)[:, :, None]
    worth = {
        "first": np.zeros(pool.passed.shape),
        "likelihood": pool.logprob,
        "majority": alike.sum(axis=2).astype(float),
    }
    return choose(pool, worth[way], n, public=public)


@dataclass(frozen=True, slots=True)
class Judged:
    """Scores of items in groups, and the outcomes that they foretell.

    Attributes:
        scores: [seeds, groups, items].
        shares: of the outcomes of each item that passed, [groups, items].
        counted: which items there are, [groups, items].
    """

    scores: Floats
    shares: Floats
    counted: Bools


def judge(series: Series, outcomes: Outcomes) -> dict[str, Judged]:
    """Scores of "programs", one group per problem, and of reference "prefixes", each a group.

    An ORM says nothing of prefixes.
    """
    pool, reference = outcomes.pool, outcomes.reference
    judged = {"programs": Judged(series.scores, pool.passed.astype(float), pool.finished)}
    if series.prefixes.size:
        shares = np.array([[one.share] for one in reference])
        judged["prefixes"] = Judged(series.prefixes[:, :, None], shares, np.ones_like(shares, bool))
    return judged


def draw_groups(groups: int, resamples: int, seed: int) -> Floats:
    """How often each group counts: once in the first row, then as the bootstrap draws it.

    The draws are those of `dreamcode.grading.statistics`; [1 + resamples, groups].
    """
    places = np.random.default_rng(seed).integers(0, groups, (resamples, groups))
    drawn = [np.bincount(row, minlength=groups) for row in places]
    return np.array([np.ones(groups), *drawn])


def auroc(judged: Judged, drawn: Floats) -> Floats:
    """AUROC over all groups, a mean over seeds; half a pair for equal scores."""
    groups, _ = np.nonzero(judged.counted)
    shares, weights = judged.shares[judged.counted], drawn[:, groups]
    own = [rank_auroc(scores[judged.counted], shares, weights) for scores in judged.scores]
    return np.asarray(np.mean(own, axis=0))


def rank_auroc(scores: Floats, shares: Floats, weights: Floats) -> Floats:
    """AUROC of items under each row of weights, [draws, items]; nan without both outcomes."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    right, wrong = (
        np.add.reduceat(weights[:, order] * part[order], starts, axis=1)
        for part in (shares, 1 - shares)
    )
    below = np.cumsum(wrong, axis=1) - wrong
    return _divide((right * (below + wrong / 2)).sum(axis=1), right.sum(axis=1) * wrong.sum(axis=1))


def right_pairs(judged: Judged, drawn: Floats) -> Floats:
    """Accuracy on pairs of items of one group, a mean over seeds."""
    items = [
        (group, place, judged.shares[group, place]) for group, place in enumerate(judged.counted)
    ]
    pairs = np.array(
        [[count_pairs(own[group, place], shares) for group, place, shares in items]
         for own in judged.scores]
    )  # fmt: skip
    return _share(pairs[:, :, :1], pairs[0, :, 1], drawn)


def mean_nll(judged: Judged, drawn: Floats) -> Floats:
    """Negative log-likelihood of outcomes under the scores, nats, a mean over seeds."""
    inside, shares = np.clip(judged.scores, EDGE, 1 - EDGE), judged.shares
    losses = -(shares * np.log(inside) + (1 - shares) * np.log(1 - inside))
    sums = np.where(judged.counted, losses, 0.0).sum(axis=2, keepdims=True)
    return _share(sums, judged.counted.sum(axis=1), drawn)


def calibration_error(judged: Judged, drawn: Floats) -> Floats:
    """Calibration error in ten equal bins, a mean over seeds."""
    gap = np.where(judged.counted, judged.scores - judged.shares, 0.0)
    bins = np.clip((judged.scores * BINS).astype(int), 0, BINS - 1)
    sums = np.stack([np.where(bins == b, gap, 0.0).sum(axis=2) for b in range(BINS)], axis=2)
    return _share(sums, judged.counted.sum(axis=1), drawn)


STATISTICS: dict[str, Callable[[Judged, Floats], Floats]] = {
    "auroc": auroc,
    "pairs": right_pairs,
    "nll": mean_nll,
    "calibration": calibration_error,
}
"""One value per draw of the groups, [draws]; nan where it is undefined."""


def _share(sums: Floats, counts: Floats | Whole, drawn: Floats) -> Floats:
    """Magnitudes of sums, [seeds, groups, bins], by the counts of the groups; means over seeds."""
    magnitudes = np.abs(np.einsum("dg,sgb->dsb", drawn, sums)).sum(axis=2).mean(axis=1)
    return _divide(magnitudes, drawn @ counts)


def _divide(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))
