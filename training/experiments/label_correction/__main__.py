"""`python -m experiments.label_correction`: run, tune, measure, report; train one by name."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from dreamcode.errors import DreamcodeError
from dreamcode.runs.folder import lock_folder
from dreamcode_sandbox import SandboxError
from experiments.label_correction.base import make_base, make_weak
from experiments.label_correction.config import SHIPPED, read_experiment
from experiments.label_correction.data import is_made, make_data
from experiments.label_correction.grid import find_training, list_trainings
from experiments.label_correction.results import read_results, write_results
from experiments.label_correction.training import train as train_one
from experiments.label_correction.training import train_all

app = typer.Typer(no_args_is_help=True, help="The experiment on the miniature world.")
console = Console(stderr=True, highlight=False)

OutOption = Annotated[Path, typer.Option(help="Folder of everything that is made.")]
ConfigOption = Annotated[Path, typer.Option(help="Settings.")]
JobsOption = Annotated[int, typer.Option(min=1, help="Trainings at a time.")]
DocsOption = Annotated[Path, typer.Option(help="Folder of miniature.md and miniature/.")]
Stage = Literal["data", "trainings", "searches"]

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
    """Makes data, trains the grid and runs the searches; what is done is skipped."""
    from experiments.label_correction.searches import compare_searches

    with _reported():
        settings = read_experiment(config)
        with lock_folder(out):
            if only in (None, "data"):
                if is_made(out, settings):
                    console.print("data: up to date")
                else:
                    make_weak(out, settings, console.print)
                    asyncio.run(make_data(out, settings, console.print))
            if only in (None, "trainings"):
                make_base(out, settings, console.print)
                train_all(out, list(list_trainings(settings)), config, jobs, console.print)
            if only in (None, "searches"):
                asyncio.run(compare_searches(out, settings, console.print))


@app.command()
def tune(out: OutOption = OUT, config: ConfigOption = SHIPPED, jobs: JobsOption = 2) -> None:
    """Chooses correction settings on validation problems and writes them for `run`."""
    from experiments.label_correction.tune import describe_trial
    from experiments.label_correction.tune import tune as choose

    with _reported():
        settings = read_experiment(config)
        with lock_folder(out):
            make_base(out, settings, console.print)
            ranked = choose(out, config, settings, jobs, console.print)
        for completer, trials in ranked.items():
            for trial in trials:
                console.print(f"{completer}, {describe_trial(trial)}")


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="Such as runs/orm-s0.")],
    out: OutOption = OUT,
    config: ConfigOption = SHIPPED,
) -> None:
    """Trains one of the reward models of `run` or `tune`."""
    with _reported():
        train_one(out, find_training(read_experiment(config), name))


@app.command()
def measure(out: OutOption = OUT, config: ConfigOption = SHIPPED, docs: DocsOption = DOCS) -> None:
    """Measures what `run` made, into miniature/results.json."""
    from experiments.label_correction.measure import measure as measure_run

    with _reported():
        write_results(docs / RESULTS, measure_run(out, read_experiment(config)))
        console.print(f"wrote {docs / RESULTS}")


@app.command()
def report(docs: DocsOption = DOCS) -> None:
    """Writes miniature.md and its pictures from miniature/results.json."""
    from experiments.label_correction.report import write_report

    with _reported():
        write_report(docs, read_results(docs / RESULTS))
        console.print(f"wrote {docs / 'miniature.md'}")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on where it was")
        raise typer.Exit(130) from None
    except (DreamcodeError, SandboxError) as error:
        console.print(str(error), soft_wrap=True)
        raise typer.Exit(error.exit_code if isinstance(error, DreamcodeError) else 3) from None


if __name__ == "__main__":
    app()
