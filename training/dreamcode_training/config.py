"""run.yaml: everything that determines a training run, one section per stage."""

from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dreamcode.codec import first_complaint
from dreamcode.errors import InputError
from dreamcode.files import read_text
from dreamcode.miniature.worlds import MINIATURE, WORLDS, World
from dreamcode.rewards.aggregation import Aggregation

Method = Literal["orm", "mc", "outcome", "joint", "reweight", "correct"]

NEED_META = ("joint", "reweight", "correct")
"""Methods that learn from chains of meta, or let them judge."""
CORRECTING = ("reweight", "correct")
"""Methods in which chains of meta judge."""


class Section(BaseModel):
    """A part of run.yaml; a name it does not know is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProblemsConfig(Section):
    """Which problems, and which split owns each."""

    data: str | list[str] = Field(
        MINIATURE.name,
        description="a world, or several in equal shares; a data set of `dreamcode bench`; or a "
        "file or folder of LiveCodeBench rows",
    )
    path: str | None = Field(
        None, description="file or folder of the data set; null: what it has itself"
    )
    release: str | None = Field(None, description="which one of LiveCodeBench; null: the newest")
    before: date | None = Field(None, description="only contests before this day")
    split_by: Literal["hash", "date"] = Field(
        "hash",
        description="hash: dealt out by id and seed; date: the newest are test, those before "
        "them validation, then meta, then train",
    )
    train: int = Field(1000, ge=1, description="problems whose prefixes get labels")
    meta: int = Field(200, ge=0, description="problems whose clean outcomes correct labels")
    validation: int = Field(100, ge=0, description="problems that decide every choice")
    test: int = Field(200, ge=0, description="problems that are measured once")

    @property
    def counts(self) -> dict[str, int]:
        """Problems per split."""
        return {name: getattr(self, name) for name in ("train", "meta", "validation", "test")}

    @property
    def worlds(self) -> list[World]:
        """The worlds that generate the problems; none where these are read."""
        names = [self.data] if isinstance(self.data, str) else self.data
        return [WORLDS[name] for name in names if name in WORLDS]

    @model_validator(mode="after")
    def _worlds_stand_alone(self) -> "ProblemsConfig":
        listed = self.data if isinstance(self.data, list) else [MINIATURE.name]
        if not listed or len(set(listed) & WORLDS.keys()) < len(listed):
            raise ValueError(
                f"data: {self.data}: a list names worlds, each once ({', '.join(WORLDS)}); "
                "every other data set stands alone, without brackets"
            )
        asked = self.path, self.release, self.before
        if self.worlds and (any(value is not None for value in asked) or self.split_by != "hash"):
            raise ValueError(
                f"data: {self.data} generates problems without dates, with splits of their own; "
                "leave path, release, before and split_by out"
            )
        return self


class SamplingConfig(Section):
    """Who writes, and how."""

    policy: str = Field("embedded", description="as for solve --model")
    base_url: str | tuple[str, ...] | None = Field(
        None,
        description="server of an openai/ policy, or several with the same model; null: as set "
        "for solve",
    )
    temperature: float = Field(0.8, ge=0, le=5, description="sampling temperature; 0 is greedy")
    top_p: float = Field(1.0, gt=0, le=1, description="nucleus mass")
    max_step_tokens: int = Field(
        1024, ge=1, description="most tokens of all that is written for one sample"
    )
    max_steps: int = Field(24, ge=1, description="most functions in a program")


class ChainsConfig(SamplingConfig):
    """Stage `chains`: programs for every problem, judged."""

    per_problem: int = Field(8, ge=1, description="programs per problem of train and meta")
    validation: int | None = Field(
        None, ge=1, description="programs per validation problem; null: as per_problem"
    )
    candidates: int = Field(16, ge=1, description="programs per problem of test")

    def programs(self, split: str) -> int:
        """Programs per problem of the split."""
        if split == "test":
            return self.candidates
        return self.validation or self.per_problem if split == "validation" else self.per_problem


class LabelsConfig(SamplingConfig):
    """Stage `labels`: rollouts from every prefix. Its policy is the completer."""

    rollouts: int = Field(
        4, ge=0, description="completions per prefix (K); 0 where verdicts alone are learned"
    )
    search: Literal["all", "binary"] = Field(
        "all", description="measure every prefix, or look for the first bad step by halving"
    )
    share: bool = Field(
        False, description="count chains and rollouts of longer prefixes as evidence too"
    )
    correlation: float = Field(
        0.5, ge=0, le=1, description="correlation of outcomes behind one next step, for sharing"
    )
    validation: bool = Field(True, description="measure prefixes of validation problems too")


class LoraConfig(Section):
    """Low-rank adapters instead of full fine-tuning."""

    rank: int = Field(8, ge=1, description="rank of the adapters (r)")
    alpha: float = Field(16, gt=0, description="scale: an adapter counts alpha / rank")
    dropout: float = Field(0.0, ge=0, lt=1, description="dropout in front of the adapters")
    targets: list[str] | Literal["all-linear"] = Field(
        "all-linear", description="names of the layers that get one"
    )
    frozen: Literal["fp32", "bf16"] = Field(
        "fp32", description="of which numbers the base's weights are; bf16 halves them"
    )
    merge: bool = Field(
        True, description="false: adapters and head are saved alone, a few MB beside the base"
    )


class CorrectionConfig(Section):
    """How labels are corrected (methods `correct` and `reweight`)."""

    visits: float = Field(10.0, gt=0, description="how often each label is to be moved")
    reach: float = Field(
        2.0, ge=0, description="how far all visits together take a label's logit (or log-weight)"
    )
    reach_common: float = Field(
        1.0, ge=0, description="how far all corrections together take what all labels share"
    )
    warmup: float = Field(0.3, ge=0, lt=1, description="share of training before the first")
    meta_batch: int = Field(32, ge=1, description="finished chains per correction")
    folds: Literal[1, 2] = Field(
        1,
        description="2: half of meta is learned as joint does while the other half corrects, "
        "and at half time they change places",
    )
    upper: Literal["last", "mean-log-odds"] = Field(
        "last", description="which number per meta program is to become right"
    )
    anchor: float = Field(1.0, ge=0, description="lambda: pull back to the counts")
    max_shift: float = Field(4.0, gt=0, description="most that a logit leaves its anchor")
    bound: float = Field(6.0, gt=0, description="largest magnitude of a label's logit")
    mode: Literal["jvp", "fd"] = Field("jvp", description="forward mode, or finite differences")
    placebo: bool = Field(
        False, description="for experiments: each step's hypergradients change places at random"
    )


CHANGE_NOTHING = ("save_every", "gradient_checkpointing")
"""Settings of stage `prm` that leave its results as they are."""


class PrmStageConfig(Section):
    """Stage `prm`: training the reward model."""

    base: str = Field("embedded", description="embedded, or a folder or hub id of a model")
    template: Literal["bare", "chat"] = Field(
        "bare", description="how the problem is put: plain text, or the base's chat template"
    )
    separator: str = Field("", description="text behind every step, on which it is scored")
    window: int | None = Field(
        None,
        ge=1,
        description="most tokens of a chain, its problem included; the middle of a longer "
        "statement is left out. null: what the base reads",
    )
    aggregation: Aggregation = Field("last", description="how the steps' rewards become one number")
    method: Method = Field("joint", description="see Methods")
    outcome_weight: float | Literal["alone"] = Field(
        0.0,
        description="w: a chain's own verdict counts as w rollouts of its prefixes; alone: "
        "nothing else counts",
    )
    finished_weight: float = Field(
        1.0, gt=0, description="weight of finished programs; that of other prefixes is 1"
    )
    loss: Literal["bce", "mse"] = Field(
        "bce", description="cross-entropy, or squared error of the chance"
    )
    smoothing: float = Field(
        0.0, ge=0, lt=1, description="s: label y is learned as (1 - s) y + s / 2"
    )
    epochs: float = Field(
        4.0,
        gt=0,
        description="passes over train that set the number of steps; joint and orm spend these "
        "on meta too",
    )
    batch: int = Field(16, ge=1, description="chains per micro-batch")
    accumulation: int = Field(
        1, ge=1, description="micro-batches per optimiser step, of all processes together"
    )
    learning_rate: float = Field(5e-4, gt=0, description="at its peak")
    warmup: float = Field(0.05, ge=0, le=1, description="share of steps with rising rate")
    weight_decay: float = Field(0.01, ge=0, description="weight decay of the optimiser")
    max_norm: float | None = Field(1.0, gt=0, description="gradient clipping")
    optimizer: Literal["sgd", "adam", "adamw"] = Field("adamw", description="who takes the steps")
    precision: Literal["fp32", "bf16"] = Field(
        "fp32", description="bf16: forward passes in bfloat16, weights in fp32 all the same"
    )
    attention: str | None = Field(None, description="attention implementation; null chooses one")
    gradient_checkpointing: bool = Field(
        False, description="compute activations twice instead of keeping them"
    )
    lora: LoraConfig | None = Field(None, description="null: every weight is trained")
    correction: CorrectionConfig = Field(
        CorrectionConfig(), description="settings of methods correct and reweight"
    )
    save_every: int = Field(100, ge=1, description="optimiser steps between checkpoints")
    validate_every: int | None = Field(
        None, ge=1, description="steps between validations; the best is kept. null: the last is"
    )
    store: Literal["fp32", "bf16"] = Field("fp32", description="precision of the saved weights")

    @property
    def cross_fits(self) -> bool:
        """Whether the halves of meta take turns at being learned and at judging."""
        return self.method == "correct" and self.correction.folds == 2

    @model_validator(mode="after")
    def _precision_suits_the_base(self) -> "PrmStageConfig":
        if self.lora and self.lora.frozen == "bf16" and self.precision != "bf16":
            raise ValueError(
                "lora.frozen: bf16 keeps weights that only bf16 can compute with; set precision: "
                "bf16, or lora.frozen: fp32"
            )
        return self


class EvalConfig(Section):
    """Stage `eval`: what the reward model is worth on problems it has never seen."""

    n: list[int] = Field([2, 4, 8, 16], description="best-of-n for these n")
    resamples: int = Field(10_000, ge=100, description="draws of the bootstrap over problems")
    faults: int = Field(
        100,
        ge=0,
        description="test problems of a miniature world whose failed programs are searched for "
        "their first faulty function",
    )


class RunConfig(Section):
    """A whole run."""

    seed: int = Field(0, ge=0, description="seed of everything random")
    sandbox: Literal["auto", "docker", "local"] = Field(
        "auto", description="where programs run, as for solve"
    )
    python: str = Field("auto", description="the Python that programs run on, as for solve")
    workers: int | None = Field(None, ge=1, description="programs run at once; null: cores")
    problems: ProblemsConfig = ProblemsConfig()
    chains: ChainsConfig = ChainsConfig()
    labels: LabelsConfig = LabelsConfig()
    prm: PrmStageConfig = PrmStageConfig()
    eval: EvalConfig = EvalConfig()

    @model_validator(mode="after")
    def _methods_have_their_data(self) -> "RunConfig":
        prm = self.prm
        if prm.method in NEED_META and not self.problems.meta:
            raise ValueError(f"method {prm.method} needs problems.meta > 0")
        needs = prm.method not in ("orm", "outcome") and prm.outcome_weight == 0
        if needs and not self.labels.rollouts:
            raise ValueError(
                f"method {prm.method} learns from rollouts, but labels.rollouts is 0; raise it, or "
                "let verdicts count (prm.outcome_weight, method outcome)"
            )
        return self


def read_run_config(path: Path) -> RunConfig:
    """The file's settings; what it leaves out has its default.

    Raises:
        InputError: the file cannot be read, is no YAML, or holds a wrong name or value.
    """
    try:
        remedy = "name a YAML file, or a configuration that ships (dreamcode train --list)"
        data = yaml.safe_load(read_text(path, remedy=remedy))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    try:
        return RunConfig.model_validate(data or {})
    except ValidationError as error:
        raise InputError(f"{path}: {first_complaint(error)}") from error
