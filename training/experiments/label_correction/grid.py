"""Which reward models are trained, and the names of their folders."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dreamcode_training.config import CorrectionConfig, Method, PrmStageConfig
from dreamcode_training.records import Split
from experiments.label_correction.base import MODEL
from experiments.label_correction.config import Completer, ExperimentConfig


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a reward model and what is scored with it afterwards.

    Attributes:
        name: of its folder, below `group`.
        group: "runs" or "tuning".
        labels: folder of problems.jsonl and labels.jsonl, below the experiment's; None: nothing
            is learned, the base is scored as it is.
        settings: of the training.
        seed: of it.
        split: whose candidates are scored: "test", or "validation" for every choice.
        keep: whether the model stays on disk.
        base: folder of the model it starts from, below the experiment's; None: `settings.base`.
    """

    name: str
    group: str
    labels: str | None
    settings: PrmStageConfig
    seed: int
    split: Split
    keep: bool
    base: str | None = None

    def folder(self, out: Path) -> Path:
        """Where it happens."""
        return out / self.group / self.name


def series_name(completer: str, k: int, method: str) -> str:
    """Trainings that differ in the seed alone share this name."""
    return f"{completer}-k{k}-{method}"


def list_series(config: ExperimentConfig) -> list[str]:
    """Names of all series of the grid, and of what it is compared with: "base" and "orm"."""
    grid = config.grid
    names = [
        series_name(completer, k, method)
        for completer in grid.completers
        for k in grid.k
        for method in grid.methods
    ]
    return [*(["base"] if config.base else []), *(["orm"] if grid.orm else []), *names]


def list_trainings(config: ExperimentConfig) -> Iterator[Training]:
    """The grid, a whole round of every series before the next seed; the base comes first."""
    grid = config.grid
    if config.base:
        settings = config.prm.model_copy(update={"method": "orm"})
        yield Training("base-s0", "runs", None, settings, 0, "test", False, MODEL)
    for seed in range(grid.seeds):
        if grid.orm:
            # An ORM reads finished programs alone: any labels will do.
            yield _training(config, "orm", "orm", grid.completers[0], grid.k[0], seed)
        for completer in grid.completers:
            for k in grid.k:
                for method in grid.methods:
                    name = series_name(completer, k, method)
                    yield _training(config, name, method, completer, k, seed)


def list_trials(config: ExperimentConfig) -> list[Training]:
    """The trainings that compete for the correction settings, scored on validation alone."""
    return [
        training
        for completer in config.tuning.completers
        for training in trials_of(config, completer)
    ]


def trials_of(config: ExperimentConfig, completer: Completer) -> list[Training]:
    """Those that compete for a completer's settings, in the order of tuning.settings."""
    tuning, base = config.tuning, _base(config)
    labels = labels_folder(completer, tuning.k)
    trials = []
    for name, changes in tuning.settings.items():
        correction = CorrectionConfig.model_validate(changes)
        settings = config.prm.model_copy(update={"method": "correct", "correction": correction})
        own = f"{completer}-{name}"
        trials.append(
            Training(own, "tuning", labels, settings, tuning.seed, "validation", False, base)
        )
    return trials


def labels_folder(completer: str, k: int) -> str:
    """Where the labels of a completer with K rollouts are."""
    return f"labels-{completer}/k{k}"


def _training(
    config: ExperimentConfig, series: str, method: Method, completer: Completer, k: int, seed: int
) -> Training:
    settings = config.prm.model_copy(update={"method": method})
    if method == "correct":  # re-weighting has neither anchor nor global terms: it keeps its own
        settings = settings.model_copy(update={"correction": config.correction_of(completer)})
    keep = seed in config.keep_seeds
    labels = labels_folder(completer, k)
    name = f"{series}-s{seed}"
    return Training(name, "runs", labels, settings, seed, "test", keep, _base(config))


def _base(config: ExperimentConfig) -> str | None:
    return MODEL if config.base else None
