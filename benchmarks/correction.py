"""What correcting labels costs: `python -m benchmarks.correction`.

Trains the embedded policy's backbone on made-up labels, in rounds that take turns so that a
noisy machine troubles all alike: plain steps, plain steps with a correction every M steps, and a
correction at every step. Prints medians as ratios to plain training in the same run, and the
peak of memory of each in a process of its own.
"""

import multiprocessing
import resource
import statistics
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from dreamcode.rewards.prm_config import PrmConfig
from training.config import CorrectionConfig, LoraConfig, PrmStageConfig
from training.miniature.exams import generate_exam, generate_task
from training.miniature.programs import write_program
from training.prm import prepare
from training.prm_model import load_backbone
from training.records import Count, LabelledChain, ProblemRecord, Split
from training.trainer import Trainer

VARIANTS = ("plain", "every M steps", "every step")


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


def make_trainer(variant: str, every: int, batch: int, lora: bool) -> Trainer:
    """A trainer that corrects never, every `every` steps, or always."""
    correction = CorrectionConfig(
        every=1 if variant == "every step" else every, warmup=0.0, meta_batch=batch
    )
    config = PrmStageConfig(
        method="mc" if variant == "plain" else "correct",
        batch=batch,
        epochs=1000,
        lora=LoraConfig() if lora else None,
        correction=correction,
    )
    chains, problems = make_chains(8 * batch)
    backbone = load_backbone(config, 0)
    material = prepare(chains, problems, backbone, PrmConfig(), config.method)
    return Trainer(backbone.model, material.data, config, 0)


def peak_memory(variant: str, every: int, batch: int, lora: bool) -> float:
    """Largest resident set of a fresh process that trains a while, in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "peak"
        process = multiprocessing.get_context("spawn").Process(
            target=_measure_memory, args=(variant, every, batch, lora, str(file))
        )
        process.start()
        process.join()
        return float(file.read_text())


def _measure_memory(variant: str, every: int, batch: int, lora: bool, file: str) -> None:
    torch.set_num_threads(1)
    trainer = make_trainer(variant, every, batch, lora)
    for _ in range(2 * every):
        trainer.step()
    Path(file).write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def main(
    every: Annotated[int, typer.Option(min=1, help="Steps between corrections (M).")] = 4,
    batch: Annotated[int, typer.Option(min=1, help="Chains a step, and a correction.")] = 8,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of M steps a variant.")] = 8,
    lora: Annotated[bool, typer.Option(help="Adapters instead of all weights.")] = False,
) -> None:
    """Measures the cost of correction against plain training."""
    torch.set_num_threads(1)
    trainers = {variant: make_trainer(variant, every, batch, lora) for variant in VARIANTS}
    seconds: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for number in range(rounds + 1):
        for variant, trainer in trainers.items():
            began = time.perf_counter()
            for _ in range(every):
                trainer.step()
            if number:  # the first round warms up
                seconds[variant].append((time.perf_counter() - began) / every)
    plain = statistics.median(seconds["plain"])
    table = Table("training", "seconds a step", "ratio to plain", "peak memory, MiB")
    for variant in VARIANTS:
        # Ratios within a round: what slows the machine down slows both.
        ratio = statistics.median(
            one / other for one, other in zip(seconds[variant], seconds["plain"], strict=True)
        )
        memory = peak_memory(variant, every, batch, lora)
        table.add_row(
            variant.replace("M", str(every)),
            f"{statistics.median(seconds[variant]):.3f}",
            f"{ratio:.2f}",
            f"{memory:,.0f}",
        )
    console = Console()
    console.print(table)
    step = statistics.median(seconds["every step"]) / plain - 1
    console.print(f"one correction costs {step:.2f} plain steps on top")


if __name__ == "__main__":
    typer.run(main)
