"""Records what `dreamcode solve` shows as a picture: python docs/picture.py PROBLEM OUT.svg.

The same views and tables as on a terminal, the tree as it stood when its last program ran.
"""

import asyncio
import io
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from dreamcode.cli import show_result
from dreamcode.cli.assembly import make_attempt, open_services
from dreamcode.cli.sources import load_settings
from dreamcode.cli.tree import draw_tree
from dreamcode.problems.read import read_exam
from dreamcode.results import Result
from dreamcode.runs.folder import open_journal
from dreamcode.runs.trace import Trace
from dreamcode.solver import attempt_problem

LINES = 16


def take_picture(problem: Path, target: Path) -> None:
    """Solves `problem` with the defaults and writes the picture to `target`."""
    wanted, settings, trace = read_exam(problem).problem, load_settings(), Trace()

    async def work(folder: Path) -> tuple[Result, str]:
        async with open_services(settings, folder, lambda _: None) as services:
            with open_journal(folder) as journal:
                journal.listen(trace.feed)
                attempt = make_attempt(settings)
                return await attempt_problem(wanted, services, attempt, journal), (
                    services.sandbox.name
                )

    with tempfile.TemporaryDirectory() as folder:
        result, sandbox = asyncio.run(work(Path(folder)))
    console = Console(record=True, width=110, force_terminal=True, file=io.StringIO())
    console.print(Text(f"$ dreamcode solve {problem}", style="bold"))
    console.print(draw_tree(trace.root, LINES))
    console.print()
    if result.best:
        show_result.print_program(result.best.text, console)
    console.print()
    show_result.print_evidence(result, sandbox, console)
    console.save_svg(str(target), title="dreamcode")


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]), Path(sys.argv[2]))
