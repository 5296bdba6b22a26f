"""`dreamcode bench NAME`: solves and grades a benchmark's problems."""

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings

EXIT_CODES = (
    "Exit codes: 0 done, 2 bad input, 3 model server, sandbox or disk failed, "
    "130 stopped by Ctrl-C; --resume goes on."
)


@takes_settings("bench")
def run(settings: Settings, context: typer.Context) -> None:
    """Run a benchmark; its help is set where the commands are made."""
    from dreamcode.cli.bench.benchmarking import run_benchmark

    run_benchmark(settings, str(context.info_name))
