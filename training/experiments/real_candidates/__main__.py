"""`python -m experiments.real_candidates`: prepare, train, measure, report."""

from pathlib import Path
from typing import Annotated

import typer

from dreamcode.runs.folder import lock_folder
from experiments.command import run, say
from experiments.kept import write_results
from experiments.real_candidates.config import SHIPPED, Settings, read_settings
from experiments.real_candidates.page import NUMBERS, write_page
from experiments.real_candidates.results import read_results
from tests.real_model import FOLDER

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A reward model from real programs with official verdicts.",
)

OutOption = Annotated[Path, typer.Option(help="Folder of everything that is made.")]
ConfigOption = Annotated[Path, typer.Option(help="Settings.")]
BaseOption = Annotated[Path, typer.Option(help="Language model that is trained.")]
DocsOption = Annotated[Path, typer.Option(help="Folder of the page and its numbers.")]

OUT = Path("runs/real-candidates")
DOCS = Path("docs")


@app.command()
def prepare(
    real_data: Annotated[Path, typer.Option(help="Folder with lcb-*.jsonl.gz.")],
    out: OutOption = OUT,
    config: ConfigOption = SHIPPED,
) -> None:
    """Makes problems, labels and chains of the programs."""
    from experiments.real_candidates.data import prepare
    from experiments.real_candidates.measure import count_splits

    with lock_folder(out):
        prepare(real_data, out / "data", read_settings(config))
    for split, own in count_splits(out / "data").items():
        say(
            f"{split}: {own.problems} problems, {own.mixed} with right and wrong programs, "
            f"{own.programs} programs, {own.passed:.1%} right"
        )


@app.command()
def train(out: OutOption = OUT, config: ConfigOption = SHIPPED, base: BaseOption = FOLDER) -> None:
    """Trains the reward model; the same command goes on where it was stopped."""
    from experiments.real_candidates.training import train

    settings = read_settings(config)
    with lock_folder(out):
        train(out, with_base(settings, base).prm, settings.seed, say)


@app.command()
def measure(
    out: OutOption = OUT,
    config: ConfigOption = SHIPPED,
    base: BaseOption = FOLDER,
    docs: DocsOption = DOCS,
) -> None:
    """Scores the test programs and measures, into real-candidates.json."""
    from experiments.real_candidates.measure import measure

    with lock_folder(out):
        write_results(docs / NUMBERS, measure(out, read_settings(config), base, say))
    say(f"wrote {docs / NUMBERS}")


@app.command()
def report(docs: DocsOption = DOCS) -> None:
    """Writes real-candidates.md from real-candidates.json."""
    write_page(docs, read_results(docs / NUMBERS))
    say(f"wrote {docs / 'real-candidates.md'}")


def with_base(settings: Settings, base: Path) -> Settings:
    """The settings with that base; in the home folder by a name that others have, too."""
    whole = base.absolute()
    home = Path.home()
    name = f"~/{whole.relative_to(home)}" if whole.is_relative_to(home) else str(whole)
    return settings.model_copy(update={"prm": settings.prm.model_copy(update={"base": name})})


if __name__ == "__main__":
    run(app)
