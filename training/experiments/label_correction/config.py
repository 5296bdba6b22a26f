"""experiment.yaml: everything that determines the experiment."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from dreamcode.codec import first_complaint
from dreamcode.errors import InputError
from dreamcode_training.config import CorrectionConfig, LabelsConfig, Method, RunConfig, Section
from dreamcode_training.pipeline import check_config
from experiments.pretraining.pretrain import Settings

Completer = Literal["same", "weak"]
SHIPPED = Path(__file__).with_name("experiment.yaml")


class BaseConfig(Section):
    """What every training starts from: an outcome is cheap to get, labels of prefixes are dear.

    Stands for what a large code model knows of right and wrong before it sees a label.
    """

    network: Settings = Field(
        Settings(width=96, layers=3, inner=256),
        description="a small backbone, trained as the embedded policy was",
    )
    problems: int = Field(
        8700, ge=1, description="problems with one judged program each, which no split has"
    )
    epochs: float = Field(2.0, gt=0, description="how often these programs are seen")
    learning_rate: float = Field(1e-3, gt=0, description="at its peak")


class PoolsConfig(Section):
    """What is written and measured beside labels."""

    validation_chains: int = Field(
        2, ge=1, description="programs per validation problem that calibrate"
    )
    inputs: int = Field(8, ge=2, description="extra inputs by whose outputs programs are grouped")
    reference_prefixes: int = Field(150, ge=1, description="of distinct problems, per split")
    reference_rollouts: int = Field(64, ge=1, description="of the strong policy, per prefix")


class GridConfig(Section):
    """Which reward models are trained: all combinations, and as many ORMs as seeds."""

    completers: list[Completer] = Field(["same", "weak"], min_length=1)
    k: list[int] = Field([2, 4, 16], min_length=1)
    methods: list[Method] = Field(["mc", "reweight", "joint", "correct"])
    seeds: int = Field(5, ge=1)


class SearchesConfig(Section):
    """Beam searches against best-of-n at equal tokens."""

    reward: str = Field("embedded", description="who leads them, as for solve --reward")
    problems: int = Field(100, ge=1, description="the first test problems")
    n: list[int] = Field([8, 16], min_length=1)
    pool: int = Field(24, ge=1, description="candidates that best-of-n may take at equal tokens")


class TuningConfig(Section):
    """Correction settings that compete on validation problems, for each completer."""

    k: int = Field(4, ge=1)
    seed: int = Field(0, ge=0)
    settings: dict[str, dict[str, Any]] = Field({}, description="changes to the defaults, by name")


class ExperimentConfig(RunConfig):
    """The whole experiment: a run's settings, of which it varies some, and its own."""

    labels: LabelsConfig = LabelsConfig(rollouts=16, validation=False)
    weak: Settings = Field(
        Settings(steps=1200, seed=1),
        description="the weaker completer: the embedded policy's network, trained for less long",
    )
    base: BaseConfig = BaseConfig()
    pools: PoolsConfig = PoolsConfig()
    grid: GridConfig = GridConfig()
    corrections: dict[Completer, CorrectionConfig] = Field(
        {}, description="of method correct, by completer; prm.correction where it names none"
    )
    searches: SearchesConfig = SearchesConfig()
    tuning: TuningConfig = TuningConfig()

    @model_validator(mode="after")
    def _rollouts_suffice(self) -> "ExperimentConfig":
        most, rollouts = max([*self.grid.k, self.tuning.k]), self.labels.rollouts
        if most > rollouts:
            raise ValueError(
                f"grid.k or tuning.k asks for {most} rollouts, but labels.rollouts is {rollouts}; "
                "raise it"
            )
        return self

    @property
    def middle(self) -> int:
        """The n of comparisons: 8, or the largest there is."""
        return 8 if 8 in self.eval.n else max(self.eval.n)

    def correction_of(self, completer: Completer) -> CorrectionConfig:
        """Settings of method `correct` for that completer's labels."""
        return self.corrections.get(completer, self.prm.correction)


def correction_file(path: Path) -> Path:
    """Where the correction settings that `tune` chose are: beside the experiment's file."""
    return path.with_name(f"{path.stem}-correction.yaml")


def read_experiment(path: Path) -> ExperimentConfig:
    """The file's settings, with the chosen correction settings if there are any.

    Raises:
        InputError: a file cannot be read or holds a wrong name or value, or the numbers do not
            fit each other.
    """
    values, chosen = _read(path), correction_file(path)
    if chosen.exists():
        values |= {"corrections": _read(chosen)}
    try:
        config = ExperimentConfig.model_validate(values)
    except ValidationError as error:
        raise InputError(f"{path}: {first_complaint(error)}") from error
    check_config(config)
    return config


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"cannot read {path}: {' '.join(str(error).split())}") from error
