"""The commands of `dreamcode bench` but `compare`: what each takes and says of itself."""

from pathlib import Path
from typing import Annotated

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings

Strict = Annotated[
    bool,
    typer.Option("--strict", help="Refuse a file with odd entries (null programs, number ids)."),
]

EXIT_CODES = (
    "Exit codes: 0 done, 2 bad input, 3 model server, sandbox or disk failed, "
    "130 stopped by Ctrl-C; --resume goes on."
)


@takes_settings("bench")
def run(settings: Settings, context: typer.Context) -> None:
    """Run a benchmark; its help is set where the commands are made."""
    from dreamcode.cli.bench.benchmarking import run_benchmark

    run_benchmark(settings, str(context.info_name))


@takes_settings("grade")
def grade(
    settings: Settings,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Programs: LiveCodeBench's custom-evaluator JSON, an _eval_all.json, a run's "
            "folder or its results.jsonl.",
        ),
    ],
    benchmark: Annotated[
        str | None,
        typer.Option(
            help="Whose tests grade them; see `dreamcode bench list`.",
            show_default="the run's own, else livecodebench",
        ),
    ] = None,
    strict: Strict = False,
) -> None:
    """Grade programs that were written elsewhere.

    Results and LiveCodeBench's own files go into the run's folder.

    Exit codes: 0 done, 2 bad input, 3 sandbox or disk failed, 130 stopped by Ctrl-C; --resume goes on.
    """  # noqa: E501 - help keeps line breaks
    from dreamcode.cli.bench.benchmarking import grade_file

    grade_file(settings, file, benchmark, strict=strict)


@takes_settings("rerank")
def rerank(
    settings: Settings,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Graded programs: a run's folder, a results.jsonl, or an _eval_all.json.",
        ),
    ],
    prm: Annotated[
        str | None,
        typer.Option(
            help="Score them anew: embedded, or hf/<folder or hub id>.",
            show_default="the rewards on record",
        ),
    ] = None,
    strict: Strict = False,
) -> None:
    """Choose anew among stored, graded programs; nothing runs.

    The choice becomes a run of its own, which `compare` takes.

    Exit codes: 0 done, 2 bad input, 3 the model or the disk failed, 130 stopped by Ctrl-C; --resume goes on.
    """  # noqa: E501 - help keeps line breaks
    from dreamcode.cli.bench.benchmarking import rerank_file

    rerank_file(settings, file, prm, strict=strict)


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
    strict: Strict = False,
) -> None:
    """Tabulate results without running anything.

    Exit codes: 0 done, 2 bad input.
    """
    import json

    from dreamcode.bench.files import load_results
    from dreamcode.bench.measures import measure
    from dreamcode.cli.bench.tables import print_measures
    from dreamcode.cli.live import say
    from dreamcode.cli.output import open_console

    report = measure(load_results(file, strict=strict, warn=say))
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        print_measures(report, open_console())


def list_benchmarks(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the benchmarks and where their problems come from."""
    import json

    from rich.table import Table
    from rich.text import Text

    from dreamcode.cli.fitting import print_table
    from dreamcode.cli.output import open_console
    from dreamcode.datasets.dataset_names import list_datasets, open_dataset

    found = {name: open_dataset(name).summary for name in list_datasets()}
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("benchmark", "problems")
    for name, summary in found.items():
        table.add_row(Text(name), Text(summary))
    print_table(table, open_console())
