"""Every number of the report, with its interval over problems."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dreamcode.grading.statistics import (
    bootstrap_interval,
    bootstrap_statistic,
    mcnemar_exact,
    paired_difference,
)
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.grid import series_name
from experiments.label_correction.outcomes import (
    Floats,
    Outcomes,
    Pool,
    Series,
    solve_baseline,
    solve_by,
)
from experiments.label_correction.scores import (
    Statistic,
    finished_auroc,
    finished_error,
    finished_nll,
    finished_pairs,
    prefix_auroc,
    prefix_error,
    prefix_nll,
)
from experiments.label_correction.searches import Compared

Report = dict[str, Any]

BASELINES = ("first", "random", "likelihood", "majority", "oracle")
PAIRS = (("correct", "joint"), ("correct", "mc"), ("joint", "mc"), ("correct", "reweight"))

Kind = Literal["finished", "prefix"]

STATISTICS: dict[Kind, dict[str, Callable[[Series, Outcomes], Statistic]]] = {
    "finished": {
        "auroc": finished_auroc,
        "pairs": finished_pairs,
        "nll": finished_nll,
        "ece": finished_error,
    },
    "prefix": {"auroc": prefix_auroc, "nll": prefix_nll, "ece": prefix_error},
}
"""How well scores of finished programs and of prefixes foretell outcomes."""


def measure(outcomes: Outcomes, config: ExperimentConfig) -> Report:
    """Rates, differences and scores of every series and baseline.

    Returns:
        `pool` (counts), `baselines`, `series` (best of n, with public tests, regret, scores),
        `pairs` (differences between methods, per completer and K and over all K), `against`
        (differences of every series from baselines and the ORM), `labels` (movement).
    """
    pool = outcomes.pool
    solved = {
        name: {n: _solved(series, pool, n) for n in config.report.n}
        for name, series in outcomes.series.items()
    }
    base = {way: {n: solve_baseline(pool, way, n) for n in config.report.n} for way in BASELINES}
    return {
        "pool": {
            "problems": len(pool.problems),
            "candidates": int(pool.passed.shape[1]),
            "finished": float(pool.finished.mean()),
            "passed": float(pool.passed.mean()),
            "public": float(pool.public.mean()),
            "reference": len(outcomes.reference),
        },
        "baselines": {
            way: {
                "best_of": _rates(rates, config),
                "public": _rate(solve_baseline(pool, way, _middle(config), public=True), config),
            }
            for way, rates in base.items()
        }
        | {"likelihood_scores": measure_likelihood(outcomes, config)},
        "series": {
            name: {
                "seeds": len(series.scores),
                "best_of": _rates(solved[name], config),
                "public": _rate(_solved(series, pool, _middle(config), public=True), config),
                "regret": {
                    str(n): _difference(base["oracle"][n], solved[name][n], config)
                    for n in config.report.n
                },
            }
            | measure_scores(series, outcomes, config)
            for name, series in outcomes.series.items()
        },
        "pairs": compare_methods(outcomes, solved, config),
        "against": _against(solved, base, config),
        "labels": measure_movement(outcomes, config),
    }


def compare_methods(
    outcomes: Outcomes, solved: dict[str, dict[int, Floats]], config: ExperimentConfig
) -> list[Report]:
    """Differences between methods for every completer and K, and means over all K."""
    rows: list[Report] = []
    for completer, (one, other) in product(config.grid.completers, PAIRS):
        sides = {
            k: (series_name(completer, k, one), series_name(completer, k, other))
            for k in config.grid.k
        }
        known = [k for k, names in sides.items() if solved.keys() >= set(names)]
        for group in [*([k] for k in known), *([known] if len(known) > 1 else [])]:
            names = [sides[k] for k in group]

            def mean(side: int, n: int, names: Sequence[tuple[str, str]] = names) -> Floats:
                found: Floats = np.mean([solved[pair[side]][n] for pair in names], axis=0)
                return found

            rows.append(
                {
                    "completer": completer,
                    "k": group[0] if len(group) == 1 else "all",
                    "first": one,
                    "second": other,
                    "n": _middle(config),
                    "best_of": {
                        str(n): _compare(mean(0, n), mean(1, n), config) for n in config.report.n
                    },
                }
                | _compare_scores(outcomes, names, config)
            )
    return rows


def measure_scores(series: Series, outcomes: Outcomes, config: ExperimentConfig) -> Report:
    """AUROC, accuracy within problems, NLL, calibration error on finished programs and prefixes.

    Statistics of the seeds are averaged; problems are what is drawn anew.
    """
    kinds: list[Kind] = ["finished"]
    if outcomes.reference and all(own.size for own in series.prefixes):
        kinds.append("prefix")
    return {
        kind: {
            name: _statistic(make(series, outcomes), kind, outcomes, config)
            for name, make in STATISTICS[kind].items()
        }
        for kind in kinds
    }


def measure_likelihood(outcomes: Outcomes, config: ExperimentConfig) -> Report:
    """How well the policy's own mean log-likelihood tells finished programs apart."""
    series = Series("likelihood", (outcomes.pool.logprob,), (), (), ())
    return {
        name: _statistic(make(series, outcomes), "finished", outcomes, config)
        for name, make in (("auroc", finished_auroc), ("pairs", finished_pairs))
    }


def measure_movement(outcomes: Outcomes, config: ExperimentConfig) -> dict[str, Report]:
    """Squared error of counted and of corrected labels against held-out rollouts.

    The truth is itself a share of few rollouts. Its noise adds the same to both errors and
    nothing to their difference.
    """
    report: dict[str, Report] = {}
    for name, series in outcomes.series.items():
        rows = [row for seed in series.corrections for row in seed if row[3] is not None]
        if not rows:
            continue
        problems = sorted({row[0] for row in rows})
        place = {problem: number for number, problem in enumerate(problems)}
        where = np.array([place[row[0]] for row in rows])
        counted, label, truth, visits = np.array([row[1:] for row in rows], float).T
        counts = np.bincount(where).astype(float)
        means = {
            "counted": (counted - truth) ** 2,
            "label": (label - truth) ** 2,
            "difference": (label - truth) ** 2 - (counted - truth) ** 2,
            "bias_before": counted - truth,
            "bias_after": label - truth,
        }
        report[name] = {
            kind: asdict(
                bootstrap_interval(
                    np.bincount(where, values) / counts,
                    config.report.metric_resamples,
                    config.seed,
                    weights=counts,
                )
            )
            for kind, values in means.items()
        }
        report[name] |= {"visits": float(visits.mean()), "labels": len(rows)}
    return report


def measure_searches(compared: Sequence[Compared], config: ExperimentConfig) -> list[Report]:
    """Each search against best-of-m at its tokens."""
    report = []
    for search, n in dict.fromkeys((one.search, one.n) for one in compared):
        rows = [one for one in compared if (one.search, one.n) == (search, n)]
        passed = np.array([one.passed for one in rows], float)
        pool = np.array([one.pool_passed for one in rows], float)
        report.append(
            {
                "reward": rows[0].reward,
                "search": search,
                "n": n,
                "problems": len(rows),
                "tokens": float(np.mean([one.tokens for one in rows])),
                "pool_tokens": float(np.mean([one.pool_tokens for one in rows])),
                "m": float(np.mean([one.m for one in rows])),
                "short": float(np.mean([one.pool_tokens < one.tokens for one in rows])),
                "solved": _rate(passed, config),
                "pool_solved": _rate(pool, config),
                "difference": _compare(passed, pool, config),
            }
        )
    return report


def judge_difference(estimate: Report, *, lower: bool = False) -> str:
    """What an interval allows to say of the first beside the second.

    Args:
        estimate: of first - second.
        lower: whether less is better.
    """
    if estimate["low"] <= 0 <= estimate["high"]:
        return "not distinguishable from"
    return "better than" if (estimate["low"] > 0) != lower else "worse than"


def _against(
    solved: dict[str, dict[int, Floats]],
    base: dict[str, dict[int, Floats]],
    config: ExperimentConfig,
) -> dict[str, Report]:
    n = _middle(config)
    others = {way: base[way][n] for way in ("first", "likelihood", "majority")}
    others |= {name: solved[name][n] for name in ("base", "orm") if name in solved}
    return {
        name: {way: _compare(own[n], other, config) for way, other in others.items() if way != name}
        for name, own in solved.items()
    }


def _solved(series: Series, pool: Pool, n: int, *, public: bool = False) -> Floats:
    """Share of the seeds whose choice passes, [problems]."""
    every = [solve_by(pool, own, n, public=public) for own in series.scores]
    mean: Floats = np.mean(every, axis=0)
    return mean


def _middle(config: ExperimentConfig) -> int:
    """The n of comparisons: 8, or the largest there is."""
    return 8 if 8 in config.report.n else max(config.report.n)


def _rates(solved: dict[int, Floats], config: ExperimentConfig) -> Report:
    return {str(n): _rate(values, config) for n, values in solved.items()}


def _rate(values: Floats, config: ExperimentConfig) -> Report:
    return asdict(bootstrap_interval(values, config.report.resamples, config.seed))


def _difference(first: Floats, second: Floats, config: ExperimentConfig) -> Report:
    return asdict(paired_difference(first, second, config.report.resamples, config.seed))


def _compare(first: Floats, second: Floats, config: ExperimentConfig) -> Report:
    """The paired difference, and McNemar on what more than half of the trainings solve."""
    found = mcnemar_exact(first > 0.5, second > 0.5)
    return _difference(first, second, config) | {"mcnemar": asdict(found)}


def _compare_scores(
    outcomes: Outcomes, names: Sequence[tuple[str, str]], config: ExperimentConfig
) -> Report:
    """First minus second of every statistic of scores, a mean over the named pairs of series."""

    def difference(make: Callable[[Series, Outcomes], Statistic]) -> Statistic:
        both = [[make(outcomes.series[name], outcomes) for name in pair] for pair in names]

        def statistic(drawn: NDArray[np.int64]) -> float | None:
            found = [(one(drawn), other(drawn)) for one, other in both]
            known = [a - b for a, b in found if a is not None and b is not None]
            return float(np.mean(known)) if len(known) == len(found) else None

        return statistic

    return {
        kind: {
            name: _statistic(difference(make), kind, outcomes, config)
            for name, make in statistics.items()
        }
        for kind, statistics in STATISTICS.items()
        if kind == "finished" or outcomes.reference
    }


def _statistic(
    statistic: Statistic, kind: Kind, outcomes: Outcomes, config: ExperimentConfig
) -> Report | None:
    size = len(outcomes.pool.problems) if kind == "finished" else len(outcomes.reference)
    found = bootstrap_statistic(size, statistic, config.report.metric_resamples, config.seed)
    return None if found is None else asdict(found)
