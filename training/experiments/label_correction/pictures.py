"""The pictures of docs/miniature.md."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.grid import series_name
from experiments.label_correction.outcomes import Outcomes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Report = dict[str, Any]

WIDEST = 3
"""Panels of labels in a row."""


def draw_pictures(
    folder: Path, report: Report, outcomes: Outcomes, config: ExperimentConfig
) -> list[Path]:
    """Draws what there is something to draw of; returns the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [draw_best_of(folder / "best-of-n.png", report, config)]
    if len(report["series"]) > 1:
        pictures.append(draw_rollouts(folder / "rollouts.png", report, config))
    if report["labels"]:
        pictures.append(draw_movement(folder / "labels.png", report, outcomes))
    return pictures


def draw_best_of(path: Path, report: Report, config: ExperimentConfig) -> Path:
    """Problems solved against n, a panel a completer, at the largest K."""
    k = max(config.grid.k)

    def panel(completer: str) -> Callable[["Axes"], None]:
        def fill(axes: "Axes") -> None:
            for way in ("first", "likelihood", "majority", "oracle"):
                _curve(axes, report["baselines"][way]["best_of"], way, "--")
            for name in ("base", "orm"):
                if name in report["series"]:
                    _curve(axes, report["series"][name]["best_of"], name, "-.")
            for method in config.grid.methods:
                own = report["series"].get(series_name(completer, k, method))
                if own:
                    _curve(axes, own["best_of"], method, "-")
            axes.set(
                xlabel="candidates to choose from (n)",
                ylabel="problems solved",
                title=f"completer {completer}, K = {k}",
            )
            _scale(axes, config.report.n)
            axes.legend(fontsize=7)

        return fill

    return _draw(path, [[panel(completer) for completer in config.grid.completers]])


def draw_rollouts(path: Path, report: Report, config: ExperimentConfig) -> Path:
    """Best-of-n and NLL on prefixes against K, a column a completer, with intervals."""

    def panel(completer: str, what: str) -> Callable[["Axes"], None]:
        def fill(axes: "Axes") -> None:
            for shift, method in enumerate(config.grid.methods):
                points = [
                    (k * 1.03**shift, estimate)
                    for k in config.grid.k
                    if (own := report["series"].get(series_name(completer, k, method)))
                    and (estimate := _endpoint(own, what))
                ]
                _errors(axes, points, method)
            axes.set(xlabel="rollouts a prefix (K)", ylabel=what, title=f"completer {completer}")
            _scale(axes, config.grid.k)
            if axes.get_legend_handles_labels()[1]:
                axes.legend(fontsize=7)

        return fill

    kinds = ("problems solved", "NLL on prefixes")
    return _draw(
        path,
        [[panel(completer, what) for completer in config.grid.completers] for what in kinds],
    )


def draw_movement(path: Path, report: Report, outcomes: Outcomes) -> Path:
    """Mean truth of labels that were counted alike, before and after; a panel a series."""

    def panel(name: str) -> Callable[["Axes"], None]:
        rows = [
            row for seed in outcomes.series[name].corrections for row in seed if row[3] is not None
        ]

        def fill(axes: "Axes") -> None:
            axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
            for column, what in ((1, "as counted"), (2, "corrected")):
                bins: dict[int, list[tuple[float, float]]] = {}
                for row in rows:
                    bins.setdefault(min(9, int(row[column] * 10)), []).append((row[column], row[3]))
                means = [
                    tuple(sum(values) / len(values) for values in zip(*bins[b], strict=True))
                    for b in sorted(bins)
                ]
                axes.plot([m[0] for m in means], [m[1] for m in means], marker="o", label=what)
            errors = report["labels"][name]
            axes.set(
                xlabel="label",
                ylabel="truth (held-out rollouts)",
                title=f"{name}\nerror {errors['counted']['value']:.4f} -> "
                f"{errors['label']['value']:.4f}",
            )
            axes.title.set_fontsize(9)
            axes.legend(fontsize=7)

        return fill

    panels = [panel(name) for name in report["labels"]]
    return _draw(path, [panels[start : start + WIDEST] for start in range(0, len(panels), WIDEST)])


def _endpoint(series: Report, what: str) -> Report | None:
    if what == "NLL on prefixes":
        found: Report | None = series.get("prefix", {}).get("nll")
        return found
    rates = series["best_of"]
    chosen: Report = rates["8"] if "8" in rates else rates[max(rates, key=int)]
    return chosen


def _curve(axes: "Axes", best_of: Report, label: str, style: str) -> None:
    numbers = sorted(map(int, best_of))
    rates = [best_of[str(n)] for n in numbers]
    lines = axes.plot(numbers, [rate["value"] for rate in rates], style, marker=".", label=label)
    axes.fill_between(
        numbers,
        [rate["low"] for rate in rates],
        [rate["high"] for rate in rates],
        alpha=0.06,
        color=lines[0].get_color(),
    )


def _scale(axes: "Axes", numbers: Sequence[int]) -> None:
    """Powers of two at equal distances, written as people do."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(numbers), [str(number) for number in numbers])
    axes.minorticks_off()


def _errors(axes: "Axes", points: Sequence[tuple[float, Report]], label: str) -> None:
    if points:
        axes.errorbar(
            [x for x, _ in points],
            [one["value"] for _, one in points],
            yerr=[
                [one["value"] - one["low"] for _, one in points],
                [one["high"] - one["value"] for _, one in points],
            ],
            marker="o",
            capsize=3,
            label=label,
        )


def _draw(path: Path, rows: Sequence[Sequence[Callable[["Axes"], None]]]) -> Path:
    # A figure of its own, not pyplot's: nothing global, and no display is looked for.
    from matplotlib.figure import Figure

    wide, high = len(rows[0]), len(rows)
    figure = Figure(figsize=(4.6 * wide, 3.9 * high), layout="constrained")
    for axes_row, fills in zip(figure.subplots(high, wide, squeeze=False), rows, strict=True):
        for axes, fill in zip_longest(axes_row, fills):
            if fill is None:
                axes.remove()
            else:
                fill(axes)
    figure.savefig(path, dpi=100)
    return path
