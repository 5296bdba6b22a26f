"""Adapters (LoRA, as peft saves them): their base is loaded, and they are merged into it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedModel

from dreamcode.errors import InputError
from dreamcode.extras import require
from dreamcode.policies.adapters import find_base
from dreamcode.policies.loading import load_pretrained

WEIGHTS = "adapter_model.safetensors"
HEADS = (".score.weight", ".classifier.weight")


@contextmanager
def quiet_peft() -> Iterator[None]:
    """A context without what peft is warned of: it uses a name that transformers will drop."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
        yield


def load_adapted(name: str, folder: Path) -> tuple[PreTrainedModel, Any]:
    """The model with the folder's adapters merged in, and the folder's tokenizer, else the base's.

    Raises:
        InputError: peft is missing, the folder holds no reward model's adapters, or there is no
            such base.
    """
    require("train", "peft", what=f"{name}, an adapter,")
    from peft import PeftModel

    base = find_base(folder)
    assert base is not None
    labels = _count_labels(name, folder)
    try:
        model, tokenizer, _ = load_pretrained(
            AutoModelForTokenClassification, base, num_labels=labels
        )
    except InputError as error:
        raise InputError(
            f"{name} is an adapter of {base!r}, which cannot be used: {error} Get that model, or "
            "name where it is as base_model_name_or_path in adapter_config.json"
        ) from error
    try:
        with quiet_peft():
            merged = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    except (OSError, ValueError, RuntimeError) as error:  # other shapes, other names of layers
        first_line = str(error).strip().splitlines()[0]
        raise InputError(f"{name} does not fit its base {base!r}: {first_line}") from error
    if (folder / "tokenizer_config.json").is_file():
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    return merged.eval(), tokenizer


def _count_labels(name: str, folder: Path) -> int:
    """How many labels the head has that was saved with the adapters."""
    try:
        with safe_open(folder / WEIGHTS, "pt") as weights:
            heads = [key for key in weights.keys() if key.endswith(HEADS)]  # noqa: SIM118
            if heads:
                return int(weights.get_slice(heads[0]).get_shape()[0])
    except (OSError, SafetensorError) as error:
        raise InputError(f"{name}: cannot read {folder / WEIGHTS}: {error}") from error
    raise InputError(
        f"{name} is an adapter without a token-classification head, so its scores would be "
        "random: train one with modules_to_save, or merge it into a whole reward model"
    )
