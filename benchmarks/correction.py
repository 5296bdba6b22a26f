"""What correcting labels costs: `python -m benchmarks.correction`.

Trains a base on made-up labels, in rounds that take turns so that a noisy machine troubles all
alike: plain steps, plain steps with a correction every M steps, and a correction at every step.
Prints medians as ratios to plain training in the same run, and the peak of memory of each in a
process of its own: of the GPU if there is one, else of the process.
"""

import multiprocessing
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Literal

import torch
import typer
from rich.console import Console
from rich.table import Table

from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode_training.config import CorrectionConfig, LoraConfig, PrmStageConfig
from dreamcode_training.prm import prepare
from dreamcode_training.prm_model import load_backbone
from dreamcode_training.records import Count, LabelledChain, ProblemRecord, Split
from dreamcode_training.train import Trainer
from experiments.pretraining.programs import write_program

VARIANTS = ("plain", "every M steps", "every step")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def make_chains(problems: int) -> tuple[list[LabelledChain], dict[str, ProblemRecord]]:
    """Programs of the miniature world with random counts: cost does not depend on labels."""
    random = Random(0)
    found, chains = {}, []
    splits: tuple[Split, ...] = ("train", "meta")
    for split in splits:
        for index in range(problems):
            problem = generate_exam(split, index).problem
            found[problem.id] = ProblemRecord(split, problem)
            written = write_program(generate_task(split, index), random)
            counts = [Count(float(random.randint(0, 4)), 4.0) for _ in written.steps[1:]]
            passed = not written.mistakes
            chains.append(LabelledChain(problem.id, 0, written.steps, passed, tuple(counts)))
    return chains, found


@dataclass(frozen=True, slots=True)
class Setting:
    """What is trained: see the options of `main`."""

    base: str
    every: int
    batch: int
    lora: bool
    precision: Literal["fp32", "bf16"]


def make_trainer(variant: str, setting: Setting) -> Trainer:
    """A trainer that corrects never, every M steps, or always."""
    every = 1 if variant == "every step" else setting.every
    config = PrmStageConfig(
        base=setting.base,
        method="mc" if variant == "plain" else "correct",
        batch=setting.batch,
        epochs=1000,
        lora=LoraConfig() if setting.lora else None,
        precision=setting.precision,
        correction=CorrectionConfig(every=every, warmup=0.0, meta_batch=setting.batch),
    )
    chains, problems = make_chains(8 * setting.batch)
    backbone = load_backbone(config, 0)
    encoder = backbone.encoder(PrmConfig(), print)
    material = prepare(chains, problems, encoder, config.method, print)
    return Trainer(backbone.model.to(DEVICE), material.data, config, 0)


def peak_memory(variant: str, setting: Setting) -> float:
    """Most memory of a fresh process that trains a while, in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "peak"
        process = multiprocessing.get_context("spawn").Process(
            target=_measure_memory, args=(variant, setting, str(file))
        )
        process.start()
        process.join()
        return float(file.read_text())


def _measure_memory(variant: str, setting: Setting, file: str) -> None:
    trainer = make_trainer(variant, setting)
    for _ in range(2 * setting.every):
        trainer.step()
    if DEVICE == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**20
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    Path(file).write_text(str(peak))


def time_round(trainer: Trainer, steps: int) -> float:
    """Seconds a step."""
    began = time.perf_counter()
    for _ in range(steps):
        trainer.step()
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - began) / steps


def main(
    base: Annotated[
        str, typer.Option(help="embedded, a folder, or an id on the hub.")
    ] = "embedded",
    every: Annotated[int, typer.Option(min=1, help="Steps between corrections (M).")] = 4,
    batch: Annotated[int, typer.Option(min=1, help="Chains a step, and a correction.")] = 8,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of M steps a variant.")] = 8,
    lora: Annotated[bool, typer.Option(help="Adapters instead of all weights.")] = False,
    bf16: Annotated[bool, typer.Option(help="Autocast to bf16.")] = False,
) -> None:
    """Measures the cost of correction against plain training."""
    setting = Setting(base, every, batch, lora, "bf16" if bf16 else "fp32")
    # Memory first: afterwards this process holds three models of its own.
    memory = {variant: peak_memory(variant, setting) for variant in VARIANTS}
    trainers = {variant: make_trainer(variant, setting) for variant in VARIANTS}
    seconds: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for number in range(rounds + 1):
        for variant, trainer in trainers.items():
            found = time_round(trainer, every)
            if number:  # the first round warms up
                seconds[variant].append(found)
    plain = statistics.median(seconds["plain"])
    place = torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU"
    table = Table(
        "training", "seconds a step", "ratio to plain", "peak memory, MiB", title=f"{base}, {place}"
    )
    for variant in VARIANTS:
        # Ratios within a round: what slows the machine down slows both.
        ratio = statistics.median(
            one / other for one, other in zip(seconds[variant], seconds["plain"], strict=True)
        )
        table.add_row(
            variant.replace("M", str(every)),
            f"{statistics.median(seconds[variant]):.3f}",
            f"{ratio:.2f}",
            f"{memory[variant]:,.0f}",
        )
    console = Console()
    console.print(table)
    step = statistics.median(seconds["every step"]) / plain - 1
    console.print(f"one correction costs {step:.2f} plain steps on top")


if __name__ == "__main__":
    typer.run(main)
