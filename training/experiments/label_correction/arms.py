"""Which reward models are trained, and where each has its folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from dreamcode_training.config import PrmStageConfig
from dreamcode_training.records import Split
from experiments.label_correction.config import ArmConfig, ExperimentConfig

OUTCOMES, NETWORK = "labels-outcomes", "network"
"""Folders: of what the base learns from, and of what it and the middle completer are made from."""

UNCALIBRATED = "mc-uncalibrated"
"""`mc` once more, with prefixes read by the calibration of finished programs."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a reward model and what is scored with it afterwards.

    Attributes:
        series: its arm and K; trainings that differ in set and seed alone share it.
        group: number of its set of problems.
        seed: of the training.
        labels: folder of problems.jsonl and labels.jsonl, below the experiment's.
        settings: of the training, but for what it starts from.
        start: folder of the model it starts from, below the experiment's.
        split: whose candidates are scored: "test", or "validation" for every choice.
    """

    series: str
    group: int
    seed: int
    labels: str
    settings: PrmStageConfig
    start: str
    split: Split = "test"

    @property
    def name(self) -> str:
        """Its folder, below the experiment's."""
        kind = "runs" if self.split == "test" else "tuning"
        return f"{kind}/{self.series}-set{self.group}-s{self.seed}"

    @property
    def model(self) -> str:
        """What it makes."""
        return f"{self.name}/model"


def series_name(arm: str, settings: ArmConfig, k: int) -> str:
    """An arm with K rollouts; arms that count none have one series."""
    return f"{arm}-k{k}" if settings.counts else arm


def labels_folder(arm: ArmConfig, k: int, group: int) -> str:
    """Where an arm's labels are."""
    return f"labels-{arm.completer}/k{k}-set{group}" + ("-cut" if arm.cut else "")


def base_training(config: ExperimentConfig) -> Training:
    """What all others start from: it has learned outcomes of other problems' prefixes."""
    changes = {
        "method": "outcome",
        "epochs": config.base.epochs,
        "learning_rate": config.base.learning_rate,
    }
    return Training("base", 0, 0, OUTCOMES, config.settings_of(ArmConfig(prm=changes)), NETWORK)


def list_trainings(config: ExperimentConfig) -> Iterator[Training]:
    """The base, then a whole round of every series before the next seed and set."""
    base = base_training(config)
    yield base
    for seed, group in product(range(config.seeds), range(config.sets)):
        for name, arm in config.arms.items():
            settings = config.settings_of(arm)
            for k in config.k_of(arm):
                series, labels = series_name(name, arm, k), labels_folder(arm, k, group)
                yield Training(series, group, seed, labels, settings, base.model)


def list_trials(config: ExperimentConfig) -> dict[str, Training]:
    """Those that compete for the correction settings, by the names of these."""
    base, k = base_training(config), config.tuning.k
    trials = {}
    for name, changes in config.tuning.settings.items():
        arm = ArmConfig(prm={"method": "correct", "correction": changes})
        labels, settings = labels_folder(arm, k, 0), config.settings_of(arm)
        trials[name] = Training(name, 0, 0, labels, settings, base.model, "validation")
    return trials
