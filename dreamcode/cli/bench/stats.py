"""`dreamcode bench stats`: tables of what is graded already."""

from pathlib import Path
from typing import Annotated

import typer


def stats(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A run's folder, a results.jsonl, or LiveCodeBench's _eval_all.json.",
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the measures as JSON, and nothing else.")
    ] = False,
) -> None:
    """Tabulate results without running anything.

    Exit codes: 0 done, 2 bad input.
    """
    import json

    from rich.console import Console

    from dreamcode.bench.files import load_results
    from dreamcode.bench.measures import measure
    from dreamcode.cli.bench.tables import print_measures

    report = measure(load_results(file))
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        print_measures(report, Console())
