"""How much memory training takes: `python -m benchmarks.memory measured` and `... computed`.

`measured` trains models with random weights, each in a process of its own: one step on chains of
random tokens, after a first that makes the optimiser's state. It prints the most that torch had
allocated at once beside the arithmetic of `dreamcode_training.memory`. `computed` prints that
arithmetic for models that are too large to try.
"""

import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Annotated

import torch
import typer
from torch.profiler import ProfilerActivity, profile
from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer

from dreamcode_training.batches import Data, Example
from dreamcode_training.config import CorrectionConfig, LoraConfig, PrmStageConfig
from dreamcode_training.correction.label_table import LabelTable
from dreamcode_training.memory import Shape, estimate_memory
from dreamcode_training.prm_model import base_folder, load_backbone
from dreamcode_training.records import Count, LabelledChain
from dreamcode_training.train import Trainer

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
CARDS = (24, 48, 80)
"""Gigabytes of usual GPUs."""
SPARE = 0.9
"""Share of a card that tensors may fill: the rest is for libraries and gaps."""
app = typer.Typer(add_completion=False)


MEASURED = {
    "19M": ("llama", Shape(10, 384, 1024, 6, 384, 128, 8192)),
    "135M": ("llama", Shape(30, 576, 1536, 9, 576, 192, 49152)),
    "494M": ("qwen2", Shape(24, 896, 4864, 14, 896, 128, 151936)),
}
"""What is tried: the second is as SmolLM2-135M, the third as Qwen2.5-Coder-0.5B."""
LARGE = {
    "Qwen2.5-Coder-3B": Shape(36, 2048, 11008, 16, 2048, 256, 151936),
    "Qwen2.5-Coder-7B": Shape(28, 3584, 18944, 28, 3584, 512, 152064),
}
"""What is computed only."""


def write_base(kind: str, shape: Shape, folder: str) -> None:
    """A model of that shape with random weights, and some tokenizer."""
    config = AutoConfig.for_model(
        kind,
        num_hidden_layers=shape.layers,
        hidden_size=shape.hidden,
        intermediate_size=shape.inner,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads * shape.keys // shape.queries,
        vocab_size=shape.vocabulary,
        max_position_embeddings=8192,
        pad_token_id=0,
        num_labels=1,
    )
    model = AutoModelForTokenClassification.from_config(config)  # type: ignore[no-untyped-call]
    model.to(torch.bfloat16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(base_folder("embedded")).save_pretrained(folder)


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to train.

    Attributes:
        lora: whether adapters alone are trained.
        bf16: forward passes in bf16, and a base that rests too.
        spared: whether gradients are checkpointed.
        corrects: whether the step is corrected.
    """

    lora: bool
    bf16: bool
    spared: bool
    corrects: bool

    def config(self, base: str, accumulation: int = 1) -> PrmStageConfig:
        """As stage prm would have it, a chain at a time."""
        return PrmStageConfig(
            base=base,
            method="correct" if self.corrects else "mc",
            batch=1,
            accumulation=accumulation,
            epochs=10,
            precision="bf16" if self.bf16 else "fp32",
            lora=LoraConfig(frozen="bf16" if self.bf16 else "fp32") if self.lora else None,
            gradient_checkpointing=self.spared,
            correction=CorrectionConfig(visits=10, warmup=0.0, meta_batch=accumulation),
        )

    def __str__(self) -> str:
        words = ["LoRA" if self.lora else "full", "bf16" if self.bf16 else "fp32"]
        words += ["checkpointing"] * self.spared + ["correction"] * self.corrects
        return ", ".join(words)


def settings() -> list[Setting]:
    """All ways."""
    return [Setting(*flags) for flags in product((False, True), repeat=4)]


def measure(base: str, setting: Setting, length: int) -> int:
    """Most bytes that torch had allocated at once during a step; call it in a fresh process."""
    torch.set_num_threads(1)
    config = setting.config(base)
    model = load_backbone(config, 0).model.to(DEVICE)
    counts = (Count(1.0, 2.0),)
    chains = [LabelledChain(f"{n}", 0, ("a", "b"), passed=True, counts=counts) for n in range(8)]
    table, rows = LabelTable.from_chains(chains)
    ids = torch.randint(1, 1500, (8, length)).tolist()
    ends = (length // 2, length - 1)
    examples = [Example(tuple(own), ends, row) for own, row in zip(ids, rows, strict=True)]
    trainer = Trainer(model, Data(examples[:4], examples[4:], table), config, 0)
    trainer.step()
    if DEVICE == "cuda":
        torch.cuda.reset_peak_memory_stats()
        trainer.step()
        return int(torch.cuda.max_memory_allocated())
    state = [value for own in trainer.optimizer.state.values() for value in own.values()]
    held = sum(tensor.nbytes for tensor in (*model.parameters(), *state))
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        trainer.step()
    assert profiled.profiler is not None
    assert profiled.profiler.kineto_results is not None
    events = profiled.profiler.kineto_results.events()
    now, most = 0, 0
    for event in sorted((e for e in events if e.name() == "[memory]"), key=lambda e: e.start_ns()):
        now += int(event.nbytes())
        most = max(most, now)
    return int(held + most)


@app.command()
def measured(
    size: Annotated[str, typer.Option(help="19M, 135M or 494M.")] = "19M",
    length: Annotated[int, typer.Option(min=2, help="Tokens per chain.")] = 512,
    only: Annotated[str, typer.Option(help="Only settings with these words in them.")] = "",
) -> None:
    """Measures all ways of training a size, and compares them with the arithmetic."""
    kind, shape = MEASURED[size]
    with tempfile.TemporaryDirectory() as folder:
        write_base(kind, shape, folder)
        for setting in settings():
            if not all(word in str(setting) for word in only.split()):
                continue
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
                found = fresh.submit(measure, folder, setting, length).result()
            formula = estimate_memory(shape, setting.config(folder), length).peak
            typer.echo(
                f"{size}, {length} tokens, {setting}: {found / 1e6:,.0f} MB measured, "
                f"{formula / 1e6:,.0f} MB by arithmetic ({formula / found - 1:+.1%})"
            )


@app.command()
def computed() -> None:
    """Prints what large models need in bf16, 16 chains per step, as a Markdown table."""
    lengths = (2048, 8192)
    columns = [f"{n:,}{kind}" for kind in ("", ", corrected") for n in lengths]
    typer.echo(f"| model | training | {' | '.join(columns)} |")
    typer.echo(f"|---|---|{'---:|' * len(columns)}")
    for name, shape in LARGE.items():
        for lora, spared in product((False, True), repeat=2):
            ways = [Setting(lora, True, spared, corrects) for corrects in (False, True)]
            peaks = [
                estimate_memory(shape, way.config("", 16), length).peak / 1e9
                for way in ways
                for length in lengths
            ]
            words = str(ways[0]).replace(", bf16", "")
            typer.echo(f"| {name} | {words} | {' | '.join(map(show, peaks))} |")


def show(gigabytes: float) -> str:
    """The number, and the smallest card that holds it."""
    card = next((f"{card} GB" for card in CARDS if gigabytes <= SPARE * card), "none")
    return f"{gigabytes:.0f} ({card})"


if __name__ == "__main__":
    app()
