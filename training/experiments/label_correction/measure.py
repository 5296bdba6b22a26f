"""From the files of a run to every number of the page, with intervals over problems and runs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from dreamcode.errors import InputError
from dreamcode.rewards.aggregation import log_odds
from dreamcode.rewards.calibration import measure_reliability
from dreamcode_training.evaluation.choices import solve
from dreamcode_training.evaluation.depths import Fault, by_fault, by_outcome, count_by_depth
from dreamcode_training.evaluation.faults import find_largest_fall
from dreamcode_training.evaluation.foretelling import list_prefixes, list_programs
from dreamcode_training.evaluation.pruning import expect_random, prune
from dreamcode_training.evaluation.scored import Pools
from dreamcode_training.evaluation.scoring import make_record
from dreamcode_training.metrics import Scored, nll
from dreamcode_training.records import LabelledChain, read_lines
from experiments.label_correction.arms import (
    UNCALIBRATED,
    labels_folder,
    list_trainings,
    series_name,
)
from experiments.label_correction.config import (
    ArmConfig,
    CompleterName,
    ExperimentConfig,
    Primary,
    read_primary,
)
from experiments.label_correction.data import read_candidates, read_faults
from experiments.label_correction.draws import Draws, Measured, adjust
from experiments.label_correction.results import (
    Comparison,
    Labels,
    Results,
    Series,
)
from experiments.label_correction.training import Result, read_result

N = 8
"""Most candidates of best-of-n, which no claim is about."""

Counts = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
"""By measure: of each problem how much, and of how many."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training's measures on the test problems, and how far its labels went.

    Attributes:
        place: number of its set and its seed: what runs of two arms are paired by.
        counts: measures.
        ece: calibration error of prefixes.
        labels: of a method that corrects.
    """

    place: tuple[int, int]
    counts: Counts
    ece: float
    labels: Labels | None


def measure(out: Path, config: ExperimentConfig) -> Results:
    """Measures what is in the experiment's folder; what is missing is left out.

    Raises:
        InputError: there are no candidates yet, or files do not fit each other.
    """
    if not (out / "data" / "faults.jsonl").exists():
        raise InputError(f"{out} holds no candidates with known faults; use `run` first")
    pools, faults = read_pools(out), read_faults(out)
    runs: dict[str, list[Run]] = defaultdict(list)
    trainings, done = list(list_trainings(config)), 0
    for training in trainings:
        if (result := read_result(out, training)) is not None:
            done += 1
            own, place = with_rewards(pools, result), (training.group, training.seed)
            runs[training.series].append(
                Run(place, count(own, faults), measure_ece(own), measure_labels(result))
            )
            if training.series.startswith("mc-"):
                flat = with_rewards(pools, result, uncalibrated=True)
                name = training.series.replace("mc-", f"{UNCALIBRATED}-")
                runs[name].append(Run(place, count(flat, faults), measure_ece(flat), None))
    runs["constant"] = [Run((0, 0), count_constant(pools, faults), 0.0, None)]
    draws = Draws(len(pools), config.eval.resamples, config.seed)
    primary = read_primary()
    return Results(
        config=config.model_dump(mode="json"),
        problems=len(pools),
        candidates=len(pools[0]),
        passed=float(np.mean([chain.passed for pool in pools for chain in pool])),
        completers=measure_completers(out, config),
        trainings=done,
        planned=len(trainings),
        series={name: describe(own, draws) for name, own in runs.items()},
        comparisons=compare(runs, config, primary, draws),
    )


def read_pools(out: Path) -> Pools:
    """The test candidates of every problem, without rewards."""
    _, candidates = read_candidates(out, "test")
    return [
        [make_record(chain, "test", (None,) * len(chain.steps)) for chain in own]
        for own in candidates.values()
    ]


def with_rewards(pools: Pools, result: Result, *, uncalibrated: bool = False) -> Pools:
    """The candidates as a training scored them.

    `uncalibrated` reads prefixes as if they were finished programs: what a single calibration
    does.
    """

    def reread(reward: float | None) -> float | None:
        if reward is None or not uncalibrated:
            return reward
        logit = (log_odds(reward) - result.prefixes.bias) * result.prefixes.temperature
        return result.programs.chance(logit)

    return [
        [
            replace(chain, rewards=(*map(reread, rewards[:-1]), rewards[-1]))
            for chain, rewards in zip(pool, result.rewards[pool[0].problem], strict=True)
        ]
        for pool in pools
    ]


def count(pools: Pools, faults: Sequence[Fault]) -> Counts:
    """Every measure of every problem."""
    sound = by_fault(faults)
    known = {(fault.problem, fault.sample): fault.first for fault in faults}
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for pool in pools:
        found["pairs"].append(_total(count_by_depth(pool, sound).values()))
        found["outcome pairs"].append(_total(count_by_depth(pool, by_outcome).values()))
        place, _ = prune(pool)
        found["pruned"].append((float(pool[place].passed), 1.0))
        wrong = [(one, known[key]) for one in pool if (key := (one.problem, one.sample)) in known]
        named = sum(find_largest_fall(one.rewards) == first for one, first in wrong)
        found["found"].append((named, len(wrong)))
        found["nll"].append(_sum_nll(list_prefixes([pool])[0]))
        found["program nll"].append(_sum_nll(list_programs([pool])[0]))
        found["best of 8"].append((solve([pool[:N]], len(pool[:N]), "last")[0], 1.0))
        found["best of 8, mean log-odds"].append(
            (solve([pool[:N]], len(pool[:N]), "mean-log-odds")[0], 1.0)
        )
    return {name: _columns(rows) for name, rows in found.items()}


def count_constant(pools: Pools, faults: Sequence[Fault]) -> Counts:
    """What needs no reward: one number for all prefixes, the best one; chance where it ranks."""
    known = {(fault.problem, fault.sample) for fault in faults}
    outcomes = [float(c.passed) for pool in pools for c in pool for _ in c.unfinished]
    share = float(np.mean(outcomes))
    flat = [[replace(one, rewards=(share,) * len(one.rewards)) for one in pool] for pool in pools]
    counts = dict(count(flat, faults))
    random = [(expect_random(pool)[0], 1.0) for pool in pools]
    chance = [
        [1 / len(one.rewards) for one in pool if (one.problem, one.sample) in known]
        for pool in pools
    ]
    counts["pruned"] = _columns(random)
    counts["best of 8"] = counts["best of 8, mean log-odds"] = _columns(
        [(float(np.mean([one.passed for one in pool[:N]])), 1.0) for pool in pools]
    )
    counts["found"] = _columns([(sum(own), len(own)) for own in chance])
    return counts


def measure_completers(out: Path, config: ExperimentConfig) -> dict[str, float]:
    """How often each completer ends well from a prefix of train: what its labels are biased by."""
    found = {}
    for name in get_args(CompleterName):
        arm, k = ArmConfig(completer=name), max(config.every_k(name), default=0)
        files = [out / labels_folder(arm, k, n) / "labels.jsonl" for n in range(config.sets)]
        lines = (
            line for file in files if file.exists() for line in read_lines(file, LabelledChain)
        )
        counts = [count for _, chain in lines for count in chain.counts if count.n]
        if counts:
            found[name] = sum(one.k for one in counts) / sum(one.n for one in counts)
    return found


def measure_ece(pools: Pools) -> float:
    """Calibration error of prefixes against their chain's own outcome."""
    columns = [(own.scores, own.shares) for own in list_prefixes(pools)]
    scores, shares = (np.concatenate(column) for column in zip(*columns, strict=True))
    return measure_reliability(scores, shares).error


def measure_labels(result: Result) -> Labels | None:
    """How near labels are to the share that passes of the writer's other rollouts."""
    rows = [row for row in result.corrections if row["truth"] is not None]
    if not rows:
        return None
    truth, counted, label = (
        np.array([row[what] for row in rows], float) for what in ("truth", "counted", "label")
    )

    def correlate(labels: NDArray[np.float64]) -> float:
        """With the truth; NaN where either is the same everywhere."""
        if min(np.ptp(labels), np.ptp(truth)) == 0:
            return float("nan")
        return float(np.corrcoef(labels, truth)[0, 1])

    return Labels(
        visits=float(np.mean([row["visits"] for row in rows])),
        moved=float(np.abs(label - counted).mean()),
        error_counted=float(((counted - truth) ** 2).mean()),
        error_corrected=float(((label - truth) ** 2).mean()),
        error_constant=float(truth.var()),
        order_counted=correlate(counted),
        order_corrected=correlate(label),
    )


def describe(runs: Sequence[Run], draws: Draws) -> Series:
    """Means over the runs, with intervals."""
    measures = {name: draws.mean(_stack(runs, name)) for name in runs[0].counts}
    labels = [run.labels for run in runs if run.labels is not None]
    return Series(
        runs=len(runs),
        measures=measures,
        ece=float(np.mean([run.ece for run in runs])),
        labels=Labels.mean(labels) if labels else None,
    )


def compare(
    runs: Mapping[str, Sequence[Run]], config: ExperimentConfig, primary: Primary, draws: Draws
) -> list[Comparison]:
    """Every difference that primary.yaml names, of all that are there, adjusted together.

    Where only one of two arms has a run of some set and seed, it is left out.
    """
    found = []
    for k, claimant, rival in list_pairs(config, primary):
        one, other = (series_name(name, config.arms[name], k) for name in (claimant, rival))
        firsts, seconds = ({run.place: run for run in runs.get(arm, ())} for arm in (one, other))
        both = sorted(firsts.keys() & seconds.keys())
        for name in primary.measures if both else ():
            difference, p = draws.compare(
                *(_stack([some[place] for place in both], name) for some in (firsts, seconds))
            )
            found.append(Comparison(claimant, rival, k, name, difference, p, p))
    adjusted = adjust([one.p for one in found])
    return [replace(one, adjusted=p) for one, p in zip(found, adjusted, strict=True)]


def list_pairs(config: ExperimentConfig, primary: Primary) -> Iterator[tuple[int, str, str]]:
    """K, claimant and rival of every difference, each once."""
    for group in (primary.claims, primary.plain):
        for claimant, rivals in group.items():
            for rival in rivals:
                if {claimant, rival} <= config.arms.keys():
                    arms = [config.arms[name] for name in (claimant, rival)]
                    counted = [config.k_of(arm) for arm in arms if arm.counts]
                    for k in counted[0] if counted else config.k[:1]:
                        yield k, claimant, rival


def _stack(runs: Sequence[Run], name: str) -> Measured:
    columns = [run.counts[name] for run in runs]
    return Measured(np.array([some for some, _ in columns]), np.array([of for _, of in columns]))


def _sum_nll(own: Scored) -> tuple[float, float]:
    count = len(own.scores)
    return (nll(own.scores, own.shares) * count, count) if count else (0.0, 0.0)


def _total(rows: Iterable[tuple[float, float]]) -> tuple[float, float]:
    some, of = zip(*rows, strict=True) if (rows := list(rows)) else ((), ())
    return sum(some), sum(of)


def _columns(
    rows: Sequence[tuple[float, float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    some, of = np.array(rows, float).reshape(-1, 2).T
    return some, of
