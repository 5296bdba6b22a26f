"""The experiment's results as arrays: what was written, what passed, who chose what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dreamcode.errors import InputError
from dreamcode_training.chains import SampledChain
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.data import read_candidates
from experiments.label_correction.grid import list_trainings
from experiments.label_correction.points import is_done, read_result
from experiments.label_correction.pools import read_examined
from experiments.label_correction.reference import ReferencePrefix, read_reference

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Whole = NDArray[np.int64]


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
        name: of the series.
        scores: a seed each: aggregated reward of every candidate, [problems, candidates];
            -1 for unfinished ones.
        prefixes: a seed each: reward of every reference prefix, [prefixes]; empty for an ORM.
        corrections: a seed each: [problem, counted, label, truth, visits] of every label.
        devices: a seed each: where it was trained.
    """

    name: str
    scores: tuple[Floats, ...]
    prefixes: tuple[Floats, ...]
    corrections: tuple[list[list[Any]], ...]
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Everything that the report is made of."""

    pool: Pool
    reference: tuple[ReferencePrefix, ...]
    series: dict[str, Series]


def load_outcomes(out: Path, config: ExperimentConfig) -> Outcomes:
    """What is there; trainings that are not done are left out.

    Raises:
        InputError: there are no candidates yet, or files do not fit each other.
    """
    if not (out / "data" / "candidates.jsonl").exists():
        raise InputError(f"{out} holds no test candidates; use `run` first")
    _, candidates = read_candidates(out, "test")
    pool = make_pool(candidates, out)
    reference = tuple(read_reference(out, "test"))
    found: dict[str, list[dict[str, Any]]] = {}
    for training in list_trainings(config):
        result = read_result(training.folder(out)) if is_done(out, training) else None
        if result is not None:
            found.setdefault(training.name.rpartition("-s")[0], []).append(result)
    series = {name: _make_series(name, results, pool) for name, results in found.items()}
    return Outcomes(pool, reference, series)


def make_pool(candidates: dict[str, list[SampledChain]], out: Path) -> Pool:
    """The candidates as arrays.

    Raises:
        InputError: problems have different numbers of candidates.
    """
    if len({len(chains) for chains in candidates.values()}) != 1:
        raise InputError(f"{out}: test problems have different numbers of candidates; `run` again")
    examined = read_examined(out / "data" / "candidates.jsonl")
    rows = list(candidates.values())

    def table(of: Callable[[SampledChain], Any], kind: type) -> NDArray[Any]:
        return np.array([[of(chain) for chain in row] for row in rows], kind)

    return Pool(
        tuple(candidates),
        table(lambda c: c.passed, bool),
        table(lambda c: c.finished, bool),
        table(lambda c: -np.inf if c.mean_logprob is None else c.mean_logprob, float),
        table(lambda c: examined[c.problem, c.sample].public, bool),
        table(lambda c: examined[c.problem, c.sample].group, int),
    )


def pick(worth: Floats, finished: Bools, n: int, first: Bools | None = None) -> Whole:
    """Which of the first n candidates is chosen: the worthiest finished one, ties to the earlier.

    Args:
        worth: [problems, candidates], finite where finished.
        finished: [problems, candidates].
        n: how many are looked at.
        first: candidates that rank above all others, [problems, candidates].

    Returns:
        Places, [problems].
    """
    order = np.argsort(np.argsort(worth[:, :n], axis=1, kind="stable"), axis=1, kind="stable")
    # Ranks would break ties to the later; equal worth must be an equal rank.
    ranks = np.take_along_axis(_dense(np.sort(worth[:, :n], axis=1)), order, axis=1)
    size = worth.shape[1] + 1
    ranks = ranks + size * finished[:, :n]
    if first is not None:
        ranks = ranks + 2 * size * (first & finished)[:, :n]
    chosen: Whole = ranks.argmax(axis=1)
    return chosen


def solve_by(pool: Pool, worth: Floats, n: int, *, public: bool = False) -> Floats:
    """1 for problems whose chosen candidate passes, else 0, [problems]."""
    places = pick(worth, pool.finished, n, pool.public if public else None)
    solved: Floats = pool.passed[np.arange(len(places)), places].astype(float)
    return solved


def majority_worth(group: Whole, n: int) -> Floats:
    """Size of each candidate's group among the first n, [problems, n]."""
    own = group[:, :n]
    same = (own[:, :, None] == own[:, None, :]) & (own >= 0)[:, :, None]
    sizes: Floats = same.sum(axis=2).astype(float)
    return sizes


def solve_baseline(pool: Pool, way: str, n: int, *, public: bool = False) -> Floats:
    """What needs no training: share solved by a way to choose among the first n, [problems].

    Args:
        pool: the candidates.
        way: first, random (its expectation), likelihood, majority, or oracle.
        n: how many are looked at.
        public: whether candidates that pass the public tests come first.

    Raises:
        InputError: there is no such way.
    """
    passed: Floats = pool.passed[:, :n].astype(float)
    solved: Floats
    if way == "first" and not public:
        solved = passed[:, 0]
    elif way == "first":
        solved = solve_by(pool, np.zeros(pool.passed.shape), n, public=True)
    elif way == "random":
        able = np.ones(passed.shape)
        if public:
            able = (pool.public & pool.finished)[:, :n].astype(float)
            able[able.sum(axis=1) == 0] = 1
        solved = (passed * able).sum(axis=1) / able.sum(axis=1)
    elif way == "likelihood":
        solved = solve_by(pool, pool.logprob, n, public=public)
    elif way == "majority":
        solved = solve_by(pool, majority_worth(pool.group, n), n, public=public)
    elif way == "oracle":
        solved = passed.max(axis=1)
    else:
        raise InputError(f"no way to choose is called {way!r}")
    return solved


class Ranking:
    """AUROC of fixed scores under changing weights of the problems they belong to.

    Args:
        scores: higher foretells passing.
        shares: of outcomes that passed, in [0, 1].
        problems: place of the problem each belongs to.
    """

    def __init__(self, scores: ArrayLike, shares: ArrayLike, problems: ArrayLike) -> None:
        score = np.asarray(scores, float)
        order = np.argsort(score, kind="stable")
        self._share = np.asarray(shares, float)[order]
        self._problem = np.asarray(problems, int)[order]
        self._starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))

    def auroc(self, counts: NDArray[Any]) -> float | None:
        """With each problem counted so often, [problems]; None without both outcomes."""
        weight = counts[self._problem].astype(float)
        right = np.add.reduceat(weight * self._share, self._starts)
        wrong = np.add.reduceat(weight * (1 - self._share), self._starts)
        total = right.sum() * wrong.sum()
        if not total:
            return None
        below = np.cumsum(wrong) - wrong
        return float((right * (below + wrong / 2)).sum() / total)


def _dense(ordered: Floats) -> Whole:
    """Ranks of sorted rows, equal where the values are."""
    steps = np.zeros(ordered.shape, int)
    with np.errstate(invalid="ignore"):
        steps[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    return steps.cumsum(axis=1)


def _make_series(
    name: str,
    results: Sequence[dict[str, Any]],
    pool: Pool,
) -> Series:
    scores, prefixes = [], []
    for result in results:
        own = result["rewards"]
        if set(own) != set(pool.problems):
            raise InputError(
                f"the result of {result['name']} belongs to other candidates; `run` again"
            )
        table = np.array([own[problem] for problem in pool.problems], float)
        scores.append(np.where(np.isnan(table), -1.0, table))
        prefixes.append(np.array(result["prefixes"], float))
    return Series(
        name,
        tuple(scores),
        tuple(prefixes),
        tuple(result["corrections"] for result in results),
        tuple(result["device"] for result in results),
    )
