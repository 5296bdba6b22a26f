"""`dreamcode bench stats`: tables of what is graded already."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dreamcode.bench.records import Result


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

    from dreamcode.bench.measures import measure
    from dreamcode.cli.bench.tables import print_measures

    report = measure(load_results(file))
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        print_measures(report, Console())


def load_results(path: Path) -> list["Result"]:
    """Results of ours, or official ones.

    Raises:
        InputError: the file is neither, or damaged.
    """
    from dreamcode.bench.official import read_graded
    from dreamcode.bench.records import RESULTS, read_results

    if path.is_dir() or path.name == RESULTS:
        return read_results(path)
    return read_graded(path)
