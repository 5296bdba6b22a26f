"""Two runs over the same problems: who solved what, and how sure the difference is."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from dreamcode.bench.measures import GROUPINGS, group_by, right_share, solved
from dreamcode.errors import InputError
from dreamcode.grading.statistics import bootstrap_interval, mcnemar_exact, paired_difference
from dreamcode.results import Result

Report = dict[str, Any]

POWER = 0.8
LEVEL = 0.05


def compare(
    first: Sequence[Result], second: Sequence[Result], resamples: int = 10_000, seed: int = 0
) -> Report:
    """The first run minus the second, over the problems that both have.

    Where both runs made a choice, it is the chosen programs that are compared, else the
    shares of right samples. For McNemar's test, `won` and `lost` a problem counts as solved
    where more than half of it is.

    Returns:
        `compared`: "chosen" or "samples"; `problems`; `left_out`: ids that only one run
        has; `first`, `second`: shares solved; `difference` with `mcnemar`; `won`, `lost`: ids
        of problems that only the first, only the second solved; `by_difficulty`: the
        difference in each; `needed`: problems that such a difference needs to be found (see
        `problems_needed`).

    Raises:
        InputError: the runs have no problem in common, or one has a problem twice.
    """
    one, other = (_by_id(results) for results in (first, second))
    common = [name for name in one if name in other]
    if not common:
        raise InputError("the two runs have no problem in common; compare runs over the same ones")
    pairs = [(one[name], other[name]) for name in common]
    ranked = all(result.ranked for pair in pairs for result in pair)
    value = solved if ranked else right_share
    values = np.array([[value(result) for result in pair] for pair in pairs])
    ours, theirs = values.T
    groups = group_by([pair[0] for pair in pairs], GROUPINGS["difficulty"])
    report: Report = {
        "compared": "chosen" if ranked else "samples",
        "problems": len(common),
        "left_out": sorted(one.keys() ^ other.keys()),
        "first": asdict(bootstrap_interval(ours, resamples, seed)),
        "second": asdict(bootstrap_interval(theirs, resamples, seed)),
        "difference": _compare_some(values, resamples, seed),
        "won": _solved_by_first(common, ours, theirs),
        "lost": _solved_by_first(common, theirs, ours),
        "needed": problems_needed(ours - theirs),
    }
    if len(groups) > 1:
        places = {name: place for place, name in enumerate(common)}
        report["by_difficulty"] = {
            label: _compare_some(
                values[[places[result.problem] for result in own]], resamples, seed
            )
            for label, own in groups.items()
        }
    return report


def problems_needed(differences: Sequence[float] | np.ndarray[Any, Any]) -> int | None:
    """How many problems a paired test needs to find a mean difference like this one.

    By the normal approximation, with power 0.8 at the two-sided level 0.05.

    Args:
        differences: one number per problem, shape (problems,).

    Returns:
        The number of problems; None where there is no difference.
    """
    from scipy.stats import norm  # type: ignore[import-untyped]

    values = np.asarray(differences, float)
    mean = float(values.mean())
    if not mean or len(values) < 2:
        return None
    quantiles = float(norm.ppf(1 - LEVEL / 2) + norm.ppf(POWER))
    return max(2, math.ceil((quantiles * float(values.std(ddof=1)) / mean) ** 2))


def _compare_some(values: np.ndarray[Any, Any], resamples: int, seed: int) -> Report:
    ours, theirs = values.T
    return asdict(paired_difference(ours, theirs, resamples, seed)) | {
        "problems": len(values),
        "mcnemar": asdict(mcnemar_exact(ours > 0.5, theirs > 0.5)),
    }


def _solved_by_first(
    names: Sequence[str], first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]
) -> list[str]:
    return [
        name for name, one, other in zip(names, first, second, strict=True) if one > 0.5 >= other
    ]


def _by_id(results: Sequence[Result]) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for result in results:
        if result.problem in found:
            raise InputError(f"problem {result.problem!r} stands twice in one run; keep one result")
        found[result.problem] = result
    return found
