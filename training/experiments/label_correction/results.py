"""Every number of the page: docs/miniature/results.json, from which it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from dreamcode.grading.statistics import Estimate
from experiments.kept import read_record


@dataclass(frozen=True, slots=True)
class Labels:
    """What correction made of labels whose truth is known, means over them.

    The truth is the share that passes of the writer's rollouts which no label has used. It is
    noisy: its noise adds the same to all errors.

    Attributes:
        visits: how often a label was corrected.
        moved: how far it went, in absolute value.
        error_counted: squared error of labels as counted.
        error_corrected: squared error of corrected ones.
        error_constant: squared error of one number for all, the mean truth.
        order_counted: correlation of labels as counted with the truth.
        order_corrected: correlation of corrected ones.
    """

    visits: float
    moved: float
    error_counted: float
    error_corrected: float
    error_constant: float
    order_counted: float
    order_corrected: float

    @classmethod
    def mean(cls, some: Sequence["Labels"]) -> "Labels":
        """Means over runs."""
        names = [one.name for one in fields(cls)]
        return cls(**{name: float(np.mean([getattr(one, name) for one in some])) for name in names})


@dataclass(frozen=True, slots=True)
class Series:
    """An arm with a K: means over its runs.

    Attributes:
        runs: trainings.
        measures: by name.
        ece: calibration error of prefixes.
        labels: of arms that correct.
    """

    runs: int
    measures: dict[str, Estimate]
    ece: float
    labels: Labels | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A difference that primary.yaml names.

    Attributes:
        claimant: the arm that is to be better.
        rival: the other one.
        k: rollouts per prefix.
        measure: of which measure.
        difference: claimant minus rival.
        p: two-sided.
        adjusted: the same after Holm's correction over all comparisons.
    """

    claimant: str
    rival: str
    k: int
    measure: str
    difference: Estimate
    p: float
    adjusted: float


@dataclass(frozen=True, slots=True)
class Results:
    """What the experiment came to.

    Attributes:
        config: its settings.
        problems: test problems.
        candidates: programs of each.
        passed: share of these that pass.
        completers: share that passes of each completer's rollouts of prefixes of train, by name.
        trainings: how many are done.
        planned: how many there are to be.
        series: by name.
        comparisons: all that there are.
    """

    config: dict[str, Any]
    problems: int
    candidates: int
    passed: float
    completers: dict[str, float]
    trainings: int
    planned: int
    series: dict[str, Series]
    comparisons: list[Comparison]


def read_results(path: Path) -> Results:
    """The file's results; an InputError if it cannot be read."""
    return read_record(path, Results)
