"""From the files of a run to every number of the report, with intervals over problems."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamcode.errors import InputError
from dreamcode.grading import statistics
from dreamcode.grading.statistics import Estimate, mcnemar_exact
from dreamcode_training.chains import SampledChain
from dreamcode_training.records import read_lines
from experiments.label_correction.candidates import Examined, read_reference
from experiments.label_correction.config import Completer, ExperimentConfig
from experiments.label_correction.data import read_candidates
from experiments.label_correction.grid import list_trainings, series_name
from experiments.label_correction.results import (
    Choice,
    Curve,
    Difference,
    Movement,
    Pair,
    Results,
    Scores,
    SearchResult,
    Trial,
)
from experiments.label_correction.scoring import (
    BASELINES,
    STATISTICS,
    Floats,
    Judged,
    Outcomes,
    Pool,
    Series,
    Statistic,
    Whole,
    choose,
    choose_baseline,
    judge,
)
from experiments.label_correction.searches import Compared, read_compared
from experiments.label_correction.training import Correction, Result, read_result
from experiments.label_correction.tune import rank_trials

PAIRS = (("correct", "joint"), ("correct", "mc"), ("joint", "mc"), ("correct", "reweight"))
AGAINST = ("first", "likelihood", "majority", "base", "orm")
Solved = dict[str, dict[int, Floats]]
"""Share of trainings whose choice solves each problem, by baseline or series, then by n."""


def load_outcomes(out: Path, config: ExperimentConfig) -> Outcomes:
    """What is in the experiment's folder; trainings that are not done are left out.

    Raises:
        InputError: there are no candidates yet, or files do not fit each other.
    """
    if not (out / "data" / "candidates.jsonl").exists():
        raise InputError(f"{out} holds no test candidates; use `run` first")
    pool = _make_pool(out)
    found: dict[str, list[Result]] = defaultdict(list)
    for training in list_trainings(config):
        if (result := read_result(out, training)) is not None:
            found[training.series].append(result)
    series = {name: _make_series(own, pool) for name, own in found.items()}
    return Outcomes(pool, tuple(read_reference(out, "test")), series)


def _make_pool(out: Path) -> Pool:
    _, candidates = read_candidates(out, "test")
    if len({len(chains) for chains in candidates.values()}) != 1:
        raise InputError(f"{out}: test problems have different numbers of candidates; `run` again")
    lines = read_lines(out / "data" / "candidates.jsonl", Examined)
    examined = {(one.problem, one.sample): one for _, one in lines}

    def table(of: Callable[[SampledChain], Any]) -> NDArray[Any]:
        return np.array([[of(chain) for chain in row] for row in candidates.values()])

    return Pool(
        tuple(candidates),
        table(lambda c: c.passed),
        table(lambda c: c.finished),
        table(lambda c: -np.inf if c.mean_logprob is None else c.mean_logprob),
        table(lambda c: examined[c.problem, c.sample].public),
        table(lambda c: examined[c.problem, c.sample].group),
    )


def _make_series(results: Sequence[Result], pool: Pool) -> Series:
    rewards = [[result.rewards[problem] for problem in pool.problems] for result in results]
    scores = np.array(rewards, float)
    return Series(
        np.where(np.isnan(scores), -1.0, scores),
        np.array([result.prefixes for result in results], float),
        tuple(row for result in results for row in result.corrections),
        tuple(result.device for result in results),
    )


class Measuring:
    """Everything that is said of outcomes, by bootstraps with the same draws.

    Args:
        outcomes: of the experiment.
        config: its seed, and how to measure.
    """

    def __init__(self, outcomes: Outcomes, config: ExperimentConfig) -> None:
        self._outcomes = outcomes
        self._config = config
        self._middle = config.report.middle
        pool = outcomes.pool
        self._solved: Solved = {
            way: {n: choose_baseline(pool, way, n) for n in config.report.n} for way in BASELINES
        }
        for name, series in outcomes.series.items():
            self._solved[name] = {n: _solve(series, pool, n) for n in config.report.n}

    def measure_baseline(self, way: str) -> Choice:
        """A way to choose that needs no training."""
        pool, scores = self._outcomes.pool, {}
        if way == "likelihood":  # no probabilities: only their order can be right
            judged = Judged(pool.logprob[None], pool.passed.astype(float), pool.finished)
            for what in ("auroc", "pairs"):
                scores[f"programs {what}"] = self._bootstrap(STATISTICS[what](judged), judged)
        public = self._rate(choose_baseline(pool, way, self._middle, public=True))
        return Choice(0, self._best_of(way), public, scores)

    def measure_series(self, name: str) -> Choice:
        """The reward models of a series."""
        series, own = self._outcomes.series[name], self._solved[name][self._middle]
        public = _solve(series, self._outcomes.pool, self._middle, public=True)
        return Choice(
            len(series.scores),
            self._best_of(name),
            self._rate(public),
            {
                f"{kind} {what}": self._bootstrap(make(judged), judged)
                for kind, judged in judge(series, self._outcomes).items()
                for what, make in STATISTICS.items()
            },
            self._rate(self._solved["oracle"][self._middle] - own),
            {
                way: self._compare(own, self._solved[way][self._middle])
                for way in AGAINST
                if way in self._solved and way != name
            },
        )

    def compare_methods(self) -> list[Pair]:
        """Differences between methods for every completer and K, and means over all K."""
        pairs = []
        for completer, (one, other) in product(self._config.grid.completers, PAIRS):
            sides = {
                k: (series_name(completer, k, one), series_name(completer, k, other))
                for k in self._config.grid.k
            }
            known = [k for k, names in sides.items() if self._outcomes.series.keys() >= {*names}]
            groups: dict[int | None, list[int]] = {k: [k] for k in known}
            if len(known) > 1:
                groups[None] = known
            for k, group in groups.items():
                names = [sides[each] for each in group]
                first, second = (
                    np.mean([self._solved[name][self._middle] for name in side], axis=0)
                    for side in zip(*names, strict=True)
                )
                best_of = self._compare(first, second)
                pairs.append(Pair(completer, k, one, other, best_of, self._compare_scores(names)))
        return pairs

    def _compare_scores(self, names: Sequence[tuple[str, str]]) -> Scores:
        """First minus second of every statistic, a mean over the named pairs of series."""
        every = self._outcomes.series
        judged = [[judge(every[name], self._outcomes) for name in pair] for pair in names]
        found: Scores = {}
        for kind, what in product(judged[0][0], STATISTICS):
            both = [
                (STATISTICS[what](first[kind]), STATISTICS[what](second[kind]))
                for first, second in judged
            ]
            found[f"{kind} {what}"] = self._bootstrap(_difference(both), judged[0][0][kind])
        return found

    def measure_movement(self, corrections: Sequence[Correction]) -> Movement:
        """Errors of labels whose truth is known.

        The truth is itself a share of few rollouts. Its noise adds the same to both errors and
        nothing to their difference.
        """
        _, where = np.unique([row.problem for row in corrections], return_inverse=True)
        weights = np.bincount(where).astype(float)
        truth = np.array([row.truth for row in corrections], float)
        counted = np.array([row.counted for row in corrections])
        label = np.array([row.label for row in corrections])

        def mean(values: Floats) -> Estimate:
            means, few = np.bincount(where, values) / weights, self._config.report.metric_resamples
            found = statistics.bootstrap_interval(means, few, self._config.seed, weights=weights)
            return _tidy(found)

        return Movement(
            mean((counted - truth) ** 2),
            mean((label - truth) ** 2),
            mean((label - truth) ** 2 - (counted - truth) ** 2),
            mean(counted - truth),
            mean(label - truth),
            float(np.mean([row.visits for row in corrections])),
            _curve(counted, truth),
            _curve(label, truth),
        )

    def measure_search(self, rows: Sequence[Compared]) -> SearchResult:
        """A search of all problems against best-of-m at its tokens."""
        passed = np.array([one.passed for one in rows], float)
        pool = np.array([one.pool_passed for one in rows], float)
        return SearchResult(
            rows[0].search,
            rows[0].n,
            len(rows),
            rows[0].reward,
            float(np.mean([one.tokens for one in rows])),
            self._rate(passed),
            float(np.mean([one.m for one in rows])),
            float(np.mean([one.pool_tokens for one in rows])),
            self._rate(pool),
            self._compare(passed, pool),
            float(np.mean([one.pool_tokens < one.tokens for one in rows])),
        )

    def _best_of(self, name: str) -> dict[int, Estimate]:
        return {n: self._rate(values) for n, values in self._solved[name].items()}

    def _rate(self, values: Floats) -> Estimate:
        resamples, seed = self._config.report.resamples, self._config.seed
        return _tidy(statistics.bootstrap_interval(values, resamples, seed))

    def _compare(self, first: Floats, second: Floats) -> Difference:
        found = self._rate(first - second)
        disagreement = mcnemar_exact(first > 0.5, second > 0.5)
        return Difference(found.value, found.low, found.high, disagreement)

    def _bootstrap(self, statistic: Statistic, judged: Judged) -> Estimate | None:
        resamples, seed = self._config.report.metric_resamples, self._config.seed
        size = len(judged.shares)
        found = statistics.bootstrap_statistic(size, statistic, resamples, seed)
        return None if found is None else _tidy(found)


def _solve(series: Series, pool: Pool, n: int, *, public: bool = False) -> Floats:
    """Share of the seeds whose choice passes, [problems]."""
    solved = [choose(pool, own, n, public=public) for own in series.scores]
    return np.asarray(np.mean(solved, axis=0))


def _difference(pairs: Sequence[tuple[Statistic, Statistic]]) -> Statistic:
    """First minus second, a mean over the pairs; None where one of them is undefined."""

    def statistic(drawn: Whole) -> float | None:
        found = [(first(drawn), second(drawn)) for first, second in pairs]
        known = [a - b for a, b in found if a is not None and b is not None]
        return float(np.mean(known)) if len(known) == len(found) else None

    return statistic


def _curve(labels: Floats, truth: Floats) -> Curve:
    bins = np.minimum(9, (labels * 10).astype(int))
    means = [[values[bins == b].mean() for values in (labels, truth)] for b in np.unique(bins)]
    return [(round(float(label), 6), round(float(share), 6)) for label, share in means]


def _tidy(found: Estimate) -> Estimate:
    """Without the last digits, in which machines differ, and without a negative zero."""
    return Estimate(*(round(one, 9) + 0.0 for one in (found.value, found.low, found.high)))


def measure(out: Path, config: ExperimentConfig) -> Results:
    """Measures what is in the experiment's folder; what is missing is left out.

    Raises:
        InputError: there are no candidates yet, or files do not fit each other.
    """
    compared = read_compared(out)
    return measure_outcomes(load_outcomes(out, config), config, compared, rank_trials(out, config))


def measure_outcomes(
    outcomes: Outcomes,
    config: ExperimentConfig,
    compared: Sequence[Compared] = (),
    tuning: Mapping[Completer, list[Trial]] | None = None,
) -> Results:
    """Rates, differences and scores of every series and baseline."""
    measuring, pool = Measuring(outcomes, config), outcomes.pool
    moved = {
        name: [row for row in series.corrections if row.truth is not None]
        for name, series in outcomes.series.items()
    }
    searches = dict.fromkeys((one.search, one.n) for one in compared)
    return Results(
        config,
        len(pool.problems),
        pool.passed.shape[1],
        float(pool.finished.mean()),
        float(pool.public.mean()),
        float(pool.passed.mean()),
        len(outcomes.reference),
        len(list(list_trainings(config))),
        Counter(name for series in outcomes.series.values() for name in series.devices),
        {way: measuring.measure_baseline(way) for way in BASELINES},
        {name: measuring.measure_series(name) for name in outcomes.series},
        measuring.compare_methods(),
        {name: measuring.measure_movement(rows) for name, rows in moved.items() if rows},
        [
            measuring.measure_search([one for one in compared if (one.search, one.n) == search])
            for search in searches
        ],
        dict(tuning or {}),
    )
