"""One training of a reward model, top to bottom: data, schedule, a step, its correction, the loop.

Warm-up on the labels as counted, then steps that also correct them. Source: DreamPRM-Code
(arXiv 2512.15000), with the exact one-step hypergradient of `correction` in place of finite
differences.
"""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from dreamcode.errors import InputError
from dreamcode_training.batches import Batch, Data, Example, collate, prefix_logits
from dreamcode_training.config import PrmStageConfig
from dreamcode_training.correction.correctors import (
    LabelCorrector,
    SampleWeights,
    label_gradients,
    soft_bce,
    weight_gradients,
)
from dreamcode_training.correction.hypergradient import (
    Lookahead,
    Randomness,
    check_forward_mode,
    check_optimizer,
)
from dreamcode_training.measure_log import MeasureLog, Measures
from dreamcode_training.processes import Processes
from dreamcode_training.progress import OnProgress, Progress, estimate_left

CORRECTING = ("reweight", "correct")
CHUNK = 16
"""Batches whose chains are sorted by length together, so that little of them is padding."""


def examples_of(method: str, data: Data) -> list[Example]:
    """The examples that a method's steps go through; prefixes with n = 0 weigh nothing."""
    if method == "orm":
        return [example.last() for example in (*data.train, *data.meta)]
    return [*data.train, *(data.meta if method == "joint" else ())]


# ---- schedule: what every step sees, as functions of the seed and the step alone


class Schedule:
    """Every epoch sees every example once, in batches of like length in random order.

    Args:
        examples: what is trained on.
        batch: chains per micro-batch.
        accumulation: micro-batches per step.
        seed: seed of the order of examples.
    """

    def __init__(
        self, examples: Sequence[Example], batch: int, accumulation: int, seed: int
    ) -> None:
        self.examples = examples
        self._batch, self._accumulation, self._seed = batch, accumulation, seed
        self._epoch: tuple[int, list[list[Example]]] = (-1, [])

    def step(self, number: int) -> list[Batch]:
        """The micro-batches of optimiser step `number`, counted from 0."""
        first = number * self._accumulation
        return [collate(self._members(first + place)) for place in range(self._accumulation)]

    def _members(self, place: int) -> list[Example]:
        epoch, within = divmod(place, -(-len(self.examples) // self._batch))
        if self._epoch[0] != epoch:
            self._epoch = (epoch, self._order(epoch))
        return self._epoch[1][within]

    def _order(self, epoch: int) -> list[list[Example]]:
        random = Random(f"{self._seed} {epoch}")
        order = list(self.examples)
        random.shuffle(order)
        size = self._batch * CHUNK
        for start in range(0, len(order), size):
            order[start : start + size] = sorted(order[start : start + size], key=len)
        starts = range(0, len(order), self._batch)
        batches = [order[start : start + self._batch] for start in starts]
        random.shuffle(batches)
        return batches


def count_steps(examples: int, config: PrmStageConfig, processes: int = 1) -> int:
    """Optimiser steps of a training: the same for all methods, so that they cost the same data."""
    per_step = config.batch * config.accumulation * processes
    return max(1, math.ceil(config.epochs * examples / per_step))


def learning_rate(config: PrmStageConfig, step: int, steps: int) -> float:
    """Rises over the warm-up, then falls along a cosine to a tenth of its peak."""
    rising = max(1, round(config.warmup * steps))
    if step < rising:
        return config.learning_rate * (step + 1) / rising
    share = (step - rising) / max(1, steps - rising)
    return config.learning_rate * (0.55 + 0.45 * math.cos(math.pi * share))


def make_optimizer(model: nn.Module, config: PrmStageConfig) -> Optimizer:
    """The configured optimiser over the trainable weights."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimizer == "sgd":
        return SGD(trained, rate, momentum=0.9, weight_decay=decay)
    kind = AdamW if config.optimizer == "adamw" else Adam
    return kind(trained, rate, betas=(0.9, 0.98), weight_decay=decay)


# ---- a step and its correction


class Trainer:
    """The state of one training, advanced a step at a time.

    Methods: `orm` learns finished programs of train and meta; `mc` every prefix of train with
    its counted label; `joint` the same and the chains of meta, whose finished programs alone
    count where no prefix of them was measured; `reweight` and `correct` learn what `mc` does
    and, every M steps after the warm-up, move the weights or the labels of the step's prefixes
    so that the step would have made the model more right about finished programs of meta.

    Args:
        model: a module that gives one logit per token (see `prefix_logits`), on its device.
        data: what it learns from.
        config: how it trains.
        seed: seed of the order of examples.
        processes: the processes it trains with.

    Raises:
        InputError: the model or the optimiser cannot be differentiated as `config` wants.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Data,
        config: PrmStageConfig,
        seed: int,
        processes: Processes = Processes(),
    ) -> None:
        correction = config.correction
        self.model, self.config, self.processes = model, config, processes
        self._seed = seed
        self.table = data.table
        self._meta = [example.last() for example in data.meta]
        micro_batches = config.accumulation * processes.count
        examples = examples_of(config.method, data)
        self.schedule = Schedule(examples, config.batch, micro_batches, seed)
        self.step_number = 0
        self.steps = count_steps(len(data.train), config, processes.count)
        self._warmup = math.ceil(correction.warmup * self.steps)
        self.optimizer = make_optimizer(model, config)
        self.weights = SampleWeights(data.table, correction.eta, correction.anchor)
        self._corrector = LabelCorrector(
            data.table,
            correction.eta,
            correction.anchor,
            correction.max_shift,
            correction.bound,
            correction.eta_global,
        )
        if config.method in CORRECTING:
            check_optimizer(self.optimizer)
            if correction.mode == "jvp":
                check_forward_mode(model)

    def step(self) -> dict[str, float]:
        """One optimiser step, and the correction that is due with it; returns its measures."""
        batches = self.schedule.step(self.step_number)
        rows = torch.cat([batch.rows for batch in batches])
        weights = self.weights.weights(rows)
        total = float(weights.sum()) or 1.0
        shares = torch.split(weights, [len(batch.rows) for batch in batches])
        own = self.processes.own(list(zip(batches, shares, strict=True)))
        rate = learning_rate(self.config, self.step_number, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

        self.model.train()
        loss = 0.0
        seen: list[tuple[Batch, Tensor, Tensor, Randomness]] = []
        for place, (batch, weight) in enumerate(own, start=1):
            before = Randomness.now()
            with self.processes.exchanging(place == len(own)):
                logits = self._logits(self.processes.wrapped or self.model, batch)
                part = soft_bce(logits, self.table.labels(batch.rows), weight, total)
                # Several processes average their gradients, but the parts are to be summed.
                torch.autograd.backward(part * self.processes.count)
            loss += part.item()
            seen.append((batch, weight, logits.detach(), before))

        ahead = None
        if self._is_correction_due():  # raw gradients and old weights are needed later
            ahead = Lookahead.before_step(self.model, self.optimizer, self.config.max_norm)
        if self.config.max_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

        tokens = float(sum(batch.ids.numel() for batch in batches))
        measures = {
            "loss": self.processes.sum(loss, self._device),
            "learning_rate": rate,
            "tokens": tokens,
        }
        if ahead is not None:
            measures |= self._correct(ahead, seen, rows, total)
        self.step_number += 1
        return measures

    def _correct(
        self,
        ahead: Lookahead,
        seen: Sequence[tuple[Batch, Tensor, Tensor, Randomness]],
        rows: Tensor,
        total: float,
    ) -> dict[str, float]:
        """Moves labels (or weights) of the step's prefixes along the hypergradient."""
        clean_loss = self._clean_gradient()  # in .grad, at the new weights
        direction = ahead.direction()  # pulled back through the step
        self.optimizer.zero_grad(set_to_none=True)
        found = []
        for batch, weight, logits, before in seen:

            def forward(model: Callable[..., Any], batch: Batch = batch) -> Tensor:
                return self._logits(model, batch)

            # How each logit at the old weights moves along that direction.
            mode = self.config.correction.mode
            slopes = ahead.logit_derivatives(forward, direction, mode, before)
            if self.config.method == "correct":
                found.append(label_gradients(slopes, weight, total))
            else:
                labels = self.table.labels(batch.rows)
                found.append(weight_gradients(slopes, logits, labels, total))
        gradients = self.processes.gather(found)
        if self.config.method == "correct":
            self._corrector.update(rows, gradients)
        else:
            self.weights.update(rows, gradients)
        return {"clean_loss": clean_loss, "hypergradient": float(gradients.abs().mean())}

    def _clean_gradient(self) -> float:
        """Leaves the gradient of the clean loss in `.grad`; the loss, over programs of meta."""
        drawn = list(self._meta)
        if len(drawn) > self.config.correction.meta_batch:
            random = Random(f"{self._seed} meta {self.step_number}")
            drawn = random.sample(drawn, self.config.correction.meta_batch)
        drawn.sort(key=len)
        size = self.config.batch
        parts = [drawn[start : start + size] for start in range(0, len(drawn), size)]
        loss = 0.0
        for part in self.processes.own(parts):
            batch = collate(part)
            logits = self._logits(self.model, batch)
            ones = torch.ones(len(batch.rows))
            piece = soft_bce(logits, self.table.labels(batch.rows), ones, len(drawn))
            torch.autograd.backward(piece)
            loss += piece.item()
        self.processes.sum_gradients(self.model)
        return self.processes.sum(loss, self._device)

    def _is_correction_due(self) -> bool:
        past = self.step_number - self._warmup
        due = past >= 0 and past % self.config.correction.every == 0
        return due and self.config.method in CORRECTING

    @property
    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    def _logits(self, model: Callable[..., Any], batch: Batch) -> Tensor:
        bf16 = self.config.precision == "bf16"
        with torch.autocast(self._device.type, torch.bfloat16, enabled=bf16):
            return prefix_logits(model, batch, self._device)

    def state_dict(self) -> dict[str, Any]:
        """Everything from which the training goes on exactly as if it had not stopped."""
        trained = {n for n, p in self.model.named_parameters() if p.requires_grad}
        return {
            "step": self.step_number,
            "model": {n: t for n, t in self.model.state_dict().items() if n in trained},
            "optimizer": self.optimizer.state_dict(),
            "table": self.table.state_dict(),
            "weights": self.weights.state_dict(),
            "random": torch.get_rng_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues where `state_dict` was called.

        Raises:
            InputError: the state belongs to other labels.
        """
        self.table.load_state_dict(state["table"])
        self.model.load_state_dict(state["model"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        self.weights.load_state_dict(state["weights"])
        torch.set_rng_state(state["random"])
        self.step_number = state["step"]


# ---- the loop, and the checkpoint from which it goes on


def train(
    trainer: Trainer,
    folder: Path,
    identity: str,
    validate: Callable[[], tuple[float, Measures]],
    on_progress: OnProgress,
) -> None:
    """Takes all steps that are left, and leaves the best weights, or the last, in the model.

    Args:
        trainer: a trainer at its beginning.
        folder: folder of checkpoint.pt, best.pt, metrics.jsonl and TensorBoard's files.
        identity: hash of settings, labels and processes; checkpoints of others are refused.
        validate: the loss by which the best weights are chosen, and all measures.
        on_progress: told after every step.

    Raises:
        InputError: the checkpoint belongs to another training.
    """
    best = resume(trainer, folder, identity)
    writes = trainer.processes.number == 0  # one of several processes writes, all read
    log = MeasureLog(folder, trainer.step_number) if writes else None
    known, began, tokens = trainer.step_number, time.monotonic(), 0
    try:
        while trainer.step_number < trainer.steps:
            measures: Measures = dict(trainer.step())
            number, every = trainer.step_number, trainer.config.validate_every
            last = number == trainer.steps
            if every and (number % every == 0 or last):
                loss, measures["validation"] = validate()
                if best is None or loss < best:
                    best = loss
                    _save(trainer.state_dict()["model"], folder / "best.pt", writes)
            if log is not None:
                log.note(number, measures)
            if number % trainer.config.save_every == 0 or last:
                state = {"identity": identity, "trainer": trainer.state_dict(), "best": best}
                _save(state, folder / "checkpoint.pt", writes)
            tokens += int(measures["tokens"])
            seconds = time.monotonic() - began
            left = estimate_left(seconds, number - known, trainer.steps - number)
            on_progress(Progress("prm", number, trainer.steps, tokens, seconds, left))
    finally:
        if log is not None:
            log.close()
    if best is not None and writes:
        weights = torch.load(folder / "best.pt", weights_only=True, map_location="cpu")
        trainer.model.load_state_dict(weights, strict=False)


def resume(trainer: Trainer, folder: Path, identity: str) -> float | None:
    """Goes back to the last checkpoint, if there is one; the best loss on validation so far.

    Raises:
        InputError: the checkpoint belongs to other settings, labels or processes.
    """
    file = folder / "checkpoint.pt"
    if not file.exists():
        return None
    state = torch.load(file, weights_only=True, map_location="cpu")
    if state["identity"] != identity:
        raise InputError(
            f"{file} belongs to a run with other settings, labels or number of processes; remove "
            f"the folder {folder} to train anew, or bring the old ones back"
        )
    trainer.load_state_dict(state["trainer"])
    best: float | None = state["best"]
    return best


def _save(state: dict[str, Any], file: Path, writes: bool) -> None:
    """Whole or not at all."""
    if writes:
        draft = file.with_name(f".{file.name}.new")
        torch.save(state, draft)
        draft.replace(file)
