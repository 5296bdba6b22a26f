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

    from dreamcode.cli import show_result
    from dreamcode.cli.assembly import (
        check_settings,
        choose_folder,
        describe_settings,
        make_attempt,
        open_services,
        run_until_done,
    )
    from dreamcode.cli.live import View
    from dreamcode.cli.solve_view import follow_search
    from dreamcode.codec import encode
    from dreamcode.problems.announced import count_announced
    from dreamcode.problems.limits import limit_time
    from dreamcode.problems.read import read_exam
    from dreamcode.results import Result, describe_result
    from dreamcode.runs.folder import hold_run, open_journal
    from dreamcode.runs.result_files import save_result
    from dreamcode.runs.trace import Trace
    from dreamcode.solver import attempt_problem

    check_settings(settings)
    check_output(settings.output)
    wanted = limit_time(read_exam(problem, settings.tests).problem, settings.time_limit)
    attempt = make_attempt(settings)
    config = {"settings": describe_settings(settings), "problem": encode(wanted)}
    folder = choose_folder(settings, config, wanted.id)

    errors = Console(stderr=True)
    view = View(quiet=settings.quiet or settings.json)
    announced = count_announced(wanted.statement)
    if not settings.tests and announced > len(wanted.public_tests):
        view.say(
            f"the statement announces {announced} samples, {len(wanted.public_tests)} were found"
        )

    async def work() -> tuple[Result, str]:
        async with open_services(settings, folder, view.say) as services:
            trace = Trace(wanted.function)
            with open_journal(folder) as journal, follow_search(view, trace, journal):
                result = await attempt_problem(wanted, services, attempt, journal)
            save_result(folder, result)
            return result, services.sandbox.name

    with hold_run(folder, config, resume=settings.resume):
        result, sandbox_name = run_until_done(folder, work())
    if result.best and settings.output:
        write_output(settings.output, result.best.text)
    if settings.json:
        typer.echo(json.dumps({"run": str(folder)} | describe_result(result), indent=2))
    else:
        if result.best:
            show_result.print_program(result.best.text, Console())
        if not settings.quiet:
            show_result.print_evidence(result, sandbox_name, errors)
            errors.print(f"Run folder: {folder}", style="dim", highlight=False, soft_wrap=True)
        elif result.best is None:
            typer.echo("error: no program was finished", err=True)
    raise typer.Exit(0 if result.accepted else 1)


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
