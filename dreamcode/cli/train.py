"""`dreamcode train`: makes a process reward model, stage by stage."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dreamcode.policies.server_options import ServerOptions
    from dreamcode_training.config import RunConfig
    from dreamcode_training.pipeline import Workplace
    from dreamcode_training.stages import Stage

app = typer.Typer(invoke_without_command=True)

Config = Annotated[
    Path | None,
    typer.Option(
        help="The run's settings: a YAML file, or the name of one that ships.", show_default=False
    ),
]
RunDir = Annotated[
    Path | None,
    typer.Option(help="Folder of the run.", show_default="in the state folder, by the file's name"),
]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="Shrink the run to a few problems and steps: minutes.")
]
Ray = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Spread models and sandboxes over a Ray cluster: its address, auto, or local.",
    ),
]


@app.callback()
def train(
    context: typer.Context,
    config: Config = None,
    run_dir: RunDir = None,
    stage: Annotated[
        str | None,
        typer.Option(help="Run this stage alone, due or not: chains, labels, prm, eval."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would run and what it costs.")
    ] = False,
    no_calibrate: Annotated[
        bool,
        typer.Option("--no-calibrate", help="With --dry-run: count only, sample and time nothing."),
    ] = False,
    smoke: Smoke = False,
    list_shipped: Annotated[
        bool, typer.Option("--list", help="List the configurations that ship.")
    ] = False,
) -> None:
    """Train a process reward model: sample programs, label prefixes, train, evaluate.

    Runs the stages chains, labels, prm, eval; those whose inputs have not changed are skipped, and one that was stopped goes on where it stopped.

    Exit codes: 0 done, 2 bad input, 3 model server, sandbox or disk failed, 130 stopped by Ctrl-C.
    """  # noqa: E501 - help keeps line breaks
    from dreamcode.errors import InputError

    if context.invoked_subcommand is not None:
        _refuse_options_of_all(context)
        return
    if list_shipped:
        print_shipped()
        return
    if config is None:
        raise InputError(
            "dreamcode train needs --config with a file or the name of a configuration that "
            "ships, such as miniature; --list names them"
        )
    if stage not in (None, "chains", "labels", "prm", "eval"):
        raise InputError(f"unknown stage {stage!r}; use chains, labels, prm or eval")
    if no_calibrate and not dry_run:
        raise InputError("--no-calibrate goes with --dry-run; add it, or leave both out")
    if dry_run and stage is not None:
        raise InputError("--dry-run plans all stages; leave --stage out")
    if dry_run:
        print_plan(config, run_dir, smoke=smoke, calibrate=not no_calibrate)
    else:
        run_stages(config, run_dir, stage, smoke=smoke)  # type: ignore[arg-type]


@app.command()
def chains(
    config: Config = None, run_dir: RunDir = None, smoke: Smoke = False, ray: Ray = None
) -> None:
    """Sample programs for every problem and judge them."""
    run_stages(config, run_dir, "chains", smoke=smoke, ray=ray)


@app.command()
def labels(
    config: Config = None, run_dir: RunDir = None, smoke: Smoke = False, ray: Ray = None
) -> None:
    """Complete every prefix several times and judge the completions."""
    run_stages(config, run_dir, "labels", smoke=smoke, ray=ray)


@app.command()
def prm(config: Config = None, run_dir: RunDir = None, smoke: Smoke = False) -> None:
    """Train the reward model; what finished is trained anew, what was stopped goes on."""
    run_stages(config, run_dir, "prm", smoke=smoke)


@app.command("eval")
def evaluate(config: Config = None, run_dir: RunDir = None, smoke: Smoke = False) -> None:
    """Measure the reward model on problems it has never seen."""
    run_stages(config, run_dir, "eval", smoke=smoke)


@app.command()
def export(
    labels: Annotated[
        Path,
        typer.Argument(metavar="LABELS", help="A labels.jsonl with its problems.jsonl beside it."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    split: Annotated[
        str, typer.Option(help="Whose chains: train, meta, validation, test.")
    ] = "train",
    threshold: Annotated[
        float, typer.Option(help="A step is right if more than this share passed.")
    ] = 0.0,
) -> None:
    """Write labels in the form that TRL's trainers of stepwise reward models read."""
    from dreamcode.cli.solving import check_output
    from dreamcode.errors import InputError
    from dreamcode_training.export import export_trl
    from dreamcode_training.records import read_chains, read_problems

    if split not in ("train", "meta", "validation", "test"):
        raise InputError(f"unknown split {split!r}; use train, meta, validation or test")
    check_output(output)
    problems = read_problems(labels.parent / "problems.jsonl")
    found = read_chains(labels, problems)
    count = export_trl(output, found, problems, split, threshold)  # type: ignore[arg-type]
    typer.echo(f"{count} chains written to {output}", err=True)


def run_stages(
    config: Path | None,
    run_dir: Path | None,
    stage: "Stage | None",
    *,
    smoke: bool,
    ray: str | None = None,
) -> None:
    """Runs what is due, telling a person how far it is.

    Args:
        config: the run's settings.
        run_dir: the run's folder; None: that of the settings.
        stage: the only one to run; None for all.
        smoke: whether the run is shrunk.
        ray: address of the cluster that models and sandboxes are spread over.

    Raises:
        InputError: no config is given, or libraries are missing.
        InfrastructureError: there is no such cluster.
        KeyboardInterrupt: Ctrl-C was pressed; a line has said how to go on.
    """
    with open_workplace(config, run_dir, smoke=smoke) as place, ExitStack() as stack:
        from dreamcode_training.pipeline import run_pipeline

        if ray is not None:
            from dreamcode.scaling.cluster import connect

            place = replace(place, cluster=stack.enter_context(connect(ray, place.say)))
        try:
            run_pipeline(place, stage)
        except KeyboardInterrupt:
            what = "training from its last checkpoint, all else where it was"
            place.say(f"stopped; the same command goes on in {place.folder}: {what}")
            raise
        place.say(f"run folder: {place.folder}")
    from dreamcode.cli.output import visible

    report = place.folder / "eval" / "report.md"
    if stage in (None, "eval") and report.is_file():
        typer.echo(visible(report.read_text("utf-8")), nl=False)


def print_plan(config: Path, run_dir: Path | None, *, smoke: bool, calibrate: bool) -> None:
    """Prints which stages would run and what they cost."""
    from dreamcode.cli.output import open_console
    from dreamcode.cli.train_view import draw_plan

    with open_workplace(config, run_dir, smoke=smoke) as place:
        from dreamcode_training.plan import make_plan

        plan = make_plan(place, calibrate_first=calibrate)
    draw_plan(plan, open_console())


def print_shipped() -> None:
    """Prints the configurations that ship and what each is for."""
    from rich.table import Table
    from rich.text import Text

    from dreamcode.cli.fitting import print_table
    from dreamcode.cli.output import open_console
    from dreamcode_training.shipped import describe_config, list_configs

    table = Table("configuration", "what it is")
    for name, file in list_configs().items():
        table.add_row(name, Text(describe_config(file)))
    print_table(table, open_console())


@contextmanager
def open_workplace(
    config: Path | None, run_dir: Path | None, *, smoke: bool
) -> Iterator["Workplace"]:
    """The run's workplace, which shows how far it is; of several processes one speaks.

    Raises:
        InputError: the configuration is missing or wrong, or training's libraries are.
    """
    from dreamcode.cli.live import View
    from dreamcode.cli.train_view import follow_stages

    settings = read_settings(config, smoke=smoke)
    folder = choose_folder(config, run_dir, smoke=smoke)

    from dreamcode_training.pipeline import Workplace

    view = View(quiet=os.environ.get("RANK", "0") != "0")
    with follow_stages(view) as tell:
        yield Workplace(folder, settings, server_options(), view.say, tell, view.pulse)


def read_settings(config: Path | None, *, smoke: bool) -> "RunConfig":
    """The run's settings.

    Raises:
        InputError: the file is missing or wrong, or training's libraries are.
    """
    from dreamcode.errors import InputError
    from dreamcode.extras import require

    require("train")
    from dreamcode_training.config import read_run_config
    from dreamcode_training.shipped import find_config
    from dreamcode_training.smoke import shrink

    if config is None:
        raise InputError(
            "give the run's settings with --config FILE, or the name of one that ships"
        )
    settings = read_run_config(find_config(config))
    return shrink(settings) if smoke else settings


def choose_folder(config: Path | None, run_dir: Path | None, *, smoke: bool) -> Path:
    """The run's folder: the same for the same file, so that the same command goes on."""
    from dreamcode.runs.folder import runs_home
    from dreamcode_training.shipped import find_config, list_configs

    if run_dir is not None:
        return run_dir
    assert config is not None  # `read_settings` has read it
    file = find_config(config)
    # Wherever the package is installed, a configuration that ships is the same one.
    named = file in list_configs().values()
    path = file.name if named else str(file.resolve())
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[
        :6
    ]  # two projects may both have a run.yaml
    return runs_home() / f"train-{file.stem}-{digest}{'-smoke' if smoke else ''}"


def _refuse_options_of_all(context: typer.Context) -> None:
    """Options in front of a subcommand would be read by nobody."""
    from dreamcode.errors import InputError

    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            option = f"--{name.replace('_', '-')}"
            if name in ("config", "run_dir", "smoke"):
                command = f"dreamcode train {context.invoked_subcommand}"
                raise InputError(f"{option} belongs behind `{command}`")
            raise InputError(f"{option} goes with `dreamcode train --config FILE` alone")


def server_options() -> "ServerOptions":
    """How policies behind a server are reached: as for `solve`."""
    from dreamcode.cli.assembly import make_server_options
    from dreamcode.cli.sources import load_settings

    return make_server_options(load_settings())
