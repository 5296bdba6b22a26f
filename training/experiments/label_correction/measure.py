"""From the files of a run to every number of the report, with intervals over problems."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamcode.errors import InputError
from dreamcode.grading import statistics
from dreamcode.grading.statistics import Estimate, mcnemar_exact
from dreamcode.rewards.calibration import measure_reliability
from dreamcode_training.chains import SampledChain
from dreamcode_training.evaluation.bootstrap import METRIC_RESAMPLES
from dreamcode_training.records import read_lines
from experiments.label_correction.candidates import Examined, read_reference
from experiments.label_correction.config import Completer, ExperimentConfig
from experiments.label_correction.data import read_candidates
from experiments.label_correction.grid import list_trainings, series_name
from experiments.label_correction.results import Report
from experiments.label_correction.scoring import (
    BASELINES,
    STATISTICS,
    Floats,
    Judged,
    Outcomes,
    Pool,
    Series,
    choose,
    choose_baseline,
    draw_groups,
    judge,
)
from experiments.label_correction.searches import Compared, read_compared
from experiments.label_correction.training import Result, read_result
from experiments.label_correction.tune import Trial, rank_trials

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
        self._middle = config.middle
        pool, numbers = outcomes.pool, config.eval.n
        self._solved: Solved = {}
        self._public: dict[str, Floats] = {}
        self._scores: dict[str, dict[str, Floats]] = defaultdict(dict)
        for way in BASELINES:
            self._solved[way] = {n: choose_baseline(pool, way, n) for n in numbers}
            self._public[way] = choose_baseline(pool, way, self._middle, public=True)
        # Likelihoods are no chances: only their order can be right.
        order = Judged(pool.logprob[None], pool.passed.astype(float), pool.finished)
        self._scores["likelihood"] = self._draw({"programs": order}, ("auroc", "pairs"))
        for name, series in outcomes.series.items():
            self._solved[name] = {n: _solve(series, pool, n) for n in numbers}
            self._public[name] = _solve(series, pool, self._middle, public=True)
            self._scores[name] = self._draw(judge(series, outcomes), tuple(STATISTICS))

    def measure(self, name: str) -> Report:
        """A baseline, or the reward models of a series.

        Returns:
            `seeds`: trainings; `best_of`: share of problems solved, by n; `public`: at the middle
            n, where candidates that pass public tests come first; `scores`: how well they foretell
            outcomes. Of a series also at the middle n `regret`, which is oracle minus choice, and
            differences `against` what needs less.
        """
        solved, series = self._solved[name], self._outcomes.series.get(name)
        own = solved[self._middle]
        found: Report = {
            "seeds": 0,
            "best_of": {str(n): self._rate(values) for n, values in solved.items()},
            "public": self._rate(self._public[name]),
            "scores": _estimate(self._scores[name]),
            "regret": None,
            "against": {},
        }
        if series is not None:
            found["seeds"] = len(series.scores)
            found["regret"] = self._rate(self._solved["oracle"][self._middle] - own)
            found["against"] = {
                way: self._compare(own, self._solved[way][self._middle])
                for way in AGAINST
                if way in self._solved and way != name
            }
        return found

    def compare_methods(self) -> list[Report]:
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
                scores = {
                    what: np.mean(
                        [self._scores[a][what] - self._scores[b][what] for a, b in names], 0
                    )
                    for what in self._scores[names[0][0]]
                }
                found = {"best_of": self._compare(first, second), "scores": _estimate(scores)}
                named = {"completer": completer, "k": k, "first": one, "second": other}
                pairs.append(named | found)
        return pairs

    def measure_movement(self, corrections: Sequence[dict[str, Any]]) -> Report:
        """Errors of labels whose truth is known.

        The truth is itself a share of few rollouts. Its noise adds the same to both errors and
        nothing to their difference.
        """
        _, where = np.unique([row["problem"] for row in corrections], return_inverse=True)
        weights = np.bincount(where).astype(float)
        truth = np.array([row["truth"] for row in corrections], float)
        counted = np.array([row["counted"] for row in corrections])
        label = np.array([row["label"] for row in corrections])

        def mean(values: Floats) -> Report:
            means, seed = np.bincount(where, values) / weights, self._config.seed
            return _tidy(
                statistics.bootstrap_interval(
                    means, self._few, seed, weights=weights, bounds=statistics.DIFFERENCE
                )
            )

        return {
            "counted": mean((counted - truth) ** 2),
            "corrected": mean((label - truth) ** 2),
            "difference": mean((label - truth) ** 2 - (counted - truth) ** 2),
            "bias_counted": mean(counted - truth),
            "bias_corrected": mean(label - truth),
            "visits": float(np.mean([row["visits"] for row in corrections])),
            "curve_counted": _curve(counted, truth),
            "curve_corrected": _curve(label, truth),
        }

    def measure_search(self, one: Compared) -> Report:
        """A search of all problems against best-of-m at its tokens, means over problems.

        `short` is the share of problems on which the whole pool costs less.
        """
        passed = np.array(one.passed, float)
        m, tokens, pool = np.array(one.pool, float).T
        return {
            "search": one.search,
            "n": one.n,
            "problems": len(passed),
            "reward": one.reward,
            "tokens": float(np.mean(one.tokens)),
            "solved": self._rate(passed),
            "m": float(m.mean()),
            "pool_tokens": float(tokens.mean()),
            "pool_solved": self._rate(pool),
            "difference": self._compare(passed, pool),
            "short": float((tokens < one.tokens).mean()),
        }

    @property
    def _few(self) -> int:
        return min(self._config.eval.resamples, METRIC_RESAMPLES)

    def _draw(self, judged: Mapping[str, Judged], what: Sequence[str]) -> dict[str, Floats]:
        """Statistics by KIND NAME: of all groups, then of every draw of them."""
        found: dict[str, Floats] = {}
        for kind, own in judged.items():
            drawn = draw_groups(len(own.shares), self._few, self._config.seed)
            found |= {f"{kind} {one}": STATISTICS[one](own, drawn) for one in what}
        return found

    def _rate(self, values: Floats, bounds: tuple[float, float] = statistics.SHARE) -> Report:
        resamples, seed = self._config.eval.resamples, self._config.seed
        return _tidy(statistics.bootstrap_interval(values, resamples, seed, bounds=bounds))

    def _compare(self, first: Floats, second: Floats) -> Report:
        disagreement = mcnemar_exact(first > 0.5, second > 0.5)
        return self._rate(first - second, statistics.DIFFERENCE) | {"mcnemar": asdict(disagreement)}


def _solve(series: Series, pool: Pool, n: int, *, public: bool = False) -> Floats:
    """Share of the seeds whose choice passes, [problems]."""
    solved = [choose(pool, own, n, public=public) for own in series.scores]
    return np.asarray(np.mean(solved, axis=0))


def _estimate(scores: Mapping[str, Floats]) -> dict[str, Report | None]:
    """Of values that `draw_groups` leads to: the first, with the interval of the others."""
    found: dict[str, Report | None] = dict.fromkeys(scores)
    for what, (whole, *drawn) in scores.items():
        if not np.isnan(whole):
            found[what] = _tidy(statistics.take_interval(whole, drawn))
    return found


def _curve(labels: Floats, truth: Floats) -> list[list[float]]:
    """Mean label and mean truth of each tenth of the labels' range."""
    found = measure_reliability(labels, truth)
    means = zip(found.predicted, found.observed, strict=True)
    return [[round(x, 6), round(y, 6)] for x, y in means if x is not None and y is not None]


def _tidy(found: Estimate) -> Report:
    """Without the last digits, in which machines differ, and without a negative zero."""
    return {name: round(float(value), 9) + 0.0 for name, value in asdict(found).items()}


def measure(out: Path, config: ExperimentConfig) -> Report:
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
) -> Report:
    """Everything that the page says: of candidates, trainings, baselines, series and searches."""
    measuring, pool = Measuring(outcomes, config), outcomes.pool
    moved = {
        name: [row for row in series.corrections if row["truth"] is not None]
        for name, series in outcomes.series.items()
    }
    return {
        "config": config.model_dump(mode="json"),
        "problems": len(pool.problems),
        "candidates": pool.passed.shape[1],
        "finished": float(pool.finished.mean()),
        "public": float(pool.public.mean()),
        "passed": float(pool.passed.mean()),
        "reference": len(outcomes.reference),
        "planned": len(list(list_trainings(config))),
        "devices": Counter(name for one in outcomes.series.values() for name in one.devices),
        "baselines": {way: measuring.measure(way) for way in BASELINES},
        "series": {name: measuring.measure(name) for name in outcomes.series},
        "pairs": measuring.compare_methods(),
        "labels": {name: measuring.measure_movement(rows) for name, rows in moved.items() if rows},
        "searches": [measuring.measure_search(one) for one in compared],
        "tuning": {own: [asdict(one) for one in trials] for own, trials in (tuning or {}).items()},
    }
