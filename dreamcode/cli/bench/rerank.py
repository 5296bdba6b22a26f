"""`dreamcode bench rerank`: chooses among stored programs by a reward model."""

from pathlib import Path
from typing import Annotated

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings


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
    prm: Annotated[str, typer.Option(help="The reward model: embedded, or hf/<folder or hub id>.")],
) -> None:
    """Choose among stored, graded programs by reward; nothing runs.

    The choice becomes a run of its own, which `compare` takes.

    Exit codes: 0 done, 2 bad input, 3 the model or the disk failed, 130 stopped by Ctrl-C; --resume goes on.
    """  # noqa: E501 - help keeps line breaks
    from dreamcode.cli.bench.benchmarking import rerank_file

    rerank_file(settings, file, prm)
