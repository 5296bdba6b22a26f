"""Trains a reward model: warm-up on the labels as counted, then steps that also correct them.

Read it from top to bottom. Source: DreamPRM-Code (arXiv 2512.15000), with the one-step
hypergradient of `correction` in place of finite differences.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

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
from dreamcode_training.examples import Batch, Example, Schedule, collate, draw_examples
from dreamcode_training.labels import LabelTable
from dreamcode_training.prm_model import prefix_logits

CORRECTING = ("reweight", "correct")


@dataclass(frozen=True, slots=True)
class Data:
    """What a training run learns from.

    Attributes:
        train: chains of train problems, every prefix scored.
        meta: chains of other problems; their last rows, of finished programs, are clean.
        table: the labels of all their prefixes.
    """

    train: Sequence[Example]
    meta: Sequence[Example]
    table: LabelTable


class Trainer:
    """One training run, advanced a step at a time.

    Methods: `orm` learns finished programs of train and meta; `mc` every prefix of train with
    its counted label; `joint` the same and the chains of meta, whose finished programs alone
    count where no prefix of them was measured; `reweight` and
    `correct` learn what `mc` does and, every M steps after the warm-up, move the weights or the
    labels of the step's prefixes so that the step would have made the model more right about
    finished programs of meta.

    Args:
        model: a module that gives one logit a token (see `prefix_logits`), on its device.
        data: what it learns from.
        config: how.
        seed: of the order of examples.
        process: this process's number, for training in several.
        processes: how many there are.
        wrapped: `model` as it is called in training, where several processes wrap it.

    Raises:
        InputError: the model or the optimiser cannot be differentiated as `config` wants.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Data,
        config: PrmStageConfig,
        seed: int,
        *,
        process: int = 0,
        processes: int = 1,
        wrapped: nn.Module | None = None,
    ) -> None:
        self.model = model
        self.config = config
        self.table = data.table
        self.step_number = 0
        self._wrapped = model if wrapped is None else wrapped
        self._seed = seed
        self.processes = processes
        self._process = process
        self._meta = [example.last() for example in data.meta]
        self._schedule = Schedule(
            examples_of(config.method, data), config.batch, config.accumulation * processes, seed
        )
        self.steps = count_steps(len(data.train), config, processes)
        self._warmup = math.ceil(config.correction.warmup * self.steps)
        self.optimizer = make_optimizer(model, config)
        correction = config.correction
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
        batches = self._schedule.step(self.step_number)
        rows = torch.cat([batch.rows for batch in batches])
        weights = self.weights.weights(rows)
        total = float(weights.sum()) or 1.0
        shares = torch.split(weights, [len(batch.rows) for batch in batches])
        own = list(zip(batches, shares, strict=True))[self._process :: self.processes]
        rate = learning_rate(self.config, self.step_number, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

        self.model.train()
        correcting = self._is_correction_due()
        loss = 0.0
        seen: list[tuple[Batch, Tensor, Tensor, Randomness]] = []
        for place, (batch, weight) in enumerate(own):
            before = Randomness.now()
            logits, part = self._backward(batch, weight, total, last=place == len(own) - 1)
            loss += part
            seen.append((batch, weight, logits, before))
        ahead = None
        if correcting:
            ahead = Lookahead.before_step(self.model, self.optimizer, self.config.max_norm)
        if self.config.max_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

        tokens = float(sum(batch.ids.numel() for batch in batches))
        measures = {"loss": self._sum(loss), "learning_rate": rate, "tokens": tokens}
        if ahead is not None:
            measures |= self._correct(ahead, seen, rows, total)
        self.step_number += 1
        return measures

    def _backward(
        self, batch: Batch, weight: Tensor, total: float, *, last: bool
    ) -> tuple[Tensor, float]:
        """Adds a micro-batch's gradient; returns its logits and its part of the loss."""
        with self._synchronised(last), self._precision():
            logits = self._logits(self._wrapped, batch)
        with self._synchronised(last):
            loss = soft_bce(logits, self.table.labels(batch.rows), weight, total)
            # Several processes average their gradients, but the parts are to be summed.
            torch.autograd.backward(loss * self.processes)
        return logits.detach(), loss.item()

    def _correct(
        self,
        ahead: Lookahead,
        seen: Sequence[tuple[Batch, Tensor, Tensor, Randomness]],
        rows: Tensor,
        total: float,
    ) -> dict[str, float]:
        """Moves labels (or weights) of the step's prefixes along the hypergradient."""
        clean_loss = self._clean_gradient()
        direction = ahead.direction()
        self.optimizer.zero_grad(set_to_none=True)
        found = []
        for batch, weight, logits, before in seen:

            def forward(model: Callable[..., Any], batch: Batch = batch) -> Tensor:
                with self._precision():
                    return self._logits(model, batch)

            slopes = ahead.logit_derivatives(
                forward, direction, self.config.correction.mode, before
            )
            if self.config.method == "correct":
                found.append(label_gradients(slopes, weight, total))
            else:
                labels = self.table.labels(batch.rows)
                found.append(weight_gradients(slopes, logits, labels, total))
        gradients = self._gather(found)
        if self.config.method == "correct":
            self._corrector.update(rows, gradients)
        else:
            self.weights.update(rows, gradients)
        return {"clean_loss": clean_loss, "hypergradient": float(gradients.abs().mean())}

    def _clean_gradient(self) -> float:
        """Leaves the gradient of the clean loss, at the new weights, in `.grad`."""
        correction = self.config.correction
        drawn = draw_examples(self._meta, correction.meta_batch, self._seed, self.step_number)
        drawn.sort(key=lambda example: len(example.ids))
        size = self.config.batch
        parts = [drawn[start : start + size] for start in range(0, len(drawn), size)]
        loss = 0.0
        for part in parts[self._process :: self.processes]:
            batch = collate(part)
            ones = torch.ones(len(batch.rows))
            with self._precision():
                logits = self._logits(self.model, batch)
            piece = soft_bce(logits, self.table.labels(batch.rows), ones, len(drawn))
            torch.autograd.backward(piece)
            loss += piece.item()
        if self.processes > 1:
            for parameter in self.model.parameters():
                if parameter.requires_grad:
                    if parameter.grad is None:
                        parameter.grad = torch.zeros_like(parameter)
                    torch.distributed.all_reduce(parameter.grad)
        return self._sum(loss)

    @property
    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    def _is_correction_due(self) -> bool:
        return (
            self.config.method in CORRECTING
            and self.step_number >= self._warmup
            and (self.step_number - self._warmup) % self.config.correction.every == 0
        )

    def _logits(self, model: Callable[..., Any], batch: Batch) -> Tensor:
        device = self._device
        moved = Batch(batch.ids.to(device), batch.chain, batch.end, batch.rows)
        return prefix_logits(model, moved)

    def _precision(self) -> torch.autocast:
        return torch.autocast(
            self._device.type, torch.bfloat16, enabled=self.config.precision == "bf16"
        )

    def _synchronised(self, last: bool) -> Any:
        """Processes exchange gradients with the last micro-batch of a step only."""
        wrapped: Any = self._wrapped
        return nullcontext() if last or wrapped is self.model else wrapped.no_sync()

    def _sum(self, value: float) -> float:
        if self.processes == 1:
            return value
        # GPUs exchange only what is on them.
        total = torch.tensor(value, dtype=torch.float64, device=self._device)
        torch.distributed.all_reduce(total)
        return float(total)

    def _gather(self, found: Sequence[Tensor]) -> Tensor:
        """Every process's gradients, in the order of the step's micro-batches."""
        if self.processes == 1:
            return torch.cat(list(found))
        gathered: list[Any] = [None] * self.processes
        torch.distributed.all_gather_object(gathered, list(found))
        return torch.cat([one for group in zip(*gathered, strict=True) for one in group])

    def state_dict(self) -> dict[str, Any]:
        """Everything from which the run goes on exactly as if it had not stopped."""
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


def examples_of(method: str, data: Data) -> list[Example]:
    """The examples that a method's steps go through; prefixes with n = 0 weigh nothing."""
    if method == "orm":
        return [example.last() for example in (*data.train, *data.meta)]
    return [*data.train, *(data.meta if method == "joint" else ())]


def count_steps(examples: int, config: PrmStageConfig, processes: int = 1) -> int:
    """Optimiser steps of a run: the same for all methods, so that they cost the same data."""
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


@torch.inference_mode()
def score_examples(model: nn.Module, examples: Sequence[Example], batch: int) -> list[list[float]]:
    """The logit of every scored prefix of every example, in their order."""
    model.eval()
    device = next(model.parameters()).device
    order = sorted(range(len(examples)), key=lambda place: len(examples[place].ids))
    found: list[list[float]] = [[] for _ in examples]
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        part = collate([examples[place] for place in places])
        part = Batch(part.ids.to(device), part.chain, part.end, part.rows)
        logits = prefix_logits(model, part).tolist()
        for chain, logit in zip(part.chain.tolist(), logits, strict=True):
            found[places[chain]].append(logit)
    return found
