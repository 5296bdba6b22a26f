"""`dreamcode show`: what a run came to, on the terminal or in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dreamcode.bench.report.run import Run
    from dreamcode.results import Result


def show(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of a run of solve or of a benchmark.")
    ],
    problem: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Show this problem: its search tree and programs."),
    ] = None,
    web: Annotated[
        bool, typer.Option("--web", help="Serve the report as a page to browsers on this machine.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Where --web listens on 127.0.0.1.", show_default="a free port"
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print as JSON, and nothing else.")
    ] = False,
) -> None:
    """Show a run: measures, problems, search trees, programs.

    Nothing runs again; a run that is still going on, or was stopped, is shown as far as it is.

    Exit codes: 0 shown, 2 bad input, 130 --web was ended by Ctrl-C.
    """
    import json

    from dreamcode.bench.report.run import read_run
    from dreamcode.cli import show_result
    from dreamcode.cli.output import open_console
    from dreamcode.errors import InputError

    if web and as_json:
        raise InputError("--web and --json exclude each other; leave one of them out")
    if port is not None and not web:
        raise InputError("--port says where --web listens; add --web, or leave it out")
    found = read_run(run)
    wanted = found.find(problem) if problem is not None else None
    if web:
        serve_page(found, wanted, port or 0)
        return
    if wanted is None and found.benchmark is None:
        wanted = found.results[0]
    if as_json:
        if wanted is None:
            described = show_result.describe_run(found)
        else:
            described = show_result.describe_one(found, wanted)
        typer.echo(json.dumps(described, indent=2))
        return
    console = open_console()
    if not console.is_terminal:
        console.width = max(console.width, show_result.WIDTH_OF_PIPES)
    if wanted is None:
        show_result.print_run(found, console)
    else:
        show_result.print_problem(found, wanted, console)


def serve_page(run: "Run", wanted: "Result | None", port: int) -> None:
    """Serves the run's report until Ctrl-C, and prints its address."""
    from urllib.parse import quote

    from dreamcode.bench.report.html import render_html
    from dreamcode.cli.page_server import serve

    typer.echo(f"drawing {len(run.results):,} problems; Ctrl-C ends", err=True)
    place = f"#problem={quote(wanted.problem, safe='')}" if wanted and run.benchmark else ""
    serve(render_html(run), port, lambda address: typer.echo(address + place))
