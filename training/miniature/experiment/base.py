"""The network that all trainings of the experiment start from: it has seen outcomes alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

from dreamcode.problems.exam import Exam
from training.chains import SampledChain
from training.config import CorrectionConfig
from training.evidence import make_labels
from training.miniature.exams import generate_exam
from training.miniature.experiment.config import ExperimentConfig
from training.miniature.experiment.networks import NETWORK
from training.progress import OnProgress, ignore
from training.records import Split, write_lines, write_problems
from training.stages import hash_content

FOLDER = "base"
MODEL = "base/model"


def list_base_problems(config: ExperimentConfig) -> list[tuple[Split, Exam]]:
    """Problems of the world's meta split, from the first that the experiment leaves alone."""
    if config.base is None:
        return []
    start = config.problems.meta
    return [
        ("train", generate_exam("meta", index))
        for index in range(start, start + config.base.problems)
    ]


def write_outcomes(
    out: Path, exams: Sequence[tuple[Split, Exam]], chains: Sequence[SampledChain]
) -> None:
    """Writes what the base learns from: finished programs and whether they pass."""
    folder = out / FOLDER / "labels"
    folder.mkdir(parents=True, exist_ok=True)
    write_problems(folder, exams)
    write_lines(folder / "labels.jsonl", make_labels(chains, []))


def make_base(
    out: Path,
    config: ExperimentConfig,
    say: Callable[[str], None],
    on_progress: OnProgress = ignore,
) -> None:
    """Trains the base as an ORM, if there is to be one and these outcomes gave none yet.

    Raises:
        InputError: the outcomes are missing or damaged.
    """
    if config.base is None:
        return
    from training.prm import run_prm
    from training.training_run import begin_training

    folder = out / FOLDER
    outcomes = hash_content(folder / "labels" / "labels.jsonl")
    settings = config.prm.model_copy(
        update={
            "method": "orm",
            "correction": CorrectionConfig(),  # it has none: choosing other settings keeps it
            "base": str(out / NETWORK) if config.base.network else config.prm.base,
            "epochs": config.base.epochs,
            "learning_rate": config.base.learning_rate,
            "validate_every": None,
        }
    )
    network = hash_content(out / NETWORK)
    identity = f"{outcomes} {network} {settings.model_dump_json(exclude={'base'})} {config.seed}"
    mark = folder / "done"
    if mark.exists() and mark.read_text() == identity:
        return
    mark.unlink(missing_ok=True)
    begin_training(folder, identity)
    say(f"base: outcomes of {config.base.problems} problems")
    run_prm(folder, folder / "labels", settings, config.seed, on_progress)
    mark.write_text(identity)
