"""Networks that the experiment trains from scratch: the weak completer, and a small backbone."""

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from rich.console import Console

from dreamcode.errors import InputError
from experiments.label_correction.config import ExperimentConfig
from experiments.pretraining.pretrain import Settings, train

WEAK = "weak"
NETWORK = "base/network"


def make_weak_completer(
    out: Path, config: ExperimentConfig, console: Console, say: Callable[[str], None]
) -> None:
    """The embedded policy's network, trained for less long, into `out`/weak.

    Raises:
        InputError: the folder holds one that was trained otherwise.
    """
    settings = Settings(seed=config.weak.seed, steps=config.weak.steps)
    _train(out / WEAK, settings, console, say)


def make_network(
    out: Path, config: ExperimentConfig, console: Console, say: Callable[[str], None]
) -> None:
    """The backbone of the reward models, if it is not the one of `prm.base`.

    Raises:
        InputError: the folder holds one that was trained otherwise.
    """
    if config.base is not None and config.base.network is not None:
        settings = Settings(**config.base.network.model_dump())
        _train(out / NETWORK, settings, console, say)


def _train(folder: Path, settings: Settings, console: Console, say: Callable[[str], None]) -> None:
    """Trains into the folder what is not there yet; it reads the embedded policy's tokens."""
    record = folder / "training.json"
    if record.exists():
        known = Settings(**json.loads(record.read_text())["settings"])
        if known != settings:
            raise InputError(
                f"{folder} holds a network that was trained with {known}, not {settings}; "
                "choose another --out"
            )
        return
    say(f"{folder.name}: training {settings.steps} steps")
    folder.mkdir(parents=True, exist_ok=True)
    embedded = resources.files("dreamcode.policies") / "embedded"
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if not (folder / name).exists():
            (folder / name).write_bytes((embedded / name).read_bytes())
    train(settings, folder, console)
