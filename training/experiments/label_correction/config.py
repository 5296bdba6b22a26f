"""experiment.yaml: everything that determines the experiment."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from dreamcode.codec import first_complaint
from dreamcode.errors import InputError
from dreamcode_training.config import (
    ChainsConfig,
    CorrectionConfig,
    LabelsConfig,
    Method,
    PrmStageConfig,
    ProblemsConfig,
    Section,
)

Completer = Literal["same", "weak"]


class WeakConfig(Section):
    """The weaker completer: the embedded policy's network, trained for less long."""

    steps: int = Field(1200, ge=1)
    seed: int = Field(1, ge=0)


class NetworkConfig(Section):
    """A small backbone, trained as the embedded policy was: cheap enough for many trainings."""

    seed: int = Field(0, ge=0)
    steps: int = Field(6536, ge=1)
    width: int = Field(96, ge=1)
    layers: int = Field(3, ge=1)
    heads: int = Field(4, ge=1)
    inner: int = Field(256, ge=1)


class BaseConfig(Section):
    """What every training starts from: an outcome is cheap to get, labels of prefixes are dear.

    Stands for what a large code model knows of right and wrong before it sees a label.
    """

    network: NetworkConfig | None = Field(None, description="null: that of prm.base")
    problems: int = Field(
        ge=1, description="problems with one judged program each, which no split has"
    )
    epochs: float = Field(1.0, gt=0, description="how often these programs are seen")
    learning_rate: float = Field(1e-3, gt=0, description="at its peak")


class PoolsConfig(Section):
    """What is written and measured beside labels."""

    validation_chains: int = Field(
        2, ge=1, description="programs a validation problem that calibrate"
    )
    inputs: int = Field(8, ge=1, description="extra inputs by whose outputs programs are grouped")
    reference_prefixes: int = Field(150, ge=1, description="of distinct test problems")
    reference_rollouts: int = Field(64, ge=1, description="of the strong policy, a prefix")


class GridConfig(Section):
    """Which reward models are trained: all combinations."""

    completers: list[Completer] = Field(["same", "weak"], min_length=1)
    k: list[int] = Field([2, 4, 16], min_length=1)
    methods: list[Method] = Field(["mc", "reweight", "joint", "correct"])
    orm: bool = True
    seeds: int = Field(5, ge=1)


class SearchesConfig(Section):
    """Beam searches against best-of-n at equal tokens."""

    reward: str = Field(
        "embedded", description="who leads them: the one that ships, or a training by name"
    )
    problems: int = Field(100, ge=1, description="the first test problems")
    n: list[int] = Field([8, 16], min_length=1)
    width: int | None = Field(None, ge=1, description="null: half of n, as `solve` has it")
    pool: int = Field(24, ge=1, description="candidates that best-of-n may take at equal tokens")


class TuningConfig(Section):
    """Correction settings that compete on validation problems."""

    completers: list[Completer] = Field(["same", "weak"], description="each chooses for itself")
    k: int = Field(4, ge=1)
    seed: int = Field(0, ge=0)
    settings: dict[str, dict[str, Any]] = Field({}, description="changes to the defaults, by name")


class ReportConfig(Section):
    """How the report measures."""

    n: list[int] = Field([2, 4, 8, 16], min_length=1)
    resamples: int = Field(10_000, ge=100)
    metric_resamples: int = Field(1000, ge=100, description="of AUROC and the like")


class ExperimentConfig(Section):
    """The whole experiment."""

    seed: int = Field(0, ge=0)
    sandbox: Literal["auto", "docker", "local"] = "auto"
    workers: int | None = Field(None, ge=1)
    weak: WeakConfig = WeakConfig()
    base: BaseConfig | None = Field(None, description="null: trainings start from prm.base")
    problems: ProblemsConfig = ProblemsConfig()
    chains: ChainsConfig = ChainsConfig()
    labels: LabelsConfig = LabelsConfig(rollouts=16, validation=False)
    pools: PoolsConfig = PoolsConfig()
    grid: GridConfig = GridConfig()
    prm: PrmStageConfig = PrmStageConfig()
    correction_file: str | None = Field(
        None,
        description="YAML beside this file that `tune` writes: correction settings by completer",
    )
    corrections: dict[Completer, CorrectionConfig] = Field(
        {}, description="of that file, for method correct; prm.correction where it names none"
    )
    keep_seeds: list[int] = Field([0], description="seeds whose models are kept")
    searches: SearchesConfig = SearchesConfig()
    tuning: TuningConfig = TuningConfig()
    report: ReportConfig = ReportConfig()

    def correction_of(self, completer: Completer) -> CorrectionConfig:
        """Settings of method `correct` for that completer's labels."""
        return self.corrections.get(completer, self.prm.correction)


def read_experiment(path: Path) -> ExperimentConfig:
    """The file's settings, with the correction settings of the file that it names.

    Raises:
        InputError: a file cannot be read or holds a wrong name or value, or the numbers do not
            fit each other.
    """
    try:
        config = ExperimentConfig.model_validate(_read(path))
        if config.correction_file:
            config = with_corrections(config, _read(path.parent / config.correction_file))
    except ValidationError as error:
        raise InputError(f"{path}: {first_complaint(error)}") from error
    most = max(config.report.n)
    if most > config.chains.candidates:
        raise InputError(
            f"{path}: report.n asks for best of {most}, but chains.candidates is "
            f"{config.chains.candidates}; raise it"
        )
    if max(config.grid.k) > config.labels.rollouts:
        raise InputError(
            f"{path}: grid.k asks for {max(config.grid.k)} rollouts, but labels.rollouts is "
            f"{config.labels.rollouts}; raise it"
        )
    return config


def with_corrections(config: ExperimentConfig, chosen: dict[str, Any]) -> ExperimentConfig:
    """The same experiment with these correction settings, by completer.

    Raises:
        ValidationError: a completer, a name or a value is wrong.
    """
    return ExperimentConfig.model_validate(config.model_dump() | {"corrections": chosen})


def shrink(config: ExperimentConfig) -> ExperimentConfig:
    """The same experiment so small that all of it runs in a minute or two."""
    few = {"temperature": 0.8, "max_step_tokens": 300}
    names = list(config.tuning.settings)[:2]
    correction = config.prm.correction.model_copy(update={"every": 1, "warmup": 0.0})
    return config.model_copy(
        update={
            "weak": WeakConfig(steps=2, seed=config.weak.seed),
            "base": BaseConfig(
                network=NetworkConfig(steps=2, width=32, layers=1, heads=2, inner=64), problems=4
            ),
            "problems": ProblemsConfig(train=4, meta=4, validation=4, test=8),
            "chains": config.chains.model_copy(update=few | {"validation": 2, "candidates": 4}),
            "labels": config.labels.model_copy(update=few | {"rollouts": 2}),
            "pools": PoolsConfig(
                validation_chains=1,
                inputs=3,
                reference_prefixes=5,
                reference_rollouts=4,
            ),
            "grid": config.grid.model_copy(update={"k": [1, 2], "seeds": 1}),
            "prm": config.prm.model_copy(
                update={"epochs": 2.0, "batch": 2, "save_every": 2, "correction": correction}
            ),
            "searches": SearchesConfig(
                reward="same-k2-joint-s0", problems=2, n=[4], width=2, pool=6
            ),
            "tuning": config.tuning.model_copy(
                update={"k": 2, "settings": {name: config.tuning.settings[name] for name in names}}
            ),
            "report": ReportConfig(n=[2, 4], resamples=200, metric_resamples=100),
        }
    )


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
