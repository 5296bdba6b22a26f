"""Trains the embedded policy: `python -m experiments.pretraining.pretrain --out FOLDER`.

A Llama of about two million weights learns the programs of the train split, prompts given.
Killed runs go on where their last checkpoint was. A GPU is used when there is one.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer
from pydantic import Field

from dreamcode.errors import InputError
from dreamcode.files import write_whole
from dreamcode.miniature.worlds import LONG, MINIATURE, find_world
from dreamcode.policies.loading import keep_freed_memory
from dreamcode_training.config import Section
from dreamcode_training.prm_model import base_folder
from dreamcode_training.progress import format_seconds
from experiments.pretraining.corpus import Batch, batches, documents
from experiments.pretraining.tokenizer import load_tokenizer, train_tokenizer

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

TOKENIZER_DOCUMENTS = 8000


class Settings(Section):
    """What makes a run; two runs with the same settings see the same data."""

    seed: int = Field(0, ge=0, description="of weights and data")
    worlds: tuple[str, ...] = Field(
        (MINIATURE.name, LONG.name), min_length=1, description="whose problems, in equal shares"
    )
    start: str | None = Field(
        None, description="embedded, or a folder: whose weights come first; null: fresh ones"
    )
    steps: int = Field(6536, ge=1, description="optimiser steps")
    batch: int = Field(6, ge=1, description="documents a step")
    peak: float = Field(2.5e-3, ge=0, description="highest learning rate, reached after `warmup`")
    warmup: int = Field(100, ge=1, description="steps")
    falling: float = Field(0.6, gt=0, description="share of the run over which the rate falls to 0")
    vocabulary: int = Field(1536, ge=1, description="pieces of the tokenizer")
    width: int = Field(192, ge=1)
    layers: int = Field(4, ge=1)
    heads: int = Field(4, ge=1)
    inner: int = Field(512, ge=1)


@dataclass(slots=True)
class Done:
    """How far a run has come.

    Attributes:
        step: optimiser steps taken.
        tokens: tokens seen, padding not counted.
        seconds: time spent training, of all its parts together.
        loss: running mean of the loss, nats per token.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = 0.0


def new_policy(settings: Settings, tokenizer: "PreTrainedTokenizerFast") -> "LlamaForCausalLM":
    """The network that the run starts from; untrained, one of the settings' shape."""
    from transformers import LlamaConfig, LlamaForCausalLM

    if settings.start is not None:
        return LlamaForCausalLM.from_pretrained(base_folder(settings.start), dtype=torch.float32)
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


def learning_rate(settings: Settings, step: int) -> float:
    """Learning rate after so many steps."""
    left = 1 - min(1.0, step / settings.steps)
    return settings.peak * min((step + 1) / settings.warmup, left / settings.falling, 1.0)


def train(settings: Settings, out: Path, say: Callable[[str], None], save_every: int = 200) -> None:
    """Trains until the run is over, then writes the policy into `out`; once, however often asked.

    Raises:
        InputError: `out` holds a checkpoint of other settings.
    """
    record, saved = out / "training.json", out / "checkpoint.pt"
    described = {"settings": settings.model_dump()}
    if record.exists():
        over = json.loads(record.read_text("utf-8"))["settings"]
        if over == settings.model_dump(mode="json"):
            return
    keep_freed_memory()
    tokenizer = prepare_tokenizer(settings, out)
    model = new_policy(settings, tokenizer)
    torch.nn.Module.to(model, "cuda" if torch.cuda.is_available() else "cpu").train()
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.05)
    done = Done()
    if saved.exists():
        state = torch.load(saved, weights_only=True, map_location="cpu")
        if state["settings"] != described["settings"]:
            raise InputError(f"{saved} is of a run with other settings: remove it or change --out")
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        done = Done(**state["done"])

    def save() -> None:
        """Writes everything at once: a kill while writing leaves the checkpoint before."""
        state = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save(described | {"done": asdict(done)} | state, saved.with_suffix(".tmp"))
        saved.with_suffix(".tmp").replace(saved)

    before, began = done.seconds, time.monotonic()
    left = settings.steps - done.step
    worlds = [find_world(name) for name in settings.worlds]
    coming = batches(tokenizer, worlds, settings.seed, settings.batch, done.step)
    for batch in islice(coming, left):
        loss = learn(model, optimiser, batch, learning_rate(settings, done.step))
        done.loss = loss if done.step == 0 else 0.98 * done.loss + 0.02 * loss
        done.step, done.tokens = done.step + 1, done.tokens + batch.tokens
        done.seconds = before + time.monotonic() - began
        if done.step % save_every == 0:
            save()
            ahead = format_seconds(done.seconds / done.step * (settings.steps - done.step))
            say(f"step {done.step} of {settings.steps}, loss {done.loss:.4f}, {ahead} left")
    save()
    torch.nn.Module.to(model, torch.bfloat16)
    model.save_pretrained(out)
    write_whole(out / "dreamcode.json", json.dumps({"prompt": "bare"}) + "\n")
    # Its presence says that the run is over, so it comes last.
    write_whole(record, json.dumps(described | {"done": asdict(done)}, indent=2) + "\n")


def learn(
    model: "LlamaForCausalLM", optimiser: torch.optim.Optimizer, batch: Batch, rate: float
) -> float:
    """Takes an optimiser step; returns the mean cross-entropy (nats) of the learned tokens."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    ids, learned = batch.ids.to(model.device), batch.learned[:, 1:].to(model.device)
    # Rows are padded on the right, so the causal mask alone hides the padding.
    states = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
    logits = model.lm_head(states[learned])
    loss = torch.nn.functional.cross_entropy(logits.float(), ids[:, 1:][learned])
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return loss.item()


def prepare_tokenizer(settings: Settings, out: Path) -> "PreTrainedTokenizerFast":
    """The run's tokenizer: that of the weights it starts from, else trained once into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    if settings.start is not None:
        load_tokenizer(Path(base_folder(settings.start))).save_pretrained(out)
    elif not (out / "tokenizer.json").exists():
        worlds = [find_world(name) for name in settings.worlds]
        texts = islice(documents(settings.seed, worlds), TOKENIZER_DOCUMENTS)
        whole = (prompt + written.source for prompt, written in texts)
        train_tokenizer(whole, settings.vocabulary).save_pretrained(out)
    return load_tokenizer(out)


def main(
    out: Annotated[Path, typer.Option(help="Folder for checkpoint and policy.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and data.")] = 0,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps.")] = 6536,
    peak: Annotated[float, typer.Option(min=0, help="Highest learning rate.")] = 2.5e-3,
    start: Annotated[str | None, typer.Option(help="Whose weights come first.")] = None,
) -> None:
    """Trains the embedded policy; the same command goes on where it was stopped."""
    try:
        train(Settings(seed=seed, steps=steps, peak=peak, start=start), out, typer.echo)
    except InputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from None


if __name__ == "__main__":
    typer.run(main)
