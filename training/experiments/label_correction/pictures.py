"""The pictures of docs/miniature.md."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dreamcode.figures import COLOURS, GREY, save_figure
from experiments.label_correction.config import ExperimentConfig, Primary
from experiments.label_correction.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (4.2, 4.2)
"""Of a panel, in inches."""


def draw_pictures(folder: Path, results: Results, primary: Primary) -> list[Path]:
    """Draws the primary measures of all arms; returns the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    config = ExperimentConfig.model_validate(results.config)
    panels = [partial(draw_measure, results, config, name) for name in primary.measures]
    middle = (len(panels) + 1) // 2
    return [save_figure(folder / "measures.png", [panels[:middle], panels[middle:]], SIZE)]


def draw_measure(results: Results, config: ExperimentConfig, name: str, axes: "Axes") -> None:
    """An arm per line, a dot with its interval per K; the constant as a line."""
    arms = [arm for arm, settings in config.arms.items() if not settings.cut]
    for place, k in enumerate(config.k):
        for line, arm in enumerate(arms):
            known = f"{arm}-k{k}" if config.arms[arm].counts else arm
            if (series := results.series.get(known)) is not None:
                one = series.measures[name]
                axes.errorbar(
                    one.value,
                    line + 0.2 * place,
                    xerr=[[one.value - one.low], [one.high - one.value]],
                    marker="o",
                    capsize=2,
                    color=COLOURS[place],
                    label=f"K = {k}" if line == 0 else None,
                )
    axes.axvline(results.series["constant"].measures[name].value, color=GREY, linestyle="--")
    axes.set_yticks(range(len(arms)), arms)
    axes.invert_yaxis()
    axes.set_title(name)
    axes.legend(fontsize=7)
