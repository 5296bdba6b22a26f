"""A training run's state on disk, from which a killed run goes on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from dreamcode.errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(slots=True)
class Done:
    """How far a run has come.

    Attributes:
        step: optimiser steps taken.
        tokens: tokens seen, padding not counted.
        seconds: time spent training, of all its parts together.
        loss: running mean of the loss, nats a token.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = 0.0


def save_checkpoint(
    path: Path,
    settings: "DataclassInstance",
    done: Done,
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
) -> None:
    """Writes everything at once: a kill while writing leaves the checkpoint before."""
    state: dict[str, Any] = {"settings": asdict(settings), "done": asdict(done)}
    state |= {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def load_checkpoint(
    path: Path,
    settings: "DataclassInstance",
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
) -> Done:
    """Puts model and optimiser into the saved state; does nothing where none is saved.

    Raises:
        InputError: the checkpoint belongs to a run with other settings.
    """
    if not path.exists():
        return Done()
    saved: Mapping[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    if saved["settings"] != asdict(settings):
        raise InputError(f"{path} is of a run with other settings: remove it or change --out")
    model.load_state_dict(saved["model"])
    optimiser.load_state_dict(saved["optimiser"])
    return Done(**saved["done"])
