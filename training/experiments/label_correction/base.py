"""The network that all trainings of the experiment start from: it has seen outcomes alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

from dreamcode.miniature.exams import generate_exam
from dreamcode.problems.exam import Exam
from dreamcode_training.chains import SampledChain
from dreamcode_training.config import CorrectionConfig
from dreamcode_training.evidence import make_labels
from dreamcode_training.progress import OnProgress, ignore
from dreamcode_training.records import Split, write_lines, write_problems
from dreamcode_training.stages import hash_content
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.networks import NETWORK

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
    from dreamcode_training.training_run import begin_training

    from dreamcode_training.prm import run_prm

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
