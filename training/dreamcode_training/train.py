"""One training of a reward model, top to bottom: a step, its correction, the loop.

Warm-up on the labels as counted, then steps that also correct them. Source: DreamPRM-Code
(arXiv 2512.15000), with the exact one-step hypergradient of `correction` in place of finite
differences.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from dreamcode.errors import InputError
from dreamcode_training.batches import Batch, Data, average, collate, prefix_logits
from dreamcode_training.config import CORRECTING, PrmStageConfig
from dreamcode_training.correction.correctors import (
    LabelCorrector,
    SampleWeights,
    label_gradients,
    shuffle_gradients,
    weight_gradients,
)
from dreamcode_training.correction.hypergradient import (
    Lookahead,
    Randomness,
    check_forward_mode,
    check_optimizer,
)
from dreamcode_training.losses import Loss
from dreamcode_training.measure_log import MeasureLog, Measures
from dreamcode_training.pace import (
    chains_per_step,
    count_steps,
    learning_rate,
    plan_corrections,
)
from dreamcode_training.processes import Processes
from dreamcode_training.progress import OnProgress, Progress, estimate_left
from dreamcode_training.schedule import Phase, plan_phases


def make_optimizer(model: nn.Module, config: PrmStageConfig) -> Optimizer:
    """The configured optimiser over the trainable weights."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    rate, decay = config.learning_rate, config.weight_decay
    fused = trained[0].is_cuda  # else a GPU holds one more number per weight during the step
    if config.optimizer == "sgd":
        return SGD(trained, rate, momentum=0.9, weight_decay=decay, fused=fused)
    kind = AdamW if config.optimizer == "adamw" else Adam
    return kind(trained, rate, betas=(0.9, 0.98), weight_decay=decay, fused=fused)


# ---- a step and its correction


class Trainer:
    """The state of one training, advanced a step at a time.

    Methods: `orm` learns finished programs of train and meta; `mc` and `outcome` every prefix of
    train with its label; `joint` the same and the chains of meta, of which those prefixes count
    that have a label; `reweight` and `correct` learn what `mc` does and, every M steps after the
    warm-up, move the weights or the labels of the step's prefixes so that the step would have
    made the model more right about finished programs of meta; `correct` with two folds of meta
    learns as `joint` does, too.

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
        self._loss = Loss(config.loss, config.smoothing)
        self.phases = plan_phases(data, config, seed)
        self.step_number = 0
        self.steps = count_steps(len(data.train), config)
        self.pace = plan_corrections(config, len(data.train), len(data.meta))
        self.optimizer = make_optimizer(model, config)
        self.weights = SampleWeights(data.table, self.pace.eta, correction.anchor)
        self._corrector = LabelCorrector(
            data.table,
            self.pace.eta,
            correction.anchor,
            correction.max_shift,
            correction.bound,
            self.pace.eta_common,
        )
        if chains_per_step(config) < processes.count:
            raise InputError(
                f"prm.batch x prm.accumulation is {chains_per_step(config)} chains per step, too "
                f"few for {processes.count} processes; raise prm.batch or start fewer"
            )
        if config.method in CORRECTING:
            check_optimizer(self.optimizer)
            if correction.mode == "jvp":
                check_forward_mode(model)

    def step(self) -> dict[str, float]:
        """One optimiser step, and the correction that is due with it; returns its measures."""
        phase = self._phase
        members = phase.schedule.step(self.step_number - phase.first)
        batches = [collate(part) for part in self.processes.deal(members)]
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
                part = self._loss.part(logits, self.table.labels(batch.rows), weight, total)
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
                found.append(label_gradients(slopes, self._loss.pulls(logits), weight, total))
            else:
                pushes = self._loss.slopes(logits, self.table.labels(batch.rows).to(logits))
                found.append(weight_gradients(slopes, pushes, total))
        gradients = self.processes.gather(found)
        if self.config.correction.placebo:
            movable = self.table.correctable(rows)
            shuffle_gradients(gradients, movable, f"{self._seed} placebo {self.step_number}")
        if self.config.method == "correct":
            self._corrector.update(rows, gradients)
        else:
            self.weights.update(rows, gradients)
        return {"clean_loss": clean_loss, "hypergradient": float(gradients.abs().mean())}

    def _clean_gradient(self) -> float:
        """Leaves the gradient of the clean loss in `.grad`; the loss, over programs of meta."""
        drawn = list(self._phase.judges)
        if self.config.correction.upper == "last":
            drawn = [example.last() for example in drawn]
        if len(drawn) > self.config.correction.meta_batch:
            random = Random(f"{self._seed} meta {self.step_number}")
            drawn = random.sample(drawn, self.config.correction.meta_batch)
        drawn.sort(key=len)
        size = self.config.batch
        parts = [drawn[start : start + size] for start in range(0, len(drawn), size)]
        loss = 0.0
        for part in self.processes.own(parts):
            batch = collate(part)
            odds = average(self._logits(self.model, batch), batch)
            outcomes = self.table.labels(torch.tensor([example.rows[-1] for example in part]))
            piece = Loss(self.config.loss).part(odds, outcomes, torch.ones(len(part)), len(drawn))
            torch.autograd.backward(piece)
            loss += piece.item()
        self.processes.sum_gradients(self.model)
        return self.processes.sum(loss, self._device)

    def _is_correction_due(self) -> bool:
        past = self.step_number - self.pace.first
        due = past >= 0 and past % self.pace.every == 0
        return due and self.config.method in CORRECTING

    @property
    def _phase(self) -> Phase:
        return [phase for phase in self.phases if phase.first <= self.step_number][-1]

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
