"""`python -m experiments.label_correction`: run, tune, measure, report."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from dreamcode.runs.folder import lock_folder
from experiments.command import run as run_command
from experiments.command import say
from experiments.kept import write_results
from experiments.label_correction import measure as measuring
from experiments.label_correction import tune as tuning
from experiments.label_correction.arms import list_trainings
from experiments.label_correction.config import SHIPPED, read_experiment
from experiments.label_correction.data import make_data
from experiments.label_correction.page import write_page
from experiments.label_correction.results import read_results
from experiments.label_correction.training import train_all

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The experiment on the miniature world.",
)

OutOption = Annotated[Path, typer.Option(help="Folder of everything that is made.")]
ConfigOption = Annotated[Path, typer.Option(help="Settings.")]
JobsOption = Annotated[int, typer.Option(min=1, help="Trainings at a time.")]
DocsOption = Annotated[Path, typer.Option(help="Folder of miniature.md and miniature/.")]
Stage = Literal["data", "trainings"]

OUT = Path("runs/miniature-experiment")
DOCS = Path("docs")
RESULTS = "miniature/results.json"


@app.command()
def run(
    out: OutOption = OUT,
    config: ConfigOption = SHIPPED,
    jobs: JobsOption = 2,
    only: Annotated[Stage | None, typer.Option(help="One stage; all if left out.")] = None,
) -> None:
    """Makes the data and trains all arms; what is done is not repeated."""
    settings = read_experiment(config)
    with lock_folder(out):
        if only in (None, "data"):
            asyncio.run(make_data(out, settings, say))
        if only in (None, "trainings"):
            train_all(out, settings, list(list_trainings(settings)), jobs, say)


@app.command()
def tune(out: OutOption = OUT, config: ConfigOption = SHIPPED, jobs: JobsOption = 2) -> None:
    """Chooses correction settings on validation problems and writes them for `run`."""
    with lock_folder(out):
        trials = tuning.tune(out, config, jobs, say)
    for trial in trials:
        say(f"{trial.name}: {trial.pairs:.4f} of same-depth pairs")


@app.command()
def measure(out: OutOption = OUT, config: ConfigOption = SHIPPED, docs: DocsOption = DOCS) -> None:
    """Measures what `run` made, into miniature/results.json."""
    write_results(docs / RESULTS, measuring.measure(out, read_experiment(config)))
    say(f"wrote {docs / RESULTS}")


@app.command()
def report(docs: DocsOption = DOCS) -> None:
    """Writes miniature.md and its pictures from miniature/results.json."""
    write_page(docs, read_results(docs / RESULTS))
    say(f"wrote {docs / 'miniature.md'}")


if __name__ == "__main__":
    run_command(app)
