"""Records what `dreamcode solve` shows as a picture: python docs/picture.py PROBLEM OUT.svg.

The same tree and tables as on a terminal, the tree as it stood at the end.
"""

import io
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from dreamcode.bench.report.run import read_run
from dreamcode.cli import show_result
from dreamcode.cli.solving import solve_problem
from dreamcode.cli.sources import load_settings
from dreamcode.cli.tree import draw_tree

LINES = 16


def take_picture(problem: str, target: str) -> None:
    """Solves `problem` with the defaults and writes the picture to `target`."""
    console = Console(record=True, width=110, force_terminal=True, file=io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        solve_problem(load_settings({"run_dir": Path(folder), "quiet": True}), problem)
        run = read_run(Path(folder))
        [result] = run.results
        console.print(Text(f"$ dreamcode solve {problem}", style="bold"))
        console.print(draw_tree(run.trace(result).root, LINES), "")
    if result.best:
        show_result.print_program(result.best.text, console)
    console.print()
    show_result.print_evidence(result, run.environment["sandbox"], console)
    console.save_svg(target, title="dreamcode")


if __name__ == "__main__":
    take_picture(*sys.argv[1:])
