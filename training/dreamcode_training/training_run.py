"""The files of a training run."""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch

from dreamcode.errors import InputError
from dreamcode.runs.folder import write_whole
from dreamcode_training.trainer import Trainer

Measures = dict[str, Any]


STATE = ("checkpoint.pt", "best.pt", "metrics.jsonl", "tensorboard", "model", "corrected.jsonl")
"""What of a training belongs to one set of inputs and must not meet another."""


def clear_training(folder: Path, keep: Sequence[str] = ()) -> None:
    """Removes the state of a training from its folder, all but what `keep` names."""
    for name in STATE:
        path = folder / name
        if name in keep:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def begin_training(folder: Path, identity: str) -> bool:
    """Clears away the training of another identity; says whether there was none of this one."""
    begun = folder / "identity"
    if begun.exists() and begun.read_text("utf-8") == identity:
        return False
    clear_training(folder)
    begun.write_text(identity, "utf-8")
    return True


class TrainingRun:
    """Checkpoint, measures and the best weights so far, in one folder.

    Only the main one of several processes writes; all of them read.

    Args:
        folder: where the files are.
        trainer: whose state they keep.
        identity: of settings and labels; a checkpoint of another one is refused.
    """

    def __init__(self, folder: Path, trainer: Trainer, identity: str) -> None:
        from accelerate import PartialState

        self._folder = folder
        self._trainer = trainer
        self._identity = identity
        self._best: float | None = None
        self._writer: Any = None
        self.is_main = bool(PartialState().is_main_process)

    def resume(self) -> None:
        """Goes back to the last checkpoint, if there is one.

        Raises:
            InputError: the checkpoint belongs to other settings, labels or processes.
        """
        file = self._folder / "checkpoint.pt"
        if file.exists():
            state = torch.load(file, weights_only=True, map_location="cpu")
            if state["identity"] != self._identity:
                raise InputError(
                    f"{file} belongs to a run with other settings, labels or number of "
                    f"processes; remove the folder {self._folder} to train anew, or bring the old "
                    "ones back"
                )
            self._trainer.load_state_dict(state["trainer"])
            self._best = state["best"]
        if self.is_main:
            self._forget_later_measures()
            self._open_tensorboard()

    def note(self, measures: Measures) -> None:
        """Appends a step's measures."""
        if not self.is_main:
            return
        step = self._trainer.step_number
        with (self._folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **measures}) + "\n")
        for name, value in _flatten(measures):
            self._writer.add_scalar(name, value, step)

    def judge(self, loss: float) -> None:
        """Keeps the weights if their loss on validation is the lowest so far."""
        if self._best is None or loss < self._best:
            self._best = loss
            _save(self._trainer.state_dict()["model"], self._folder / "best.pt", self.is_main)

    def save(self) -> None:
        """Writes the checkpoint: whole or not at all."""
        state = {
            "identity": self._identity,
            "trainer": self._trainer.state_dict(),
            "best": self._best,
        }
        _save(state, self._folder / "checkpoint.pt", self.is_main)

    def load_best(self) -> None:
        """Puts the best weights into the model, where some were kept."""
        if self._best is not None:
            best = torch.load(self._folder / "best.pt", weights_only=True, map_location="cpu")
            self._trainer.model.load_state_dict(best, strict=False)

    def close(self) -> None:
        """Writes out what TensorBoard's files still lack."""
        if self._writer is not None:
            self._writer.close()

    def _forget_later_measures(self) -> None:
        """Drops what was noted after the checkpoint: those steps will be taken again."""
        file = self._folder / "metrics.jsonl"
        if file.exists():
            kept = []
            for line in file.read_text("utf-8").split("\n")[:-1]:
                if json.loads(line)["step"] > self._trainer.step_number:
                    break
                kept.append(line + "\n")
            write_whole(file, "".join(kept))

    def _open_tensorboard(self) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(
            str(self._folder / "tensorboard"), purge_step=self._trainer.step_number + 1
        )


def _flatten(measures: Measures, before: str = "") -> Iterable[tuple[str, float]]:
    for name, value in measures.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{before}{name}/")
        elif value is not None:
            yield before + name, value


def _save(state: dict[str, Any], file: Path, is_main: bool) -> None:
    if is_main:
        draft = file.with_name(f".{file.name}.new")
        torch.save(state, draft)
        draft.replace(file)
