"""Pictures: one style and one canvas for all, as a file or as an element of a page."""

import io
import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dreamcode.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Panel = Callable[["Axes"], None]
"""Fills one pair of axes."""

GREY = "#808080"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
"""Those that colour-blind people tell apart (Okabe and Ito 2008), in the order of use."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "axes.prop_cycle": f"cycler('color', {list(COLOURS)})",
}
# Both themes of a page can show these.
_PAGE = dict.fromkeys(
    ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color"),
    GREY,
)
# What is not drawn; the style would hold for the whole page, the groups' ids stand twice.
_SURPLUS = re.compile(
    r"^.*?(?=<svg )|<metadata>.*?</metadata>|<style.*?</style>|(?<=<g) id=\"[^\"]*\"", re.DOTALL
)
_SIZE = re.compile(r'width="[\d.]+pt" height="[\d.]+pt"(?= viewBox)')


def save_figure(
    path: Path, rows: Sequence[Sequence[Panel]], size: tuple[float, float] = (6, 4.5)
) -> Path:
    """Draws a grid of panels into a file of the kind that its ending names.

    Args:
        path: the file.
        rows: the panels; the first row is the longest.
        size: width and height of a panel, in inches.

    Raises:
        InputError: the library for it is missing.
    """
    _draw(rows, size, {}, lambda canvas: canvas.savefig(path, dpi=120))
    return path


def draw_svg(panel: Panel, name: str) -> str:
    """An `<svg>` element without fonts or network for both themes of a page.

    Args:
        panel: what is drawn.
        name: makes the ids its own, so that several pictures stand on one page.

    Raises:
        InputError: the library for it is missing.
    """
    file = io.StringIO()

    def save(canvas: "Figure") -> None:
        canvas.savefig(file, format="svg", transparent=True, metadata={"Date": None})

    _draw([[panel]], (5, 3.4), _PAGE | {"svg.hashsalt": name}, save)
    ends = 'aria-hidden="true" stroke-linejoin="round" stroke-linecap="butt"'
    return _SIZE.sub(ends, _SURPLUS.sub("", file.getvalue())).strip()


def _draw(
    rows: Sequence[Sequence[Panel]],
    size: tuple[float, float],
    style: dict[str, str],
    save: Callable[["Figure"], None],
) -> None:
    require("bench", "matplotlib", what="a picture")
    from matplotlib import rc_context

    # A figure of its own, not pyplot's: nothing global, and no display is looked for.
    from matplotlib.figure import Figure

    high, wide = len(rows), len(rows[0])
    with rc_context(_STYLE | style):
        canvas = Figure(figsize=(size[0] * wide, size[1] * high), layout="constrained")
        for axes_row, panels in zip(canvas.subplots(high, wide, squeeze=False), rows, strict=True):
            for axes, panel in zip_longest(axes_row, panels):
                if panel is None:
                    axes.remove()
                else:
                    panel(axes)
        save(canvas)
