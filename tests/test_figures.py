from pathlib import Path

from matplotlib.axes import Axes

from dreamcode.figures import draw_svg, save_figure


def line(axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], label="a line")
    axes.legend()


def test_a_grid_of_panels_becomes_a_file(tmp_path: Path) -> None:
    path = save_figure(tmp_path / "lines.png", [[line, line], [line]], size=(2, 1.5))
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (2 * 2 * 120, 2 * 1.5 * 120)


def test_elements_of_a_page_share_no_id_and_bring_no_style() -> None:
    one, other = draw_svg(line, "one"), draw_svg(line, "other")
    assert one.startswith("<svg ")
    assert "<style" not in one
    assert one != other
    assert one == draw_svg(line, "one")
