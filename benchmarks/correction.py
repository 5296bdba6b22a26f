"""What correcting labels costs: `python -m benchmarks.correction`.

Trains a base on made-up labels, in rounds that take turns so that a noisy machine troubles all
alike: plain steps, plain steps with a correction every M steps, and a correction at every step.
Prints medians as ratios to plain training in the same run, and the peak of memory of each in a
process of its own: of the GPU if there is one, else of the process.
"""

import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from operator import truediv
from random import Random
from statistics import median
from typing import Annotated, Literal

import torch
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.timing import take_turns
from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode.miniature.worlds import MINIATURE, World, find_world
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode_training.config import CorrectionConfig, LoraConfig, PrmStageConfig
from dreamcode_training.prm import prepare
from dreamcode_training.prm_model import load_backbone
from dreamcode_training.records import Count, LabelledChain, ProblemRecord, Split
from dreamcode_training.train import Trainer
from experiments.pretraining.programs import write_program

VARIANTS = ("plain", "every M steps", "every step")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def make_chains(
    problems: int, world: World
) -> tuple[list[LabelledChain], dict[str, ProblemRecord]]:
    """Programs of a miniature world with random counts: cost does not depend on labels."""
    random = Random(0)
    found, chains = {}, []
    splits: tuple[Split, ...] = ("train", "meta")
    for split in splits:
        for index in range(problems):
            problem = generate_exam(split, index, world).problem
            found[problem.id] = ProblemRecord(split, problem)
            written = write_program(generate_task(split, index, world), random)
            counts = [Count(float(random.randint(0, 4)), 4.0) for _ in written.steps[1:]]
            passed = not written.mistakes
            chains.append(LabelledChain(problem.id, 0, written.steps, passed, tuple(counts)))
    return chains, found


@dataclass(frozen=True, slots=True)
class Setting:
    """What is trained; the options of `main` say what each field means."""

    base: str
    world: World
    every: int
    batch: int
    lora: bool
    precision: Literal["fp32", "bf16"]


def make_trainer(variant: str, setting: Setting) -> Trainer:
    """A trainer that corrects never, every M steps, or always."""
    every = 1 if variant == "every step" else setting.every
    epochs = 1000
    config = PrmStageConfig(
        base=setting.base,
        method="mc" if variant == "plain" else "correct",
        batch=setting.batch,
        epochs=epochs,
        lora=LoraConfig() if setting.lora else None,
        precision=setting.precision,
        correction=CorrectionConfig(visits=epochs / every, warmup=0.0, meta_batch=setting.batch),
    )
    chains, problems = make_chains(8 * setting.batch, setting.world)
    backbone = load_backbone(config, 0)
    encoder = backbone.encoder(PrmConfig(), print)
    material = prepare(chains, problems, encoder, config, print)
    return Trainer(backbone.model.to(DEVICE), material.data, config, 0)


def peak_memory(variant: str, setting: Setting) -> float:
    """Most memory of a fresh process that trains a while, in MiB."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(measure_memory, variant, setting).result()


def measure_memory(variant: str, setting: Setting) -> float:
    """Most memory of this process after it has trained a while, in MiB."""
    train(make_trainer(variant, setting), 2 * setting.every)
    if DEVICE == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def train(trainer: Trainer, steps: int) -> None:
    """Takes so many steps."""
    for _ in range(steps):
        trainer.step()
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def main(
    base: Annotated[
        str, typer.Option(help="embedded, a folder, or an id on the hub.")
    ] = "embedded",
    world: Annotated[str, typer.Option(help="Whose chains: a miniature world.")] = MINIATURE.name,
    every: Annotated[int, typer.Option(min=1, help="Steps between corrections (M).")] = 4,
    batch: Annotated[int, typer.Option(min=1, help="Chains per step, and per correction.")] = 8,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of M steps per variant.")] = 8,
    lora: Annotated[bool, typer.Option(help="Adapters instead of all weights.")] = False,
    bf16: Annotated[bool, typer.Option(help="Autocast to bf16.")] = False,
) -> None:
    """Measures the cost of correction against plain training."""
    setting = Setting(base, find_world(world), every, batch, lora, "bf16" if bf16 else "fp32")
    # Memory first: afterwards this process holds three models of its own.
    memory = {variant: peak_memory(variant, setting) for variant in VARIANTS}
    trainers = {variant: make_trainer(variant, setting) for variant in VARIANTS}
    ways = {variant: partial(train, trainer, every) for variant, trainer in trainers.items()}
    seconds = take_turns(ways, rounds)
    step = {variant: median(found) / every for variant, found in seconds.items()}
    place = torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU"
    table = Table(
        "training", "seconds per step", "ratio to plain", "peak memory, MiB",
        title=f"{base}, {place}",
    )  # fmt: skip
    for variant in VARIANTS:
        # Ratios within a round: what slows the machine down slows both.
        ratio = median(map(truediv, seconds[variant], seconds["plain"]))
        name = variant.replace("M", str(every))
        table.add_row(name, f"{step[variant]:.3f}", f"{ratio:.2f}", f"{memory[variant]:,.0f}")
    console = Console()
    console.print(table)
    cost = step["every step"] / step["plain"] - 1
    console.print(f"one correction costs {cost:.2f} plain steps on top")


if __name__ == "__main__":
    typer.run(main)
