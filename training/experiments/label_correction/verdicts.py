"""What comparisons allow to say: words that follow from numbers alone."""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from experiments.label_correction.results import Comparison

Verdict = Literal["better", "worse", "no difference shown"]

LESS_IS_BETTER = ("nll",)
SURE = 0.05
"""Adjusted p below which a difference is said to be one."""


def judge(one: Comparison) -> Verdict:
    """What may be said of the claimant beside the rival."""
    if not one.adjusted < SURE:
        return "no difference shown"
    rises = one.difference.value > 0
    return "better" if rises != (one.measure in LESS_IS_BETTER) else "worse"


def tell(some: Sequence[Comparison]) -> str:
    """Where one claimant is better than one rival, where worse, where neither is shown.

    Of a measure whose every K comes to the same no K is named.
    """
    all_k = {one.k for one in some}
    parts = []
    for verdict in get_args(Verdict):
        found = _by_measure(one for one in some if judge(one) == verdict)
        if found:
            parts.append(f"{verdict} in {_places(found, all_k)}")
    return "; ".join(parts)


def claim(claimant: str, rivals: Sequence[str], comparisons: Iterable[Comparison]) -> str:
    """Whether the claimant beats every rival somewhere, and its placebo apart.

    Args:
        claimant: the arm that is to be better.
        rivals: all that it has to beat, its placebo among them.
        comparisons: of any arms.
    """
    own = [one for one in comparisons if one.claimant == claimant and one.rival in rivals]
    known = {one.rival for one in own}
    if missing := [f"`{rival}`" for rival in rivals if rival not in known]:
        absent = f"there is no comparison with {_join(missing)}"
        return f"Of `{claimant}` nothing can be said yet: {absent}."
    beaten = {(one.measure, one.k): set[str]() for one in own}
    for one in own:
        if judge(one) == "better":
            beaten[one.measure, one.k].add(one.rival)
    held: dict[str, list[int]] = {}
    for (measure, k), some in beaten.items():
        if some == known:
            held.setdefault(measure, []).append(k)
    where = f"in {_places(held, {one.k for one in own})}" if held else "in no measure at any K"
    said = f"`{claimant}` beats its placebo and every other method {where}."
    if placebos := [one for one in own if "placebo" in one.rival]:
        said += f" Beside its placebo: {tell(placebos)}."
    tally = [f"{sum(judge(one) == word for one in own)} {word}" for word in get_args(Verdict)]
    return f"{said} All {len(own)} comparisons: {', '.join(tally)}."


def _by_measure(some: Iterable[Comparison]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in some:
        found.setdefault(one.measure, []).append(one.k)
    return found


def _places(found: dict[str, list[int]], all_k: set[int]) -> str:
    """Measures, with their K unless these are all that there are."""
    return _join(
        f"`{measure}`" if set(own) == all_k else f"`{measure}` (K = {', '.join(map(str, own))})"
        for measure, own in found.items()
    )


def _join(names: Iterable[str]) -> str:
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last
