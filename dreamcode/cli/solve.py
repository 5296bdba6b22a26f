"""`dreamcode solve`: a problem in, a program out, with the evidence."""

from pathlib import Path
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
    import json

    from rich.console import Console

    from dreamcode.cli import result
    from dreamcode.cli.assembly import check_reward, choose_folder, describe_run, run_solver
    from dreamcode.cli.views import open_view
    from dreamcode.policies.policy_names import check_model_name
    from dreamcode.problems.announced import count_announced
    from dreamcode.problems.limits import limit_time
    from dreamcode.problems.read import read_exam
    from dreamcode.runs.folder import open_run

    check_model_name(settings.model)
    check_reward(settings)
    check_output(settings.output)
    wanted = limit_time(read_exam(problem, settings.tests).problem, settings.time_limit)
    config = describe_run(wanted, settings)
    run_dir = choose_folder(settings, config, wanted.id)

    errors = Console(stderr=True)
    view = open_view(errors, quiet=settings.quiet or settings.json)
    announced = count_announced(wanted.statement)
    if not settings.tests and announced > len(wanted.public_tests):
        view.say(
            f"the statement announces {announced} samples, {len(wanted.public_tests)} were found"
        )
    with open_run(run_dir, config, resume=settings.resume) as run:
        solution, sandbox_name = run_solver(wanted, settings, run, view)
        described = result.describe_solution(solution, settings)
        run.save("result.json", json.dumps(described, indent=2) + "\n")
        if solution.best:
            run.save("solution.py", solution.best.program)
        seconds = run.journal.seconds

    if solution.best and settings.output:
        write_output(settings.output, solution.best.program)
    if settings.json:
        place = {"sandbox": sandbox_name, "seconds": round(seconds, 3), "run": str(run_dir)}
        typer.echo(json.dumps(described | {"where": place}, indent=2))
    else:
        if solution.best:
            result.print_program(solution.best.program, Console())
        if not settings.quiet:
            result.print_evidence(solution, sandbox_name, errors)
            result.print_spending(solution, seconds, errors)
            errors.print(f"Run folder: {run_dir}", style="dim", highlight=False, soft_wrap=True)
        elif solution.best is None:
            typer.echo("error: no program was finished", err=True)
    raise typer.Exit(0 if solution.accepted else 1)


def check_output(output: Path | None) -> None:
    """Says early that the program could not be written where it is wanted.

    Raises:
        InputError: `output` is a folder or in none.
    """
    from dreamcode.errors import InputError

    if output is None:
        return
    if output.is_dir():
        raise InputError(f"--output {output} is a folder; give a file name in it")
    if not output.parent.is_dir():
        raise InputError(f"--output {output}: there is no folder {output.parent}; make it first")


def write_output(output: Path, program: str) -> None:
    """Writes the program.

    Raises:
        InfrastructureError: the disk does not take it.
    """
    from dreamcode.errors import InfrastructureError

    try:
        output.write_text(program, encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(
            f"cannot write {output}: {error.strerror}; the program is in the run folder too"
        ) from error
