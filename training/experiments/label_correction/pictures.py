"""The pictures of docs/miniature.md."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dreamcode.figures import COLOURS, GREY, save_figure
from experiments.label_correction.arms import series_name
from experiments.label_correction.config import ExperimentConfig, Primary
from experiments.label_correction.results import Labels, Results
from experiments.label_correction.verdicts import LESS_IS_BETTER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (4.8, 3.8)
"""Of a panel, in inches."""

APART = 0.22
"""Between dots of one arm; arms are 1 apart."""


def draw_pictures(folder: Path, results: Results, primary: Primary) -> list[Path]:
    """Draws what there is something to draw of; returns the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    config = ExperimentConfig.model_validate(results.config)
    panels = [partial(draw_measure, results, config, name) for name in primary.measures]
    middle = (len(panels) + 1) // 2
    made = [save_figure(folder / "measures.png", [panels[:middle], panels[middle:]], SIZE)]
    labels = {name: one.labels for name, one in results.series.items() if one.labels is not None}
    if labels:
        size = 6.0, 1.2 + 0.3 * len(labels)
        made.append(save_figure(folder / "labels.png", [[partial(draw_labels, labels)]], size))
    return made


def draw_measure(results: Results, config: ExperimentConfig, name: str, axes: "Axes") -> None:
    """An arm per line, a dot with its interval per K; what needs no reward as a dashed line."""
    arms = [arm for arm, settings in config.arms.items() if not settings.cut]
    for line, arm in enumerate(arms):
        counts = config.arms[arm].counts
        for place, k in enumerate(config.k if counts else config.k[:1]):
            series = results.series.get(series_name(arm, config.arms[arm], k))
            if series is not None:
                one = series.measures[name]
                axes.errorbar(
                    one.value,
                    line + APART * (place - (len(config.k) - 1) / 2 if counts else 0),
                    xerr=[[max(0.0, one.value - one.low)], [max(0.0, one.high - one.value)]],
                    marker="o",
                    markersize=5,
                    capsize=2,
                    color=COLOURS[place] if counts else "black",
                    label=f"K = {k}" if counts else "no rollouts",
                )
    constant = results.series["constant"].measures[name].value
    axes.axvline(constant, color=GREY, linestyle="--", label="constant")
    axes.set_yticks(range(len(arms)), arms)
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.set_title(f"{name} ({'less' if name in LESS_IS_BETTER else 'more'} is better)")
    # One entry per kind of dot, however many arms have it.
    dots, names = axes.get_legend_handles_labels()
    kinds = dict(zip(names, dots, strict=True))
    axes.legend(kinds.values(), kinds.keys(), fontsize=7)


def draw_labels(labels: dict[str, Labels], axes: "Axes") -> None:
    """From the error of labels as counted to that of corrected ones, an arm per line."""
    for line, one in enumerate(labels.values()):
        before, after = one.error_counted, one.error_corrected
        axes.plot([before, after], [line, line], color=GREY, linewidth=1)
        named = line == 0
        axes.plot(before, line, "o", mfc="white", color=COLOURS[0], label="counted" * named)
        axes.plot(after, line, "o", color=COLOURS[0], label="corrected" * named)
        axes.plot(one.error_constant, line, "x", color=COLOURS[1], label="one number" * named)
    axes.set_yticks(range(len(labels)), list(labels))
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlabel("squared error of labels")
    axes.set_xlim(left=0)
    axes.legend(fontsize=7)
