"""Stage `prm`: from labelled chains to a reward model's checkpoint.

In the stage's folder: `checkpoint.pt` to resume from, `metrics.jsonl` (one line per step) and
TensorBoard's files, `corrected.jsonl` (what became of every label), `model/` (the result).
"""

import hashlib
import json
import math
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dreamcode.codec import encode
from dreamcode.errors import InputError, TooLongError
from dreamcode.files import write_whole
from dreamcode.rewards.calibration import fit_temperature
from dreamcode.rewards.checkpoint import Calibration, PrmConfig
from dreamcode.rewards.encoding import ChainEncoder
from dreamcode_training.batches import Data, Example, score_examples
from dreamcode_training.config import CHANGE_NOTHING, NEED_META, PrmStageConfig
from dreamcode_training.correction.label_table import LabelTable
from dreamcode_training.evidence import weigh_outcomes
from dreamcode_training.launch import check_launch
from dreamcode_training.measure_log import Measures
from dreamcode_training.metrics import make_scored, summarise
from dreamcode_training.prm_model import Backbone, export, export_adapters, load_backbone
from dreamcode_training.processes import Processes, join_processes
from dreamcode_training.progress import OnProgress, ignore
from dreamcode_training.records import (
    LabelledChain,
    ProblemRecord,
    Split,
    read_chains,
    read_problems,
    write_lines,
)
from dreamcode_training.train import Trainer, train


@dataclass(frozen=True, slots=True)
class Material:
    """The chains of all splits in tokens, and the table of their labels."""

    examples: dict[Split, list[Example]]
    table: LabelTable

    @property
    def data(self) -> Data:
        """What training may see."""
        return Data(self.examples["train"], self.examples["meta"], self.table)


def run_prm(
    folder: Path,
    labels: Path,
    config: PrmStageConfig,
    seed: int,
    on_progress: OnProgress = ignore,
    say: Callable[[str], None] = lambda _: None,
) -> Measures:
    """Trains, validates, calibrates and writes the reward model into `folder`/model.

    A run that was stopped goes on from its last checkpoint, on a CPU bit for bit. Started by
    `accelerate launch`, several processes share every step; their process group is the
    caller's to end.

    Args:
        folder: the stage's folder; made if missing.
        labels: folder of problems.jsonl and labels.jsonl.
        config: how to train.
        seed: seed of the head and of the order of examples.
        on_progress: told after every step.
        say: told of statements that are shortened and chains that are left out, since the
            base's window is too short for them.

    Returns:
        Measures on the validation split: see `validate`.

    Raises:
        InputError: labels, base or settings cannot be used; says which and why.
    """
    check_launch()
    folder.mkdir(parents=True, exist_ok=True)
    problems = read_problems(labels / "problems.jsonl")
    chains = read_chains(labels / "labels.jsonl", problems)
    backbone = load_backbone(config, seed)
    prm = read_as(config)
    encoder = backbone.encoder(prm, say)
    material = prepare(chains, problems, encoder, config, say)
    if config.validate_every and not material.examples["validation"]:
        raise InputError(
            f"{labels / 'labels.jsonl'} has no chain of a validation problem, by which "
            "prm.validate_every chooses; raise problems.validation or set it to null"
        )
    trainer = _start(backbone, material, config, seed)
    model = trainer.model

    def judge() -> tuple[float, Measures]:
        measures, _ = validate(model, material, config.batch)
        return _criterion(measures), measures

    identity = _identity(config, seed, chains, trainer.processes.count)
    train(trainer, folder, identity, judge, on_progress)
    if trainer.processes.number > 0:
        return {}
    measures, prm = conclude(model, material, config, prm)
    prm = replace(prm, provenance=_provenance(config, seed, material, measures))
    dtype = torch.bfloat16 if config.store == "bf16" else torch.float32
    if config.lora is None or config.lora.merge:
        export(model, backbone.tokenizer, prm, folder / "model", dtype)
    else:
        export_adapters(model, backbone.tokenizer, prm, folder / "model", dtype, config.base)
    write_lines(folder / "corrected.jsonl", describe_corrections(trainer, material, chains))
    write_whole(folder / "validation.json", json.dumps(measures, indent=2) + "\n")
    return measures


STATE = ("checkpoint.pt", "best.pt", "metrics.jsonl", "tensorboard", "model", "corrected.jsonl")
"""What of a training belongs to one set of inputs and must not meet another."""


def read_as(config: PrmStageConfig) -> PrmConfig:
    """How the reward model of these settings reads chains."""
    return PrmConfig(
        "orm" if config.method == "orm" else "prm",
        config.template,
        config.separator,
        aggregation=config.aggregation,
        window=config.window,
    )


def clear_training(folder: Path, keep: Sequence[str] = ()) -> None:
    """Removes the state of a training from its folder, all but what `keep` names."""
    for name in STATE:
        path = folder / name
        if name in keep:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def begin_training(folder: Path, identity: str) -> bool:
    """Clears away the training of another identity; says whether there was none of this one."""
    begun = folder / "identity"
    if begun.exists() and begun.read_text("utf-8") == identity:
        return False
    clear_training(folder)
    write_whole(begun, identity)
    return True


def prepare(
    chains: Sequence[LabelledChain],
    problems: dict[str, ProblemRecord],
    encoder: ChainEncoder,
    config: PrmStageConfig,
    say: Callable[[str], None],
) -> Material:
    """All chains in tokens, with the labels that the method learns; those too long are left out.

    Raises:
        InputError: a split that the method needs has no chain, or labels contradict each other.
    """
    method = config.method
    chains = _label(chains, problems, config)
    table, rows = LabelTable.from_chains(chains, config.finished_weight)
    encoded = encode_chains(chains, rows, problems, encoder, say)
    examples: dict[Split, list[Example]] = {"train": [], "meta": [], "validation": [], "test": []}
    for chain, example in zip(chains, encoded, strict=True):
        if example is not None:
            examples[problems[chain.problem].split].append(example)
    needed: tuple[Split, ...] = ("train", "meta") if method in NEED_META else ("train",)
    if method == "orm":
        examples["validation"] = [example.last() for example in examples["validation"]]
    for split in needed:
        if not examples[split]:
            raise InputError(
                f"labels.jsonl has no chain of a {split} problem, which method {method} needs; "
                f"raise problems.{split}"
            )
    return Material(examples, table)


def encode_chains(
    chains: Sequence[LabelledChain],
    rows: Sequence[tuple[int, ...]],
    problems: dict[str, ProblemRecord],
    encoder: ChainEncoder,
    say: Callable[[str], None],
) -> list[Example | None]:
    """An example per chain; every prefix is scored. None for a chain longer than the window."""
    examples: list[Example | None] = []
    complaints = []
    for chain, own in zip(chains, rows, strict=True):
        try:
            encoded = encoder.encode(problems[chain.problem].problem, chain.steps)
        except TooLongError as error:
            complaints.append(str(error))
            examples.append(None)
        else:
            examples.append(Example(encoded.ids, encoded.ends, own))
    if complaints:
        say(f"{len(complaints)} of {len(chains)} chains are left out; the first: {complaints[0]}")
    return examples


def _label(
    chains: Sequence[LabelledChain], problems: dict[str, ProblemRecord], config: PrmStageConfig
) -> list[LabelledChain]:
    """The chains; those that are learned with the chains' own verdicts among their labels."""
    learned: set[Split] = {"train"}
    if config.method == "joint" or config.cross_fits:
        learned.add("meta")
    weight = "alone" if config.method == "outcome" else config.outcome_weight
    if weight == 0:
        return list(chains)
    mine = [chain for chain in chains if problems[chain.problem].split in learned]
    others = [chain for chain in chains if problems[chain.problem].split not in learned]
    return [*weigh_outcomes(mine, weight), *others]


def validate(
    model: nn.Module, material: Material, batch: int
) -> tuple[Measures, dict[str, Calibration]]:
    """How well it ranks and foretells validation, calibrated there; and that calibration.

    Of three kinds: `finished` programs and `unfinished` prefixes, both against their chain's own
    outcome, and `measured` prefixes against the share of their rollouts that passed, where there
    are any. See `dreamcode_training.metrics.summarise`.
    """
    examples, table = material.examples["validation"], material.table
    found: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    measured: dict[int, tuple[str, float, float]] = {}
    for example, own in zip(examples, score_examples(model, examples, batch), strict=True):
        outcome = float(table.k[example.rows[-1]])
        for row, logit in zip(example.rows, own, strict=True):
            problem = table.prefixes[row].problem
            kind = "finished" if table.clean[row] else "unfinished"
            found[kind].append((problem, logit, outcome))
            if kind == "unfinished" and table.n[row] > 0:
                measured[row] = (problem, logit, float(table.k[row] / table.n[row]))
    fitted = {}
    for kind, rows in found.items():
        outcomes = [outcome for _, _, outcome in rows]
        if 0 < sum(outcomes) < len(outcomes):
            fitted[kind] = Calibration(*fit_temperature([logit for _, logit, _ in rows], outcomes))
    if measured:
        found["measured"] = [*measured.values()]
    measures: Measures = {}
    for kind, rows in found.items():
        of_kind = "finished" if kind == "finished" else "unfinished"
        calibration = fitted.get(of_kind, Calibration())
        scored: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        for problem, logit, share in rows:
            scored[problem].append((calibration.chance(logit), share, 1.0))
        measures[kind] = summarise([*map(make_scored, scored.values())])
    return measures, fitted


def conclude(
    model: nn.Module, material: Material, config: PrmStageConfig, prm: PrmConfig
) -> tuple[Measures, PrmConfig]:
    """Measures on validation, and the reward model's description with its calibrations."""
    measures, fitted = validate(model, material, config.batch)
    if (programs := fitted.get("finished")) is not None:
        prm = replace(prm, temperature=programs.temperature, bias=programs.bias)
    return measures, replace(prm, unfinished=fitted.get("unfinished"))


def describe_corrections(
    trainer: Trainer, material: Material, chains: Sequence[LabelledChain]
) -> Iterable[dict[str, Any]]:
    """What became of every label of train that could move: from where, to where, the truth."""
    truth = {
        (chain.problem, "".join(chain.steps[:step])): value
        for chain in chains
        if chain.truth is not None
        for step, value in enumerate(chain.truth, start=1)
    }
    table = trainer.table
    moves = trainer.weights.adam if trainer.config.method == "reweight" else table.adam
    rows = torch.tensor(sorted({row for one in material.examples["train"] for row in one.rows}))
    for row in rows[table.correctable(rows)].tolist():
        prefix = table.prefixes[row]
        yield {
            "problem": prefix.problem,
            "prefix": prefix.text,
            "k": float(table.k[row]),
            "n": float(table.n[row]),
            "counted": float(table.counted[row]),
            "label": float(table.labels(torch.tensor([row]))[0]),
            "weight": float(trainer.weights.log_weight[row].exp()),
            "visits": int(moves.visits[row]),
            "truth": truth.get((prefix.problem, prefix.text)),
        }


def _start(backbone: Backbone, material: Material, config: PrmStageConfig, seed: int) -> Trainer:
    """The trainer of the model on its device, alone or as one of several processes."""
    state = join_processes()
    model = backbone.model.to(state.device)
    processes = Processes.of(state, model)
    return Trainer(model, material.data, config, seed, processes)


def _criterion(validation: Measures) -> float:
    """Mean NLL of finished programs and of prefixes, both against clean outcomes.

    Not against rollouts: those of validation are the completer's whose labels are in doubt.
    """
    kinds = [validation[kind] for kind in ("finished", "unfinished") if kind in validation]
    losses = [kind["nll"] for kind in kinds if "nll" in kind]
    return float(sum(losses) / len(losses)) if losses else math.inf  # it has diverged


def _identity(
    config: PrmStageConfig, seed: int, chains: Sequence[LabelledChain], processes: int
) -> str:
    """What a checkpoint must agree with: labels, processes, the settings that change results."""
    settings = config.model_dump(mode="json", exclude={*CHANGE_NOTHING, "store"})
    labels = [encode(chain) for chain in chains]
    text = json.dumps([settings, seed, labels, processes], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _provenance(
    config: PrmStageConfig, seed: int, material: Material, measures: Measures
) -> dict[str, Any]:
    return {
        "settings": config.model_dump(mode="json"),
        "seed": seed,
        "chains": {split: len(examples) for split, examples in material.examples.items()},
        "validation": measures,
    }
