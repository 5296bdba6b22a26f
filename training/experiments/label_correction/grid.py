"""Which reward models are trained, and where each has its folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from dreamcode_training.config import CorrectionConfig, Method, PrmStageConfig
from dreamcode_training.records import Split
from experiments.label_correction.config import Completer, ExperimentConfig

OUTCOMES, NETWORK, WEAK = "labels-outcomes", "network", "weak"
"""Folders: of what the base learns from, of what it is made from, of the weak completer."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a reward model and what is scored with it afterwards.

    Attributes:
        series: trainings that differ in the seed alone share it.
        seed: of the training.
        labels: folder of problems.jsonl and labels.jsonl, below the experiment's.
        settings: of the training, but for what it starts from.
        start: folder of the model it starts from, below the experiment's.
        split: whose candidates are scored: "test", or "validation" for every choice.
    """

    series: str
    seed: int
    labels: str
    settings: PrmStageConfig
    start: str
    split: Split = "test"

    @property
    def name(self) -> str:
        """Its folder, below the experiment's."""
        group = "runs" if self.split == "test" else "tuning"
        return f"{group}/{self.series}-s{self.seed}"

    @property
    def model(self) -> str:
        """What it makes."""
        return f"{self.name}/model"


def series_name(completer: str, k: int, method: str) -> str:
    """A series of the grid."""
    return f"{completer}-k{k}-{method}"


def labels_folder(completer: str, k: int) -> str:
    """Where the labels of a completer with K rollouts are."""
    return f"labels-{completer}/k{k}"


def base_training(config: ExperimentConfig) -> Training:
    """What all others start from: an ORM of the outcomes of other problems."""
    rates = {"epochs": config.base.epochs, "learning_rate": config.base.learning_rate}
    settings = _settings(config, "orm").model_copy(update=rates | {"validate_every": None})
    return Training("base", 0, OUTCOMES, settings, NETWORK)


def list_trainings(config: ExperimentConfig) -> Iterator[Training]:
    """The base, then the grid, a whole round of every series before the next seed."""
    grid, base = config.grid, base_training(config)
    yield base
    for seed in range(grid.seeds):
        # An ORM reads finished programs alone: any labels will do.
        any_labels = labels_folder(grid.completers[0], grid.k[0])
        yield Training("orm", seed, any_labels, _settings(config, "orm"), base.model)
        for completer, k, method in product(grid.completers, grid.k, grid.methods):
            # Re-weighting has neither anchor nor global terms: it keeps its own settings.
            chosen = config.correction_of(completer) if method == "correct" else None
            yield Training(
                series_name(completer, k, method),
                seed,
                labels_folder(completer, k),
                _settings(config, method, chosen),
                base.model,
            )


def list_trials(config: ExperimentConfig, completer: Completer) -> dict[str, Training]:
    """Those that compete for a completer's correction settings, by the names of these."""
    tuning = config.tuning
    labels, start = labels_folder(completer, tuning.k), base_training(config).model
    trials = {}
    for name, changes in tuning.settings.items():
        settings = _settings(config, "correct", CorrectionConfig.model_validate(changes))
        series = f"{completer}-{name}"
        trials[name] = Training(series, tuning.seed, labels, settings, start, "validation")
    return trials


def _settings(
    config: ExperimentConfig, method: Method, correction: CorrectionConfig | None = None
) -> PrmStageConfig:
    """Those of a method; of another than `correct` the correction settings are the defaults."""
    changes = {"method": method, "correction": correction or config.prm.correction}
    return config.prm.model_copy(update=changes)
