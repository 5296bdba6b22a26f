"""Networks that are trained from scratch: the weak completer, and what the base is made from."""

import json
from importlib import resources
from pathlib import Path

from dreamcode.errors import InputError
from experiments.label_correction.lab import Say
from experiments.pretraining.pretrain import Settings, train

WEAK = "weak"
NETWORK = "network"


def make_network(folder: Path, settings: Settings, say: Say) -> None:
    """Trains into the folder what is not there yet; it reads the embedded policy's tokens.

    Raises:
        InputError: the folder holds one that was trained otherwise.
    """
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
    train(settings, folder, lambda line: say(f"{folder.name}: {line}"))
