"""The pictures of docs/miniature.md."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from dreamcode.grading.statistics import Estimate
from experiments.label_correction.grid import series_name
from experiments.label_correction.results import Choice, Movement, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Fill = Callable[[Axes], None]

WIDEST = 3
"""Panels of labels in a row."""

LINES = {"first": "--", "likelihood": "--", "majority": "--", "oracle": "--"}
LINES |= {"base": "-.", "orm": "-."}


def draw_pictures(folder: Path, results: Results) -> list[Path]:
    """Draws what there is something to draw of; returns the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [draw_best_of(folder / "best-of-n.png", results)]
    if len(results.series) > 1:
        pictures.append(draw_rollouts(folder / "rollouts.png", results))
    if results.labels:
        pictures.append(draw_movement(folder / "labels.png", results))
    return pictures


def draw_best_of(path: Path, results: Results) -> Path:
    """Problems solved against n, a panel a completer, at the largest K."""
    config, choices = results.config, results.baselines | results.series
    k = max(config.grid.k)

    def panel(completer: str) -> "Fill":
        lines = {way: (choices[way], style) for way, style in LINES.items() if way in choices}
        for method in config.grid.methods:
            if own := choices.get(series_name(completer, k, method)):
                lines[method] = own, "-"

        def fill(axes: "Axes") -> None:
            for label, (choice, style) in lines.items():
                _curve(axes, choice, label, style)
            axes.set(
                xlabel="candidates to choose from (n)",
                ylabel="problems solved",
                title=f"completer {completer}, K = {k}",
            )
            _scale(axes, config.report.n)

        return fill

    return _draw(path, [[panel(completer) for completer in config.grid.completers]])


def draw_rollouts(path: Path, results: Results) -> Path:
    """Best-of-n and NLL on prefixes against K, a column a completer, with intervals."""
    config = results.config
    kinds: dict[str, Callable[[Choice], Estimate | None]] = {
        "problems solved": lambda choice: choice.best_of[config.report.middle],
        "NLL on prefixes": lambda choice: choice.scores.get("prefixes nll"),
    }

    def panel(completer: str, what: str) -> "Fill":
        def fill(axes: "Axes") -> None:
            for shift, method in enumerate(config.grid.methods):
                points = [
                    (k * 1.03**shift, estimate)
                    for k in config.grid.k
                    if (own := results.series.get(series_name(completer, k, method)))
                    and (estimate := kinds[what](own))
                ]
                if points:
                    _errors(axes, points, method)
            axes.set(xlabel="rollouts a prefix (K)", ylabel=what, title=f"completer {completer}")
            _scale(axes, config.grid.k)

        return fill

    return _draw(
        path, [[panel(completer, what) for completer in config.grid.completers] for what in kinds]
    )


def draw_movement(path: Path, results: Results) -> Path:
    """Mean truth of labels that were counted alike, before and after; a panel a series."""

    def panel(name: str, moved: Movement) -> "Fill":
        def fill(axes: "Axes") -> None:
            axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
            curves = {"as counted": moved.curve_counted, "corrected": moved.curve_corrected}
            for what, curve in curves.items():
                axes.plot(*zip(*curve, strict=True), marker="o", label=what)
            errors = f"{moved.counted.value:.4f} -> {moved.corrected.value:.4f}"
            axes.set(xlabel="label", ylabel="truth (held-out rollouts)")
            axes.set_title(f"{name}\nerror {errors}", fontsize=9)

        return fill

    panels = [panel(name, moved) for name, moved in results.labels.items()]
    return _draw(path, [panels[start : start + WIDEST] for start in range(0, len(panels), WIDEST)])


def _curve(axes: "Axes", choice: Choice, label: str, style: str) -> None:
    numbers, rates = zip(*sorted(choice.best_of.items()), strict=True)
    lines = axes.plot(numbers, [rate.value for rate in rates], style, marker=".", label=label)
    low, high = [rate.low for rate in rates], [rate.high for rate in rates]
    axes.fill_between(numbers, low, high, alpha=0.06, color=lines[0].get_color())


def _errors(axes: "Axes", points: Sequence[tuple[float, Estimate]], label: str) -> None:
    axes.errorbar(
        [x for x, _ in points],
        [one.value for _, one in points],
        yerr=[
            [one.value - one.low for _, one in points],
            [one.high - one.value for _, one in points],
        ],
        marker="o",
        capsize=3,
        label=label,
    )


def _scale(axes: "Axes", numbers: Sequence[int]) -> None:
    """Powers of two at equal distances, written as people do."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(numbers), [str(number) for number in numbers])
    axes.minorticks_off()


def _draw(path: Path, rows: Sequence[Sequence["Fill"]]) -> Path:
    # A figure of its own, not pyplot's: nothing global, and no display is looked for.
    from matplotlib.figure import Figure

    wide, high = len(rows[0]), len(rows)
    figure = Figure(figsize=(4.6 * wide, 3.9 * high), layout="constrained")
    for axes_row, fills in zip(figure.subplots(high, wide, squeeze=False), rows, strict=True):
        for axes, fill in zip_longest(axes_row, fills):
            if fill is None:
                axes.remove()
                continue
            fill(axes)
            if axes.get_legend_handles_labels()[1]:
                axes.legend(fontsize=7)
    figure.savefig(path, dpi=100)
    return path
