"""`dreamcode bench`: a command a benchmark, and commands for what runs leave behind."""

import typer

from dreamcode.cli.bench.compare import compare
from dreamcode.cli.bench.grade import grade
from dreamcode.cli.bench.listing import BENCHMARKS, list_benchmarks
from dreamcode.cli.bench.rerank import rerank
from dreamcode.cli.bench.run import EXIT_CODES, run
from dreamcode.cli.bench.stats import stats

app = typer.Typer(no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure on benchmarks, and compare runs."""
    from dreamcode.cli.extras import require

    require("bench")


app.command("list")(list_benchmarks)
app.command("grade")(grade)
app.command("rerank")(rerank)
app.command("stats")(stats)
app.command("compare")(compare)
for _name, _summary in BENCHMARKS.items():
    app.command(_name, help=f"Run {_summary}.\n\n{EXIT_CODES}")(run)
