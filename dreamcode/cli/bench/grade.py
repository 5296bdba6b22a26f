"""`dreamcode bench grade`: grades programs from a file."""

from pathlib import Path
from typing import Annotated

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings


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
) -> None:
    """Grade programs that were written elsewhere.

    Results and LiveCodeBench's own files go into the run's folder.

    Exit codes: 0 done, 2 bad input, 3 sandbox or disk failed, 130 stopped by Ctrl-C; --resume goes on.
    """  # noqa: E501 - help keeps line breaks
    from dreamcode.cli.bench.benchmarking import grade_file

    grade_file(settings, file, benchmark)
