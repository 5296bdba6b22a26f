"""Curves of a benchmark as SVG for its page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dreamcode.bench.report.run import Run
from dreamcode.bench.report.tables import find_dollars
from dreamcode.figures import COLOURS, GREY, draw_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = {"oracle": (COLOURS[0], "--", "s"), "chosen": (COLOURS[1], "-", "o")}
"""A colour, a stroke and a mark each."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture.

    Attributes:
        title: heading of the figure.
        summary: what the figure shows, for those who cannot see it.
        svg: an `<svg>` element.
    """

    title: str
    summary: str
    svg: str


def draw_figures(run: Run) -> list[Figure]:
    """Accuracy against what it costs, and calibration, as far as there is something to draw.

    Raises:
        InputError: the library for drawing is missing.
    """
    return [*_draw_curves(run), *_draw_calibration(run)]


def _draw_curves(run: Run) -> Iterator[Figure]:
    points = run.measures["curve"]
    if len(points) < 2:
        return
    numbers = [point["n"] for point in points]
    costs = {"n": [float(n) for n in numbers], "tokens": [point["tokens"] for point in points]}
    if dollars := find_dollars(run):
        costs["dollars"] = [dollars * n for n in numbers]
    labels = {
        "n": "samples per problem (n)",
        "tokens": "completion tokens per problem",
        "dollars": "dollars per problem",
    }
    for name, places in costs.items():
        if not all(places):  # nothing was counted, and an axis of powers has no zero
            continue

        def fill(axes: "Axes", name: str = name, places: Sequence[float] = places) -> None:
            _plot_shares(axes, places, points)
            axes.set_xscale("log")
            axes.set_xticks(
                places,
                [f"{place:,.3g}" if place < 1000 else f"{place / 1000:,.3g}k" for place in places],
            )
            axes.minorticks_off()
            axes.set_xlabel(labels[name])

        first, last = points[0]["chosen"]["value"], points[-1]["chosen"]["value"]
        yield Figure(
            f"Accuracy against {name}",
            f"Share of problems that the chosen program solves, from {first:.3f} at n = "
            f"{numbers[0]} to {last:.3f} at n = {numbers[-1]}, and that any sample solves; "
            "the table has the numbers.",
            draw_svg(fill, name),
        )


def _plot_shares(axes: "Axes", places: Sequence[float], points: Sequence[dict[str, Any]]) -> None:
    for name, (colour, stroke, mark) in LINES.items():
        values, lows, highs = (
            [point[name][part] for point in points] for part in ("value", "low", "high")
        )
        axes.fill_between(places, lows, highs, color=colour, alpha=0.18, linewidth=0)
        axes.plot(places, values, color=colour, linestyle=stroke, marker=mark, label=name)
    axes.set_ylabel("share of problems solved")
    axes.legend(loc="lower right")


def _draw_calibration(run: Run) -> Iterator[Figure]:
    found = run.calibration
    if found is None:
        return
    xs, ys, counts = zip(*found.filled, strict=True)
    most = max(counts)

    def fill(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="as often as said")
        colour, stroke, _ = LINES["chosen"]
        axes.plot(xs, ys, color=colour, linestyle=stroke)
        axes.scatter(xs, ys, [20 + 120 * n / most for n in counts], color=colour, label="programs")
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        axes.set(xlabel="reward", ylabel="share right")
        axes.legend(loc="upper left")

    yield Figure(
        "Calibration of rewards",
        f"Rewards of finished programs against the share that is right; expected calibration "
        f"error {found.error:.3f}. The table has the numbers.",
        draw_svg(fill, "calibration"),
    )
