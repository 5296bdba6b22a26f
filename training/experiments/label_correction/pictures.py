"""The pictures of docs/miniature.md."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dreamcode.figures import GREY, Panel, save_figure
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.grid import series_name
from experiments.label_correction.results import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE, WIDEST = (4.6, 3.9), 3
"""Of a panel, in inches; and panels of labels in a row."""

LINES = {"first": "--", "likelihood": "--", "majority": "--", "oracle": "--"}
LINES |= {"base": "-.", "orm": "-."}


def draw_pictures(folder: Path, results: Report) -> list[Path]:
    """Draws what there is something to draw of; returns the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    config = ExperimentConfig.model_validate(results["config"])
    completers = config.grid.completers
    kinds: dict[str, Callable[[Report], Report | None]] = {
        "problems solved": lambda choice: choice["best_of"][str(config.middle)],
        "NLL on prefixes": lambda choice: choice["scores"].get("prefixes nll"),
    }
    rows: dict[str, list[list[Panel]]] = {
        "best-of-n.png": [[partial(draw_best_of, config, results, own) for own in completers]]
    }
    if len(results["series"]) > 1:
        rows["rollouts.png"] = [
            [partial(draw_rollouts, config, results, own, *kind) for own in completers]
            for kind in kinds.items()
        ]
    if moved := [partial(draw_movement, *one) for one in results["labels"].items()]:
        starts = range(0, len(moved), WIDEST)
        rows["labels.png"] = [[*moved[start : start + WIDEST]] for start in starts]
    return [save_figure(folder / name, panels, SIZE) for name, panels in rows.items()]


def draw_best_of(config: ExperimentConfig, results: Report, completer: str, axes: "Axes") -> None:
    """Problems solved against n, at the largest K, with intervals."""
    choices, k = results["baselines"] | results["series"], max(config.grid.k)
    methods = {series_name(completer, k, method): method for method in config.grid.methods}
    for name, label in ({way: way for way in LINES} | methods).items():
        if choice := choices.get(name):
            numbers = sorted(map(int, choice["best_of"]))
            values, low, high = (
                [choice["best_of"][str(n)][what] for n in numbers]
                for what in ("value", "low", "high")
            )
            style = LINES.get(name, "-")
            (line,) = axes.plot(numbers, values, style, marker=".", label=label)
            axes.fill_between(numbers, low, high, alpha=0.06, color=line.get_color())
    axes.set(xlabel="candidates to choose from (n)", ylabel="problems solved")
    axes.set_title(f"completer {completer}, K = {k}")
    _finish(axes, config.eval.n)


def draw_rollouts(
    config: ExperimentConfig,
    results: Report,
    completer: str,
    what: str,
    find: Callable[[Report], Report | None],
    axes: "Axes",
) -> None:
    """What is found of every method against K, with intervals."""
    for shift, method in enumerate(config.grid.methods):
        points = [
            (k * 1.03**shift, *(found[end] for end in ("value", "low", "high")))
            for k in config.grid.k
            if (own := results["series"].get(series_name(completer, k, method)))
            and (found := find(own))
        ]
        if points:
            places, values, low, high = np.transpose(points)
            errors = values - low, high - values
            axes.errorbar(places, values, yerr=errors, marker="o", capsize=3, label=method)
    axes.set(xlabel="rollouts per prefix (K)", ylabel=what, title=f"completer {completer}")
    _finish(axes, config.grid.k)


def draw_movement(name: str, moved: Report, axes: "Axes") -> None:
    """Mean truth of labels that were counted alike, before and after."""
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
    for what, curve in (("as counted", "curve_counted"), ("corrected", "curve_corrected")):
        axes.plot(*zip(*moved[curve], strict=True), marker="o", label=what)
    axes.set(xlabel="label", ylabel="truth (held-out rollouts)")
    errors = " -> ".join(f"{moved[what]['value']:.4f}" for what in ("counted", "corrected"))
    axes.set_title(f"{name}\nerror {errors}", fontsize=9)
    axes.legend(fontsize=7)


def _finish(axes: "Axes", numbers: Sequence[int]) -> None:
    """Powers of two at equal distances, written as people do; and what each line is."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(numbers), [str(number) for number in numbers])
    axes.minorticks_off()
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=7)
