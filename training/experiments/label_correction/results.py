"""Every number of the report: docs/miniature/results.json, from which the page is written."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from dreamcode.codec import decode, encode
from dreamcode.errors import InputError
from dreamcode.files import write_whole
from dreamcode.grading.statistics import Disagreement, Estimate
from experiments.label_correction.config import Completer, ExperimentConfig

Scores = dict[str, Estimate | None]
"""Statistics of scores by KIND NAME, of kinds "programs" and "prefixes"; None if undefined."""

Curve = list[tuple[float, float]]
"""Mean label and mean truth of each tenth of the labels' range."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference, and McNemar's test on what more than half of the trainings solve."""

    value: float
    low: float
    high: float
    mcnemar: Disagreement


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to choose among candidates: a baseline, or the reward models of a series.

    Attributes:
        seeds: trainings; 0 for a baseline.
        best_of: share of problems solved, by n.
        public: the same at the middle n, where candidates that pass public tests come first.
        scores: how well its scores foretell outcomes.
        regret: oracle minus choice at the middle n; None for a baseline.
        against: differences at the middle n from what needs less; none of a baseline.
    """

    seeds: int
    best_of: dict[int, Estimate]
    public: Estimate
    scores: Scores
    regret: Estimate | None = None
    against: dict[str, Difference] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """One method minus another: best of the middle n, and scores; without K a mean over all K."""

    completer: Completer
    k: int | None
    first: str
    second: str
    best_of: Difference
    scores: Scores


@dataclass(frozen=True, slots=True)
class Movement:
    """Labels of a series against held-out rollouts, as counted and as corrected.

    Squared errors and their difference, biases (label - truth), corrections a label, curves.
    """

    counted: Estimate
    corrected: Estimate
    difference: Estimate
    bias_counted: Estimate
    bias_corrected: Estimate
    visits: float
    curve_counted: Curve
    curve_corrected: Curve


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A search against best-of-m at its tokens, means over problems; see `Compared`.

    `difference` is search minus best-of-m, `short` the share of problems on which the whole
    pool costs less.
    """

    search: str
    n: int
    problems: int
    reward: str
    tokens: float
    solved: Estimate
    m: float
    pool_tokens: float
    pool_solved: Estimate
    difference: Difference
    short: float


@dataclass(frozen=True, slots=True)
class Trial:
    """Correction settings on validation: NLL of programs and of prefixes, share solved."""

    name: str
    programs: float
    prefixes: float
    solved: float

    @property
    def loss(self) -> float:
        """What settings are chosen by: a reward model is asked about both alike."""
        return (self.programs + self.prefixes) / 2


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that the page says.

    Attributes:
        config: of the experiment.
        problems: of the test split.
        candidates: a problem.
        finished: share of the candidates; `public` and `passed`: those that pass such tests.
        reference: prefixes of test candidates.
        planned: trainings; `devices`: those that are done, by where.
        tuning: of each completer the trials, best first.
    """

    config: ExperimentConfig
    problems: int
    candidates: int
    finished: float
    public: float
    passed: float
    reference: int
    planned: int
    devices: dict[str, int]
    baselines: dict[str, Choice]
    series: dict[str, Choice]
    pairs: list[Pair]
    labels: dict[str, Movement]
    searches: list[SearchResult]
    tuning: dict[Completer, list[Trial]]


def write_results(path: Path, results: Results) -> None:
    """Writes them, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(encode(results), indent=1) + "\n")


def read_results(path: Path) -> Results:
    """The file's results; an InputError if it cannot be read or was written by another version."""
    try:
        return decode(Results, json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}; use `measure` first") from error
