"""Labelled chains of the miniature world and small models to train on them."""

from pathlib import Path
from random import Random
from typing import Any

import torch

from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode.miniature.splits import Split
from dreamcode_training.config import CorrectionConfig, PrmStageConfig
from dreamcode_training.records import Count, LabelledChain, ProblemRecord, write_lines
from experiments.pretraining.programs import write_program
from tests.rewards.checkpoints import save, tiny_model

SPLITS = {Split.TRAIN: 6, Split.META: 3, Split.VALIDATION: 2}


def write_labels(folder: Path, rollouts: int = 4) -> Path:
    """A folder with problems.jsonl and labels.jsonl: two chains for each of 11 problems."""
    random = Random(0)
    problems, chains = [], []
    for split, count in SPLITS.items():
        for index in range(count):
            problem = generate_exam(split, index).problem
            problems.append(ProblemRecord(split.value, problem))
            measured: dict[str, Count] = {}
            for sample in range(2):
                written = write_program(generate_task(split, index), random)
                counts = [
                    measured.setdefault(
                        "".join(written.steps[:step]),
                        Count(float(random.randint(0, rollouts)), float(rollouts)),
                    )
                    for step in range(1, len(written.steps))
                ]
                passed = not written.mistakes
                chains.append(
                    LabelledChain(problem.id, sample, written.steps, passed, tuple(counts))
                )
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "problems.jsonl", problems)
    write_lines(folder / "labels.jsonl", chains)
    return folder


def write_base(folder: Path) -> Path:
    """A checkpoint to train: a tiny Llama with the embedded policy's tokenizer."""
    return save(folder, tiny_model(hidden_size=16, intermediate_size=32, initializer_range=0.1))


def settings(base: Path, correction: dict[str, Any] | None = None, **changes: Any) -> Any:
    """How to train it: eight steps, of which the later half may correct."""
    values: dict[str, Any] = {
        "base": str(base),
        "method": "correct",
        "epochs": 2.67,
        "batch": 2,
        "accumulation": 2,
        "learning_rate": 0.01,
        "save_every": 3,
    }
    chosen = {"visits": 1.0, "reach": 0.2, "meta_batch": 3, **(correction or {})}
    return PrmStageConfig(**{**values, **changes}, correction=CorrectionConfig(**chosen))


def same_tensors(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two state dictionaries are equal bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
