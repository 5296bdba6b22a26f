"""experiment.yaml and primary.yaml: everything that determines the experiment."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from dreamcode.codec import first_complaint
from dreamcode.errors import InputError
from dreamcode_training.config import CorrectionConfig, PrmStageConfig, RunConfig, Section
from dreamcode_training.pipeline import check_config
from experiments.pretraining.pretrain import Settings

CompleterName = Literal["middle", "writer"]
SHIPPED = Path(__file__).with_name("experiment.yaml")
PRIMARY = Path(__file__).with_name("primary.yaml")


class BaseConfig(Section):
    """What every training starts from: it knows outcomes of every prefix of other problems."""

    problems: int = Field(8000, ge=1, description="with one judged program each")
    epochs: float = Field(2.0, gt=0, description="how often these programs are seen")
    learning_rate: float = Field(1e-3, gt=0, description="at its peak")


class ArmConfig(Section):
    """A way to learn."""

    prm: dict[str, Any] = Field({}, description="changes to prm")
    completer: CompleterName = Field("middle", description="whose rollouts are counted")
    counts: bool = Field(True, description="whether rollouts, and so K, matter to it")
    k: list[int] | None = Field(None, description="rollouts per prefix; null: as for all")
    cut: bool = Field(False, description="chains are cut off before their end: no own verdict")


class TuningConfig(Section):
    """Correction settings that compete on validation problems."""

    k: int = Field(4, ge=1)
    settings: dict[str, dict[str, Any]] = Field({}, description="changes to them, by name")


class ExperimentConfig(RunConfig):
    """A run's settings, of which the experiment varies some, and its own."""

    sets: int = Field(2, ge=1, description="train sets, each with meta problems of its own")
    network: Settings = Settings()
    base: BaseConfig = BaseConfig()
    k: list[int] = Field([4, 16], min_length=1, description="rollouts per prefix")
    writer_rollouts: int = Field(
        16, ge=1, description="of the writer, per prefix: labels of its arm, and the truth"
    )
    seeds: int = Field(5, ge=1, description="trainings per arm, K and set")
    faults: int = Field(500, ge=0, description="test problems whose faulty functions are known")
    arms: dict[str, ArmConfig] = Field({}, description="ways to learn, by name")
    tuning: TuningConfig = TuningConfig()

    @model_validator(mode="after")
    def _rollouts_suffice(self) -> "ExperimentConfig":
        names: dict[CompleterName, str] = {
            "middle": "labels.rollouts",
            "writer": "writer_rollouts",
        }
        for completer, name in names.items():
            most, there = max(self.every_k(completer), default=0), self.rollouts_of(completer)
            if most > there:
                raise ValueError(
                    f"k, tuning.k or an arm asks for {most} rollouts of {completer}, but {name} "
                    f"is {there}; raise it"
                )
        return self

    def rollouts_of(self, completer: CompleterName) -> int:
        """How many rollouts of each prefix it makes."""
        return self.writer_rollouts if completer == "writer" else self.labels.rollouts

    def every_k(self, completer: CompleterName) -> list[int]:
        """Every K of its labels that any training asks for."""
        own = {
            k for arm in self.arms.values() if arm.completer == completer for k in self.k_of(arm)
        }
        return sorted(own if completer == "writer" else {*own, *self.k, self.tuning.k})

    def k_of(self, arm: ArmConfig) -> list[int]:
        """Every K of an arm; where no rollout counts, one that stands for all."""
        own = arm.k or self.k
        return own if arm.counts else own[:1]

    def settings_of(self, arm: ArmConfig) -> PrmStageConfig:
        """The arm's `prm`; where nothing is corrected the choice of `tune` changes nothing."""
        plain = self.prm.model_dump()
        if arm.prm.get("method", plain["method"]) != "correct":
            return PrmStageConfig.model_validate(plain | arm.prm | {"correction": {}})
        correction = plain["correction"] | arm.prm.get("correction", {})
        return PrmStageConfig.model_validate(plain | arm.prm | {"correction": correction})


class Primary(Section):
    """primary.yaml."""

    measures: dict[str, str]
    claims: dict[str, list[str]]
    plain: dict[str, list[str]]


def read_primary() -> Primary:
    """What the experiment is judged by."""
    return Primary.model_validate(yaml.safe_load(PRIMARY.read_text("utf-8")))


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
    try:
        config = ExperimentConfig.model_validate(values)
        if chosen.exists():
            plain = config.prm.correction.model_dump() | _read(chosen)
            prm = config.prm.model_copy(
                update={"correction": CorrectionConfig.model_validate(plain)}
            )
            config = config.model_copy(update={"prm": prm})
    except ValidationError as error:
        raise InputError(f"{path}: {first_complaint(error)}") from error
    check_config(config)
    return config


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"cannot read {path}: {' '.join(str(error).split())}") from error
