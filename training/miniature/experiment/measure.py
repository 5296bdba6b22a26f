"""Every number of the report, with its interval over problems."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamcode.bench.statistics import (
    bootstrap_interval,
    bootstrap_statistic,
    mcnemar_exact,
    paired_difference,
)
from training.metrics import EDGE, count_pairs
from training.miniature.experiment.config import ExperimentConfig
from training.miniature.experiment.grid import series_name
from training.miniature.experiment.outcomes import (
    Floats,
    Outcomes,
    Pool,
    Ranking,
    Series,
    solve_baseline,
    solve_by,
)
from training.miniature.experiment.searches import Compared

Report = dict[str, Any]
Statistic = Callable[[NDArray[np.int64]], float | None]

BASELINES = ("first", "random", "likelihood", "majority", "oracle")
PAIRS = (("correct", "joint"), ("correct", "mc"), ("joint", "mc"), ("correct", "reweight"))
BINS = 10


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
        | {"likelihood_scores": measure_likelihood(pool, config)},
        "series": {
            name: {
                "seeds": len(series.scores),
                "seconds": float(np.mean(series.seconds)),
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
    """Differences between methods for every completer and K, and over all K together."""
    rows: list[Report] = []
    n = _middle(config)
    for completer, (one, other) in product(config.grid.completers, PAIRS):
        both: list[tuple[Floats, Floats]] = []
        for k in config.grid.k:
            first, second = (series_name(completer, k, method) for method in (one, other))
            if first not in solved or second not in solved:
                continue
            both.append((solved[first][n], solved[second][n]))
            rows.append(
                {
                    "completer": completer,
                    "k": k,
                    "first": one,
                    "second": other,
                    "n": n,
                    "best_of": {
                        str(m): _compare(solved[first][m], solved[second][m], config)
                        for m in config.report.n
                    },
                    "prefix_auroc": _score_difference(
                        outcomes, first, second, prefix_auroc, config
                    ),
                    "prefix_nll": _score_difference(outcomes, first, second, prefix_nll, config),
                }
            )
        if len(both) > 1:
            means = [np.mean([pair[side] for pair in both], axis=0) for side in (0, 1)]
            rows.append(
                {
                    "completer": completer,
                    "k": "all",
                    "first": one,
                    "second": other,
                    "n": n,
                    "best_of": {str(n): _compare(means[0], means[1], config)},
                }
            )
    return rows


def measure_scores(series: Series, outcomes: Outcomes, config: ExperimentConfig) -> Report:
    """AUROC, accuracy within problems, NLL, calibration error on finished programs and prefixes.

    Statistics of the seeds are averaged; problems are what is drawn anew.
    """
    pool = outcomes.pool
    return {
        "finished": {
            "auroc": _statistic(len(pool.problems), finished_auroc(series, outcomes), config),
            "pairs": _statistic(len(pool.problems), finished_pairs(series.scores, pool), config),
            "nll": _statistic(len(pool.problems), finished_nll(series, outcomes), config),
            "ece": _statistic(len(pool.problems), finished_error(series, outcomes), config),
        },
        "prefixes": {
            "auroc": _statistic(len(outcomes.reference), prefix_auroc(series, outcomes), config),
            "nll": _statistic(len(outcomes.reference), prefix_nll(series, outcomes), config),
        }
        if all(own.size for own in series.prefixes) and outcomes.reference
        else {},
    }


def measure_likelihood(pool: Pool, config: ExperimentConfig) -> Report:
    """How well the policy's own mean log-likelihood tells finished programs apart."""
    places = np.nonzero(pool.finished)
    ranking = Ranking(pool.logprob[places], pool.passed[places], places[0])
    problems = len(pool.problems)

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        return ranking.auroc(np.bincount(drawn, minlength=problems))

    return {
        "auroc": _statistic(problems, statistic, config),
        "pairs": _statistic(problems, finished_pairs([pool.logprob], pool), config),
    }


def finished_auroc(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the AUROC on finished test programs."""
    pool = outcomes.pool
    places = np.nonzero(pool.finished)
    rankings = [Ranking(own[places], pool.passed[places], places[0]) for own in series.scores]
    return _mean_auroc(rankings, len(pool.problems))


def finished_pairs(scores: Sequence[Floats], pool: Pool) -> Statistic:
    """Mean over `scores` of the accuracy on pairs of finished test programs of one problem."""
    pairs = np.array(
        [
            [
                count_pairs(own[place][finished], pool.passed[place][finished])
                for place, finished in enumerate(pool.finished)
            ]
            for own in scores
        ]
    )  # [seeds, problems, 2]

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        right, total = pairs[:, drawn].sum(axis=1).T
        return float((right / total).mean()) if total.all() else None

    return statistic


def finished_nll(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the NLL (nats) on finished test programs."""
    finished = outcomes.pool.finished
    losses = [
        np.where(finished, _losses(own, outcomes.pool.passed.astype(float)), 0.0).sum(axis=1)
        for own in series.scores
    ]
    loss, count = np.mean(losses, axis=0), finished.sum(axis=1)

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        total = count[drawn].sum()
        return float(loss[drawn].sum() / total) if total else None

    return statistic


def finished_error(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the calibration error on finished test programs, ten equal bins."""
    pool = outcomes.pool
    tables = []
    for own in series.scores:
        gap = np.where(pool.finished, own - pool.passed, 0.0)
        bins = np.clip((own * BINS).astype(int), 0, BINS - 1)
        tables.append(
            np.stack([np.where(bins == b, gap, 0.0).sum(axis=1) for b in range(BINS)], axis=1)
        )
    gaps, count = np.stack(tables), pool.finished.sum(axis=1)  # [seeds, problems, bins]

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        total = count[drawn].sum()
        if not total:
            return None
        return float(np.abs(gaps[:, drawn].sum(axis=1)).sum(axis=1).mean() / total)

    return statistic


def prefix_auroc(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the soft AUROC on reference prefixes."""
    shares = [one.k / one.n for one in outcomes.reference]
    number = len(shares)
    rankings = [Ranking(own, shares, range(number)) for own in series.prefixes]
    return _mean_auroc(rankings, number)


def prefix_nll(series: Series, outcomes: Outcomes) -> Statistic:
    """Mean over seeds of the NLL (nats) of the reference rollouts under the prefix scores."""
    shares = np.array([one.k / one.n for one in outcomes.reference])
    loss = np.mean([_losses(own, shares) for own in series.prefixes], axis=0)

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        return float(loss[drawn].mean())

    return statistic


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
        anchor, label, truth, visits = np.array([row[1:] for row in rows], float).T
        counts = np.bincount(where).astype(float)
        means = {
            "anchor": (anchor - truth) ** 2,
            "label": (label - truth) ** 2,
            "difference": (label - truth) ** 2 - (anchor - truth) ** 2,
            "bias_before": anchor - truth,
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


def judge_difference(first: str, second: str, estimate: Report, *, lower: bool = False) -> str:
    """What an interval allows to be said, in words.

    Args:
        first: name of what is compared.
        second: name of what it is compared with.
        estimate: of first - second.
        lower: whether less is better.
    """
    if estimate["low"] > 0:
        return f"{first} is {'worse' if lower else 'better'} than {second}"
    if estimate["high"] < 0:
        return f"{first} is {'better' if lower else 'worse'} than {second}"
    return f"{first} is not distinguishable from {second}"


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


def _score_difference(
    outcomes: Outcomes,
    first: str,
    second: str,
    make: Callable[[Series, Outcomes], Statistic],
    config: ExperimentConfig,
) -> Report | None:
    one, other = (make(outcomes.series[name], outcomes) for name in (first, second))

    def statistic(drawn: NDArray[np.int64]) -> float | None:
        a, b = one(drawn), other(drawn)
        return None if a is None or b is None else a - b

    return _statistic(len(outcomes.reference), statistic, config)


def _statistic(problems: int, statistic: Statistic, config: ExperimentConfig) -> Report | None:
    found = bootstrap_statistic(problems, statistic, config.report.metric_resamples, config.seed)
    return None if found is None else asdict(found)


def _mean_auroc(rankings: Sequence[Ranking], problems: int) -> Statistic:
    def statistic(drawn: NDArray[np.int64]) -> float | None:
        counts = np.bincount(drawn, minlength=problems)
        found = [ranking.auroc(counts) for ranking in rankings]
        known = [one for one in found if one is not None]
        return float(np.mean(known)) if known else None

    return statistic


def _losses(scores: Floats, shares: Floats) -> Floats:
    inside = np.clip(scores, EDGE, 1 - EDGE)
    losses: Floats = -(shares * np.log(inside) + (1 - shares) * np.log(1 - inside))
    return losses
