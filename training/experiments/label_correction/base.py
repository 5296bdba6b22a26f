"""Networks that come before the grid: the weak completer, and the base of all trainings."""

import json
from importlib import resources
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode_training.config import CorrectionConfig
from dreamcode_training.progress import ProgressLines
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.data import OUTCOMES, WEAK
from experiments.label_correction.lab import Say
from experiments.label_correction.training import BASE, identify_inputs, learn
from experiments.pretraining import pretrain

NETWORK = "base/network"


def make_weak(out: Path, config: ExperimentConfig, say: Say) -> None:
    """The weak completer."""
    _pretrain(out / WEAK, config.weak, say)


def make_base(out: Path, config: ExperimentConfig, say: Say) -> None:
    """What all trainings start from: a network that learned programs, then their outcomes."""
    _pretrain(out / NETWORK, config.base.network, say)
    changes = {
        "method": "orm",
        "correction": CorrectionConfig(),  # it has none: choosing other settings keeps it
        "base": str(out / NETWORK),
        "epochs": config.base.epochs,
        "learning_rate": config.base.learning_rate,
        "validate_every": None,
    }
    settings = config.prm.model_copy(update=changes)
    folder = (out / BASE).parent
    identity = identify_inputs(settings, config.seed, out / OUTCOMES, out / NETWORK)
    mark = folder / "done"
    if not mark.exists() or mark.read_text("utf-8") != identity:
        mark.unlink(missing_ok=True)
        say(f"base: outcomes of {config.base.problems} problems")
        learn(folder, out / OUTCOMES, settings, config.seed, identity, ProgressLines(say))
        mark.write_text(identity, "utf-8")


def _pretrain(folder: Path, settings: pretrain.Settings, say: Say) -> None:
    """Trains into the folder what is not there yet; it reads the embedded policy's tokens."""
    record = folder / "training.json"
    if record.exists():
        if json.loads(record.read_text("utf-8"))["settings"] != settings.model_dump():
            raise InputError(
                f"{folder} holds a network that was trained otherwise; choose another --out"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    embedded = resources.files("dreamcode.policies") / "embedded"
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((embedded / name).read_bytes())
    pretrain.train(settings, folder, lambda line: say(f"{folder.name}: {line}"))
