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
from typing import Any, Literal

import torch
from torch import nn

from dreamcode.codec import encode
from dreamcode.errors import InputError, TooLongError
from dreamcode.files import write_whole
from dreamcode.rewards.calibration import fit_temperature
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.encoding import ChainEncoder
from dreamcode_training.batches import Data, Example, score_examples
from dreamcode_training.config import PrmStageConfig
from dreamcode_training.correction.label_table import LabelTable
from dreamcode_training.measure_log import Measures
from dreamcode_training.metrics import make_scored, summarise
from dreamcode_training.prm_model import Backbone, export, load_backbone
from dreamcode_training.processes import Processes
from dreamcode_training.progress import OnProgress, ignore
from dreamcode_training.records import (
    LabelledChain,
    ProblemRecord,
    Split,
    read_chains,
    read_problems,
    write_lines,
)
from dreamcode_training.train import CORRECTING, Trainer, train


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
    folder.mkdir(parents=True, exist_ok=True)
    problems = read_problems(labels / "problems.jsonl")
    chains = read_chains(labels / "labels.jsonl", problems)
    backbone = load_backbone(config, seed)
    kind: Literal["prm", "orm"] = "orm" if config.method == "orm" else "prm"
    prm = PrmConfig(kind, config.template, config.separator, aggregation=config.aggregation)
    encoder = backbone.encoder(prm, say)
    material = prepare(chains, problems, encoder, config.method, say)
    if config.validate_every and not material.examples["validation"]:
        raise InputError(
            f"{labels / 'labels.jsonl'} has no chain of a validation problem, by which "
            "prm.validate_every chooses; raise problems.validation or set it to null"
        )
    trainer = _start(backbone, material, config, seed)
    model = trainer.model

    def judge() -> tuple[float, Measures]:
        measures = validate(model, material, config.batch)
        return _criterion(measures, config.method), measures

    identity = _identity(config, seed, chains, trainer.processes.count)
    train(trainer, folder, identity, judge, on_progress)
    if trainer.processes.number > 0:
        return {}
    measures, prm = conclude(model, material, config, prm)
    prm = replace(prm, provenance=_provenance(config, seed, material, measures))
    dtype = torch.bfloat16 if config.store == "bf16" else torch.float32
    export(model, backbone.tokenizer, prm, folder / "model", dtype)
    write_lines(folder / "corrected.jsonl", describe_corrections(trainer, material, chains))
    write_whole(folder / "validation.json", json.dumps(measures, indent=2) + "\n")
    return measures


STATE = ("checkpoint.pt", "best.pt", "metrics.jsonl", "tensorboard", "model", "corrected.jsonl")
"""What of a training belongs to one set of inputs and must not meet another."""


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
    method: str,
    say: Callable[[str], None],
) -> Material:
    """All chains in tokens; those that do not fit are left out.

    Raises:
        InputError: a split that the method needs has no chain, or labels contradict each other.
    """
    table, rows = LabelTable.from_chains(chains)
    encoded = encode_chains(chains, rows, problems, encoder, say)
    examples: dict[Split, list[Example]] = {"train": [], "meta": [], "validation": [], "test": []}
    for chain, example in zip(chains, encoded, strict=True):
        if example is not None:
            examples[problems[chain.problem].split].append(example)
    needed: tuple[Split, ...] = ("train",)
    if method in ("joint", "reweight", "correct"):
        needed = ("train", "meta")
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


def validate(model: nn.Module, material: Material, batch: int) -> Measures:
    """How well it ranks and foretells validation: finished programs, and prefixes.

    See `dreamcode_training.metrics.summarise`.
    """
    examples = material.examples["validation"]
    logits = score_examples(model, examples, batch)
    table = material.table
    rows: dict[str, dict[str, list[tuple[float, float, float]]]] = {
        "finished": defaultdict(list),
        "prefixes": defaultdict(list),
    }
    seen: set[int] = set()
    for example, own in zip(examples, logits, strict=True):
        for row, logit in zip(example.rows, own, strict=True):
            if table.n[row] > 0 and row not in seen:
                seen.add(row)
                score = float(torch.tensor(logit).sigmoid())
                kind = "finished" if table.clean[row] else "prefixes"
                share = float(table.k[row] / table.n[row])
                rows[kind][table.prefixes[row].problem].append((score, share, 1.0))
    return {kind: summarise([*map(make_scored, own.values())]) for kind, own in rows.items()}


def conclude(
    model: nn.Module, material: Material, config: PrmStageConfig, prm: PrmConfig
) -> tuple[Measures, PrmConfig]:
    """Measures on validation, and the reward model's description with its calibration."""
    examples = [example.last() for example in material.examples["validation"]]
    measures = validate(model, material, config.batch)
    outcomes = [float(material.table.k[example.rows[0]]) for example in examples]
    if 0 < sum(outcomes) < len(outcomes):
        logits = [own[0] for own in score_examples(model, examples, config.batch)]
        temperature, bias = fit_temperature(logits, outcomes)
        prm = replace(prm, temperature=temperature, bias=bias)
    return measures, prm


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
            "visits": int(table.adam.visits[row]),
            "truth": truth.get((prefix.problem, prefix.text)),
        }


def _start(backbone: Backbone, material: Material, config: PrmStageConfig, seed: int) -> Trainer:
    """The trainer of the model on its device, alone or as one of several processes."""
    from accelerate import Accelerator

    accelerator = Accelerator()
    model = backbone.model.to(accelerator.device)
    wrapped = accelerator.prepare(model)
    processes = Processes(
        accelerator.process_index,
        accelerator.num_processes,
        None if wrapped is model else wrapped,
    )
    return Trainer(model, material.data, config, seed, processes)


def _criterion(validation: Measures, method: str) -> float:
    """Mean NLL of finished programs and of prefixes; of programs alone where labels are doubted.

    The prefixes of validation are labelled by the same completer whose labels a method corrects.
    """
    kinds = ["finished"] if method in CORRECTING else ["finished", "prefixes"]
    losses = [validation[kind]["nll"] for kind in kinds if "nll" in validation[kind]]
    return float(sum(losses) / len(losses)) if losses else math.inf  # it has diverged


def _identity(
    config: PrmStageConfig, seed: int, chains: Sequence[LabelledChain], processes: int
) -> str:
    """What a checkpoint must agree with: all settings but those of saving, labels, processes."""
    settings = config.model_dump(mode="json", exclude={"save_every", "store"})
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
