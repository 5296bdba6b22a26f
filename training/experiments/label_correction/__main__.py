"""`python -m experiments.label_correction`: run, tune, searches, report."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dreamcode.errors import DreamcodeError, InputError
from dreamcode.rewards.checkpoint import EMBEDDED
from dreamcode.runs.folder import lock_folder
from dreamcode_sandbox import SandboxError
from dreamcode_training.progress import ProgressLines, format_seconds
from experiments.label_correction.base import make_base
from experiments.label_correction.config import (
    ExperimentConfig,
    read_experiment,
    shrink,
)
from experiments.label_correction.data import is_made, make_data
from experiments.label_correction.grid import list_trainings
from experiments.label_correction.networks import make_network, make_weak_completer
from experiments.label_correction.pack import pack
from experiments.label_correction.points import train_all
from experiments.label_correction.report import write_report
from experiments.label_correction.tune import describe_trial, write_choice
from experiments.label_correction.tune import tune as tune_settings

CONFIG = Path("training/configs/experiment.yaml")
OUT = Path("runs/miniature-experiment")

app = typer.Typer(no_args_is_help=True, help="The experiment on the miniature world.")
console = Console(stderr=True, highlight=False)

OutOption = Annotated[Path, typer.Option(help="Folder of everything that is made.")]
ConfigOption = Annotated[Path, typer.Option(help="Settings.")]
JobsOption = Annotated[int, typer.Option(min=1, help="Trainings at a time.")]
DocsOption = Annotated[Path, typer.Option(help="Folder that gets miniature.md.")]


@app.command()
def run(
    out: OutOption = OUT,
    config: ConfigOption = CONFIG,
    jobs: JobsOption = 2,
    only: Annotated[
        str | None, typer.Option(help="data, trainings or searches; all if left out.")
    ] = None,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="All of it, tiny, in a folder of its own.")
    ] = False,
) -> None:
    """Makes data, trains the grid and runs the searches; what is done is skipped."""
    with _reported():
        if only not in (None, "data", "trainings", "searches"):
            raise InputError(f"--only {only!r} is none of data, trainings, searches")
        settings = read_experiment(config)
        if smoke:
            folder = Path(tempfile.mkdtemp(prefix="miniature-experiment-")) if out == OUT else out
            smoke_test(folder, settings, jobs)
            return
        with lock_folder(out):
            if only in (None, "data"):
                _make_data(out, settings)
            if only in (None, "trainings"):
                _make_base(out, settings)
                train_all(out, list_trainings(settings), jobs, console.print, _tell_trainings)
            if only in (None, "searches"):
                _run_searches(out, settings)


@app.command()
def tune(out: OutOption = OUT, config: ConfigOption = CONFIG, jobs: JobsOption = 2) -> None:
    """Chooses correction settings on validation problems and writes them for `run`."""
    with _reported():
        settings = read_experiment(config)
        if settings.correction_file is None:
            raise InputError(f"{config} names no correction_file to write; add one")
        with lock_folder(out):
            _make_base(out, settings)
            progress = ProgressLines(console.print)
            ranked = tune_settings(out, settings, jobs, console.print, progress)
        write_choice(config.parent / settings.correction_file, settings, ranked)
        for completer, trials in ranked.items():
            for trial in trials:
                console.print(f"{completer}, {describe_trial(trial)}")


@app.command()
def searches(
    model: Annotated[Path, typer.Option(help="Folder of a PRM checkpoint.")],
    out: OutOption = OUT,
    config: ConfigOption = CONFIG,
) -> None:
    """Compares searches led by any PRM with best-of-n at equal tokens."""
    with _reported(), lock_folder(out):
        _run_searches(out, read_experiment(config), model)


@app.command()
def report(
    out: OutOption = OUT, config: ConfigOption = CONFIG, docs: DocsOption = Path("docs")
) -> None:
    """Writes docs/miniature.md, its pictures and its raw data from what is there."""
    with _reported():
        command = "python -m experiments.label_correction report"
        _write_report(out, docs, read_experiment(config), command)


def smoke_test(out: Path, config: ExperimentConfig, jobs: int) -> ExperimentConfig:
    """Every part of the experiment, tiny: data, tuning, trainings, searches, report, archives.

    Returns:
        The tiny settings.
    """
    small = shrink(config)
    _make_data(out, small)
    _make_base(out, small)
    ranked = tune_settings(out, small, jobs, console.print)
    small = write_choice(out / "correction.yaml", small, ranked)
    # So few steps have a correction only if each has one.
    at_once = {
        completer: chosen.model_copy(update={"every": 1, "warmup": 0.0})
        for completer, chosen in small.corrections.items()
    }
    small = small.model_copy(update={"corrections": at_once})
    train_all(out, list_trainings(small), jobs, console.print, _tell_trainings)
    _run_searches(out, small)
    command = "python -m experiments.label_correction run --smoke"
    _write_report(out, out / "docs", small, command)
    return small


def _write_report(out: Path, docs: Path, config: ExperimentConfig, command: str) -> None:
    write_report(out, docs, config, command)
    console.print(f"wrote {docs / 'miniature.md'}")
    for archive in pack(out, docs / "miniature"):
        console.print(f"wrote {archive}, {archive.stat().st_size / 1e6:.1f} MB")


def _make_data(out: Path, config: ExperimentConfig) -> None:
    if is_made(out, config):
        console.print("data: up to date")
        return
    if "weak" in config.grid.completers:
        make_weak_completer(out, config, console, console.print)
    asyncio.run(make_data(out, config, console.print, ProgressLines(console.print)))


def _make_base(out: Path, config: ExperimentConfig) -> None:
    make_network(out, config, console, console.print)
    make_base(out, config, console.print, ProgressLines(console.print))


def _run_searches(out: Path, config: ExperimentConfig, model: Path | None = None) -> None:
    from experiments.label_correction.searches import compare_searches

    folder = model or _reward_folder(out, config.searches.reward)
    if not (folder / "config.json").exists():
        raise InputError(
            f"there is no reward model in {folder}; let searches.reward name a training of a "
            "seed in keep_seeds, or give --model to command searches"
        )
    asyncio.run(compare_searches(out, folder, config, console.print, ProgressLines(console.print)))


def _reward_folder(out: Path, name: str) -> Path:
    if name == "embedded":
        return EMBEDDED
    return out / "runs" / name / "model"


def _tell_trainings(done: int, total: int, left: float) -> None:
    console.print(f"trainings: {done} of {total}, {format_seconds(left)} left")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on where it was")
        raise typer.Exit(130) from None
    except DreamcodeError as error:
        console.print(str(error), soft_wrap=True)
        raise typer.Exit(error.exit_code) from None
    except SandboxError as error:
        console.print(str(error), soft_wrap=True)
        raise typer.Exit(3) from None


if __name__ == "__main__":
    app()
