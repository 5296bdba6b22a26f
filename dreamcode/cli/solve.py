"""`dreamcode solve`: a problem in, a program out, with the evidence."""

from typing import Annotated

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings


@takes_settings("solve")
def solve(
    settings: Settings,
    problem: Annotated[
        str,
        typer.Argument(
            metavar="PROBLEM",
            help="A problem.md, a problem folder, a LiveCodeBench row (.json), or - for stdin.",
        ),
    ],
) -> None:
    """Solve a programming problem.

    The program goes to standard output, everything else to standard error.

    Exit codes: 0 the public tests pass (or there are none), 1 they do not, 2 bad input, 3 model server, sandbox or disk failed, 130 stopped by Ctrl-C.
    """  # noqa: E501 - help keeps line breaks
    from dreamcode.cli.solving import solve_problem

    raise typer.Exit(0 if solve_problem(settings, problem) else 1)
