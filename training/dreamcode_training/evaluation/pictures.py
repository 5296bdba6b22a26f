"""Pictures of an evaluation: reliability, best-of-n, prefixes by depth, corrections."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dreamcode.figures import GREY, save_figure
from dreamcode.grading.statistics import Estimate
from dreamcode.rewards.calibration import measure_reliability
from dreamcode_training.evaluation.choices import Choices
from dreamcode_training.evaluation.depths import Depths
from dreamcode_training.evaluation.foretelling import list_prefixes, list_programs, list_rollouts
from dreamcode_training.evaluation.page import KINDS
from dreamcode_training.evaluation.report import Report
from dreamcode_training.evaluation.scored import ScoredChain, group
from dreamcode_training.metrics import Scored

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = dict[str, Any]


def draw_reports(
    folder: Path, report: Report, chains: Sequence[ScoredChain], corrections: Sequence[Row]
) -> list[Path]:
    """Draws everything there is something to draw of; returns the pictures."""
    tested = group(chains, "test")
    kinds = {
        "programs": list_programs(tested),
        "prefixes": list_prefixes(tested),
        "rollouts": list_rollouts(group(chains, "validation")),
    }
    pictures = [plot_best_of(folder / "best_of.png", report.best_of)]
    if report.scores:
        named = {KINDS[kind]: kinds[kind] for kind in report.scores}
        pictures.append(plot_reliability(folder / "reliability.png", named))
    if report.depths.by_depth:
        depths = {"passing against failing": report.depths}
        if report.faults is not None:
            depths["sound against faulty"] = report.faults.pairs
        pictures.append(plot_depths(folder / "depths.png", depths))
    if corrections:
        pictures.append(plot_corrections(folder / "corrections.png", corrections))
    return pictures


def plot_best_of(path: Path, best_of: Mapping[int, Choices]) -> Path:
    """Share of problems solved against n, one line per way to choose, with intervals."""

    def fill(axes: "Axes") -> None:
        for way in ("oracle", "reward", "likelihood", "first"):
            _draw_line(
                axes, way, {n: one.rates[way] for n, one in best_of.items() if way in one.rates}
            )
        axes.set(xlabel="programs to choose from (n)", ylabel="problems solved", title="Best of n")
        axes.legend()

    return save_figure(path, [[fill]])


def plot_depths(path: Path, kinds: Mapping[str, Depths]) -> Path:
    """AUROC within problems against the depth of the prefixes that are compared."""

    def fill(axes: "Axes") -> None:
        axes.axhline(0.5, color=GREY, linewidth=1)
        for name, depths in kinds.items():
            _draw_line(axes, name, {depth: one.right for depth, one in depths.by_depth.items()})
        axes.set(
            xlabel="steps written",
            ylabel="pairs ranked rightly",
            title="Prefixes of the same problem and depth",
        )
        axes.legend()

    return save_figure(path, [[fill]])


def _draw_line(axes: "Axes", name: str, points: Mapping[int, Estimate]) -> None:
    """Estimates with their intervals; nothing where there are none."""
    if points:
        axes.errorbar(
            list(points),
            [one.value for one in points.values()],
            yerr=[
                [one.value - one.low for one in points.values()],
                [one.high - one.value for one in points.values()],
            ],
            marker="o",
            capsize=3,
            label=name,
        )


def plot_reliability(path: Path, kinds: Mapping[str, Sequence[Scored]]) -> Path:
    """Predicted against observed shares; on the diagonal rewards mean what they say."""

    def fill(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
        for name, scored in kinds.items():
            scores = [score for own in scored for score in own.scores]
            if not scores:
                continue
            shares = [share for own in scored for share in own.shares]
            found = measure_reliability(scores, shares)
            predicted, observed, _ = zip(*found.filled, strict=True)
            axes.plot(predicted, observed, marker="o", label=f"{name}, error {found.error:.3f}")
        axes.set(xlabel="predicted", ylabel="passed", title="Reliability", xlim=(0, 1), ylim=(0, 1))
        axes.legend()

    return save_figure(path, [[fill]])


def plot_corrections(path: Path, rows: Sequence[Row]) -> Path:
    """Who moved and how far, and anchors and labels against the truth where it is known."""
    known = [row for row in rows if row["truth"] is not None]

    def moved(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
        colours = axes.scatter(
            [row["counted"] for row in rows],
            [row["label"] for row in rows],
            c=[row["visits"] for row in rows],
            s=6,
        )
        axes.figure.colorbar(colours, ax=axes, label="corrections of it")
        axes.set(xlabel="label as counted", ylabel="corrected label", title="Corrections")

    def against_truth(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
        truth = [row["truth"] for row in known]
        for name in ("counted", "label"):
            values = [row[name] for row in known]
            error = sum((v - t) ** 2 for v, t in zip(values, truth, strict=True)) / len(known)
            axes.scatter(truth, values, s=6, label=f"{name}, squared error {error:.4f}")
        axes.set(xlabel="truth", ylabel="label", title="Against the truth")
        axes.legend()

    return save_figure(path, [[moved, against_truth] if known else [moved]])
