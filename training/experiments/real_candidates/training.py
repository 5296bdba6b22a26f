"""Trains the reward model, after saying how long that will take."""

import time
from pathlib import Path

from dreamcode_training.batches import score_examples
from dreamcode_training.config import PrmStageConfig
from dreamcode_training.evaluation.scoring import Say
from dreamcode_training.pace import count_steps
from dreamcode_training.prm import prepare, read_as, run_prm
from dreamcode_training.prm_model import load_backbone
from dreamcode_training.progress import ProgressLines, format_seconds
from dreamcode_training.records import read_chains, read_problems
from dreamcode_training.train import Trainer


def train(out: Path, config: PrmStageConfig, seed: int, say: Say) -> None:
    """Trains into `out`/prm what `out`/data holds; goes on from the last checkpoint."""
    if not (out / "prm" / "checkpoint.pt").exists():
        say(estimate(out / "data", config, seed))
    run_prm(out / "prm", out / "data", config, seed, ProgressLines(say), say)


def estimate(data: Path, config: PrmStageConfig, seed: int) -> str:
    """Tokens of an epoch, their pace in a micro-batch that is tried twice, and what comes of it.

    Raises:
        InputError: data or base cannot be used.
    """
    problems = read_problems(data / "problems.jsonl")
    chains = read_chains(data / "labels.jsonl", problems)
    backbone = load_backbone(config, seed)
    encoder = backbone.encoder(read_as(config), lambda _: None)
    material = prepare(chains, problems, encoder, config, lambda _: None)
    tried = config.model_copy(update={"accumulation": 1})
    trainer = Trainer(backbone.model, material.data, tried, seed)
    per_token = 0.0
    for _ in range(2):  # the first step also sets things up
        began = time.monotonic()
        tokens = trainer.step()["tokens"]
        per_token = (time.monotonic() - began) / tokens
    held = material.examples["validation"]
    some = held[: config.batch]
    began = time.monotonic()
    score_examples(backbone.model, some, config.batch)
    per_scored = (time.monotonic() - began) / max(1, sum(len(one) for one in some))
    learned, judged = (sum(len(one) for one in some) for some in (material.examples["train"], held))
    steps = count_steps(len(material.examples["train"]), config)
    passes = 1 + (-(-steps // config.validate_every) if config.validate_every else 0)
    seconds = config.epochs * learned * per_token + passes * judged * per_scored
    return (
        f"{len(material.examples['train'])} programs, {learned:,} tokens per epoch, "
        f"{1 / per_token:,.0f} tokens per second; validation {passes} times {judged:,} tokens: "
        f"about {format_seconds(seconds)} for {steps} steps"
    )
