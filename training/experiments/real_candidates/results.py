"""results.json: every number of the page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dreamcode.grading.statistics import Estimate
from dreamcode_training.evaluation.foretelling import Foretold
from experiments.kept import read_record

Measures = dict[str, Estimate | None]
"""By the names in `MEASURES`; None where a measure is undefined."""

MEASURES = {
    "pairs": "right within a problem",
    "pairs of one writer": "of one writer",
    "auroc": "AUROC",
    "best": "best of n",
}
"""Measures, and the heads of their columns."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What a split has.

    Attributes:
        problems: how many.
        mixed: those with right and wrong programs.
        programs: how many.
        passed: share of them.
    """

    problems: int
    mixed: int
    programs: int
    passed: float


@dataclass(frozen=True, slots=True)
class Results:
    """What the experiment came to, on test problems.

    Attributes:
        config: its settings.
        splits: what each split has.
        unscored: test programs that do not fit the window; no measure counts them.
        pairs: pairs of a right and a wrong program of one problem.
        pairs_of_one_writer: those of which one model wrote both.
        measures: of every way to rank programs.
        differences: the reward less every other way, paired over problems.
        foretold: how well the reward foretells verdicts, beside a constant.
    """

    config: dict[str, Any]
    splits: dict[str, Amount]
    unscored: int
    pairs: int
    pairs_of_one_writer: int
    measures: dict[str, Measures]
    differences: dict[str, Measures]
    foretold: Foretold | None


def read_results(path: Path) -> Results:
    """The file's results; an InputError if it cannot be read."""
    return read_record(path, Results)
