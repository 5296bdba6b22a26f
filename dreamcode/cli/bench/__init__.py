"""`dreamcode bench`: a command per benchmark, and commands for what runs leave behind."""

from typing import Any

import typer
from typer.core import TyperGroup

from dreamcode.cli.bench.commands import EXIT_CODES, grade, list_benchmarks, rerank, run, stats
from dreamcode.cli.bench.compare import compare
from dreamcode.datasets.dataset_names import DATASETS
from dreamcode.plugins import names_part


class Benchmarks(TyperGroup):
    """Benchmarks by name, and data sets of others by import path or entry point."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; all benchmarks share one, which asks for its name."""
        known = super().get_command(ctx, cmd_name)
        if known is None and names_part(cmd_name, "datasets"):
            return super().get_command(ctx, "folder")
        return known


app = typer.Typer(no_args_is_help=True, cls=Benchmarks)


@app.callback()
def bench() -> None:
    """Measure on benchmarks, and compare runs.

    A data set of your own is named as file.py:name, or by the entry point of its package.
    """
    from dreamcode.extras import require

    require("bench")


app.command("list")(list_benchmarks)
app.command("grade")(grade)
app.command("rerank")(rerank)
app.command("stats")(stats)
app.command("compare")(compare)
for _name, _known in DATASETS.items():
    app.command(_name, help=f"Run {_known.words}.\n\n{EXIT_CODES}")(run)
