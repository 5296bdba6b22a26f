"""Trains the embedded policy: `python -m experiments.pretraining.pretrain --out FOLDER`.

A Llama of about two million weights learns the programs of the train split, prompts given.
Killed runs go on where their last checkpoint was. A GPU is used when there is one.
"""

import json
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from dreamcode.errors import InputError
from dreamcode.policies.loading import keep_freed_memory
from experiments.pretraining.batches import Batch, batches
from experiments.pretraining.checkpoint import Done, load_checkpoint, save_checkpoint
from experiments.pretraining.corpus import documents
from experiments.pretraining.tokenizer import load_tokenizer, train_tokenizer

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

TOKENIZER_DOCUMENTS = 8000


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes a run; two runs with the same settings see the same data.

    Attributes:
        seed: of weights and data.
        steps: optimiser steps.
        minutes: stop after this time instead, on machines whose speed is not known.
        batch: documents a step.
        peak: highest learning rate; it is reached after `warmup` steps.
        falling: share of the run, at its end, over which the learning rate falls to 0.
        vocabulary: pieces of the tokenizer.
        width, layers, heads, inner: shape of the network.
    """

    seed: int = 0
    steps: int = 6536
    minutes: float | None = None
    batch: int = 6
    peak: float = 2.5e-3
    warmup: int = 100
    falling: float = 0.6
    vocabulary: int = 1536
    width: int = 192
    layers: int = 4
    heads: int = 4
    inner: int = 512


def new_policy(settings: Settings, tokenizer: "PreTrainedTokenizerFast") -> "LlamaForCausalLM":
    """An untrained network of the settings' shape."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(settings.seed)
    config = LlamaConfig(
        vocab_size=settings.vocabulary,
        hidden_size=settings.width,
        intermediate_size=settings.inner,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def batch_loss(model: "LlamaForCausalLM", batch: Batch) -> torch.Tensor:
    """Mean cross-entropy (nats) of the learned tokens, each given all before it."""
    device = model.device
    ids, learned = batch.ids.to(device), batch.learned[:, 1:].to(device)
    # Rows are padded on the right, so the causal mask alone hides the padding.
    states = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
    logits = model.lm_head(states[learned])
    return torch.nn.functional.cross_entropy(logits.float(), ids[:, 1:][learned])


def learning_rate(settings: Settings, done: Done) -> float:
    """Learning rate of the next step."""
    left = 1 - share_done(settings, done)
    return settings.peak * min((done.step + 1) / settings.warmup, left / settings.falling, 1.0)


def share_done(settings: Settings, done: Done) -> float:
    """How much of the run is over, from 0 to 1."""
    if settings.minutes is not None:
        return min(1.0, done.seconds / (60 * settings.minutes))
    return min(1.0, done.step / settings.steps)


def train(settings: Settings, out: Path, console: Console, save_every: int = 200) -> None:
    """Trains until the run is over, then writes the policy into `out`.

    Raises:
        InputError: `out` holds a checkpoint of other settings.
    """
    keep_freed_memory()
    tokenizer = prepare_tokenizer(settings, out)
    model = new_policy(settings, tokenizer)
    torch.nn.Module.to(model, "cuda" if torch.cuda.is_available() else "cpu")
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.05)
    saved = out / "checkpoint.pt"
    done = load_checkpoint(saved, settings, model, optimiser)
    before, began = done.seconds, time.monotonic()
    model.train()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=1.0)
        for batch in batches(tokenizer, settings.seed, settings.batch, done.step):
            if share_done(settings, done) >= 1:
                break
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(settings, done)
            loss = batch_loss(model, batch)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            done.loss = loss.item() if done.step == 0 else 0.98 * done.loss + 0.02 * loss.item()
            done.step, done.tokens = done.step + 1, done.tokens + batch.tokens
            done.seconds = before + time.monotonic() - began
            news = f"step {done.step}  loss {done.loss:.4f}  "
            news += f"{done.tokens / done.seconds:,.0f} tokens/s"
            progress.update(bar, completed=share_done(settings, done), description=news)
            if done.step % save_every == 0:
                save_checkpoint(saved, settings, done, model, optimiser)
                if not console.is_terminal:
                    console.print(news)
    save_checkpoint(saved, settings, done, model, optimiser)
    export(model, out)
    record = {"settings": asdict(settings), "done": asdict(done)}
    (out / "training.json").write_text(json.dumps(record, indent=2) + "\n")


def prepare_tokenizer(settings: Settings, out: Path) -> "PreTrainedTokenizerFast":
    """The run's tokenizer; trained unless `out` has it already."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "tokenizer.json").exists():
        texts = islice(documents(settings.seed), TOKENIZER_DOCUMENTS)
        train_tokenizer(
            (text.prompt + text.written.source for text in texts), settings.vocabulary
        ).save_pretrained(out)
    return load_tokenizer(out)


def export(model: "LlamaForCausalLM", out: Path) -> None:
    """Writes weights in bfloat16 and configuration for transformers."""
    torch.nn.Module.to(model, torch.bfloat16)
    model.save_pretrained(out)
    (out / "dreamcode.json").write_text(json.dumps({"prompt": "bare"}) + "\n")


def main(
    out: Annotated[Path, typer.Option(help="Folder for checkpoint and policy.")],
    seed: Annotated[int, typer.Option(help="Seed of weights and data.")] = 0,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps.")] = 6536,
    minutes: Annotated[float | None, typer.Option(help="Stop after this time instead.")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Documents a step.")] = 6,
    peak: Annotated[float, typer.Option(min=0, help="Peak learning rate.")] = 2.5e-3,
) -> None:
    """Trains the embedded policy from scratch."""
    console = Console()
    settings = Settings(seed=seed, steps=steps, minutes=minutes, batch=batch, peak=peak)
    try:
        train(settings, out, console)
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on from the last checkpoint")
        raise typer.Exit(130) from None
    except InputError as error:
        console.print(str(error))
        raise typer.Exit(error.exit_code) from None


if __name__ == "__main__":
    typer.run(main)
