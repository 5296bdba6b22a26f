"""Who chooses what among the candidates, and how well scores foretell outcomes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamcode_training.metrics import EDGE, count_pairs
from experiments.label_correction.candidates import ReferencePrefix
from experiments.label_correction.training import Correction

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Whole = NDArray[np.int64]

Statistic = Callable[[Whole], float | None]
"""Of the groups at these places, which may repeat; None where it is undefined."""

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
        logprob: mean log-likelihood a token, nats; -inf if unknown.
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
        corrections: of all seeds.
        devices: a seed each: where it was trained.
    """

    scores: Floats
    prefixes: Floats
    corrections: tuple[Correction, ...]
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
    """Scores of "programs", a group a problem, and of reference "prefixes", each a group.

    An ORM says nothing of prefixes.
    """
    pool, reference = outcomes.pool, outcomes.reference
    judged = {"programs": Judged(series.scores, pool.passed.astype(float), pool.finished)}
    if series.prefixes.size:
        shares = np.array([[one.share] for one in reference])
        judged["prefixes"] = Judged(series.prefixes[:, :, None], shares, np.ones_like(shares, bool))
    return judged


def auroc(judged: Judged) -> Statistic:
    """Mean over seeds of the AUROC over all groups; half a pair for equal scores."""
    groups, _ = np.nonzero(judged.counted)
    shares = judged.shares[judged.counted]
    rankings = [Ranking(own[judged.counted], shares, groups) for own in judged.scores]

    def statistic(drawn: Whole) -> float | None:
        counts = np.bincount(drawn, minlength=len(judged.shares))
        known = [one for ranking in rankings if (one := ranking.auroc(counts)) is not None]
        return float(np.mean(known)) if known else None

    return statistic


def right_pairs(judged: Judged) -> Statistic:
    """Mean over seeds of the accuracy on pairs of items of one group."""
    pairs = np.array(
        [
            [
                count_pairs(own[group][counted], judged.shares[group][counted])
                for group, counted in enumerate(judged.counted)
            ]
            for own in judged.scores
        ]
    )
    return _ratio(pairs[:, :, :1], pairs[0, :, 1])


def mean_nll(judged: Judged) -> Statistic:
    """Mean over seeds of the negative log-likelihood of outcomes under the scores, nats."""
    inside, shares = np.clip(judged.scores, EDGE, 1 - EDGE), judged.shares
    losses = -(shares * np.log(inside) + (1 - shares) * np.log(1 - inside))
    sums = np.where(judged.counted, losses, 0.0).sum(axis=2, keepdims=True)
    return _ratio(sums, judged.counted.sum(axis=1))


def calibration_error(judged: Judged) -> Statistic:
    """Mean over seeds of the calibration error, ten equal bins."""
    gap = np.where(judged.counted, judged.scores - judged.shares, 0.0)
    bins = np.clip((judged.scores * BINS).astype(int), 0, BINS - 1)
    sums = np.stack([np.where(bins == b, gap, 0.0).sum(axis=2) for b in range(BINS)], axis=2)
    return _ratio(sums, judged.counted.sum(axis=1))


def _ratio(sums: Floats, counts: NDArray[np.float64] | Whole) -> Statistic:
    """Sums of groups, [seeds, groups, bins], by their counts, [groups]: magnitudes of all bins."""

    def statistic(drawn: Whole) -> float | None:
        total = counts[drawn].sum()
        magnitudes = np.abs(sums[:, drawn].sum(axis=1)).sum(axis=1)
        return float(magnitudes.mean() / total) if total else None

    return statistic


STATISTICS: dict[str, Callable[[Judged], Statistic]] = {
    "auroc": auroc,
    "pairs": right_pairs,
    "nll": mean_nll,
    "calibration": calibration_error,
}


class Ranking:
    """AUROC of fixed scores under changing weights of the groups they belong to.

    Args:
        scores: higher foretells passing.
        shares: of outcomes that passed, in [0, 1].
        groups: place of the group each belongs to.
    """

    def __init__(self, scores: Floats, shares: Floats, groups: Whole) -> None:
        order = np.argsort(scores, kind="stable")
        self._share = shares[order]
        self._group = groups[order]
        self._starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))

    def auroc(self, counts: Whole) -> float | None:
        """With each group counted so often, [groups]; None without both outcomes."""
        weight = counts[self._group].astype(float)
        right = np.add.reduceat(weight * self._share, self._starts)
        wrong = np.add.reduceat(weight * (1 - self._share), self._starts)
        total = right.sum() * wrong.sum()
        if not total:
            return None
        below = np.cumsum(wrong) - wrong
        return float((right * (below + wrong / 2)).sum() / total)
