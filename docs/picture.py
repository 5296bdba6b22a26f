"""Records what `dreamcode solve` shows as a picture: python docs/picture.py PROBLEM OUT.svg.

The same views and tables as on a terminal, the tree as it stood when its last program ran.
"""

import io
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.text import Text

from dreamcode.cli import result
from dreamcode.cli.assembly import describe_run, run_solver
from dreamcode.cli.sources import load_settings
from dreamcode.cli.tree import draw_tree
from dreamcode.problems.read import read_exam
from dreamcode.runs.folder import open_run
from dreamcode.runs.journal import Journal
from dreamcode.runs.trace import Trace

LINES = 16


class Camera:
    """A view that keeps the trace instead of drawing it."""

    def __init__(self) -> None:
        self.trace = Trace()

    def say(self, message: str) -> None:
        """Nothing: the picture shows the search."""

    def follow(self, trace: Trace, journal: Journal) -> AbstractContextManager[object]:
        """Keeps the trace."""
        self.trace = trace
        journal.listen(trace.feed)
        return nullcontext()


def take_picture(problem: Path, target: Path) -> None:
    """Solves `problem` with the defaults and writes the picture to `target`."""
    wanted, settings, camera = read_exam(problem).problem, load_settings(), Camera()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_run(Path(folder), describe_run(wanted, settings), resume=False) as run,
    ):
        solution, sandbox = run_solver(wanted, settings, run, camera)
        seconds = run.journal.seconds
    console = Console(record=True, width=110, force_terminal=True, file=io.StringIO())
    console.print(Text(f"$ dreamcode solve {problem}", style="bold"))
    console.print(draw_tree(camera.trace.root, LINES))
    console.print()
    if solution.best:
        result.print_program(solution.best.program, console)
    console.print()
    result.print_evidence(solution, sandbox, console)
    result.print_spending(solution, seconds, console)
    console.save_svg(str(target), title="dreamcode")


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]), Path(sys.argv[2]))
