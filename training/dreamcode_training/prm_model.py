"""The network that is trained: a backbone with one logit per token, adapters where wanted."""

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dreamcode.errors import InputError
from dreamcode.policies.loading import SMALL_MODEL, check_tokenizer, keep_freed_memory
from dreamcode.rewards.checkpoint import PrmConfig, hash_vocabulary, write_prm_config
from dreamcode.rewards.encoding import ChainEncoder
from dreamcode_sandbox.opening import available_processors
from dreamcode_training.adapters import add_adapters, merge_adapters
from dreamcode_training.config import PrmStageConfig


@dataclass(frozen=True, slots=True)
class Backbone:
    """A model to train and the tokenizer that belongs to it.

    Attributes:
        model: a transformers token-classification model with one label, or its peft wrapping.
        tokenizer: the base's tokenizer.
        window: most tokens it reads; None if it does not say.
    """

    model: Any
    tokenizer: Any
    window: int | None

    def encoder(self, config: PrmConfig, say: Callable[[str], None]) -> ChainEncoder:
        """How chains become this model's tokens; `say` is told of shortened statements."""
        return ChainEncoder(self.tokenizer, config, self.window, say)


def load_backbone(config: PrmStageConfig, seed: int) -> Backbone:
    """The base with a fresh head, all of it trainable or only adapters and head.

    Raises:
        InputError: there is no such base, or its tokenizer is another model's.
    """
    from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer
    from transformers.utils import logging

    # That the head is new is no news here, and the terminal belongs to the command's own view.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    source = base_folder(config.base)
    torch.manual_seed(seed)  # the head, and the adapters
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
        settings = AutoConfig.from_pretrained(source, num_labels=1)
        settings.classifier_dropout = 0.0  # transformers' own default is 0.1
        model = AutoModelForTokenClassification.from_pretrained(
            source,
            config=settings,
            dtype=_frozen_dtype(config),
            attn_implementation=config.attention,
        )
    except (OSError, ValueError, ImportError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise InputError(
            f"cannot load prm.base {config.base!r}: {first_line} Give embedded, a folder with "
            "config.json and weights, or an id on the model hub."
        ) from error
    check_tokenizer(f"prm.base {config.base!r}", tokenizer, model)
    _settle_threads(model.num_parameters())
    model.config.use_cache = False
    window = getattr(model.config, "max_position_embeddings", None)
    if config.lora is not None:
        model = add_adapters(model, config.lora)
    _set_checkpointing(model, config)
    return Backbone(model, tokenizer, window)


def _frozen_dtype(config: PrmStageConfig) -> torch.dtype:
    """What weights are loaded as; those that are trained become fp32 afterwards."""
    bf16 = config.lora is not None and config.lora.frozen == "bf16"
    return torch.bfloat16 if bf16 else torch.float32


def _set_checkpointing(model: Any, config: PrmStageConfig) -> None:
    """As configured, whatever the base's own config.json says.

    Raises:
        InputError: the model cannot do without its activations.
    """
    with warnings.catch_warnings():
        # transformers is about to give these two other names.
        warnings.filterwarnings("ignore", ".*gradient_checkpointing_", FutureWarning)
        if not config.gradient_checkpointing:
            model.gradient_checkpointing_disable()
            return
        try:
            # Reentrant checkpoints would need inputs that have gradients; a frozen base has none.
            model.gradient_checkpointing_enable({"use_reentrant": False})
        except ValueError as error:
            raise InputError(
                f"prm.base {config.base!r} cannot be trained with gradient_checkpointing: {error} "
                "Set prm.gradient_checkpointing: false; docs/training.md (Size) says what else "
                "saves memory"
            ) from error


def _settle_threads(parameters: int) -> None:
    """The same threads for the same model, whatever ran before: sums depend on them bit for bit."""
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    most = max(1, available_processors() // processes)
    torch.set_num_threads(1 if parameters < SMALL_MODEL else most)
    keep_freed_memory()


def base_folder(base: str) -> str:
    """Where transformers finds the base."""
    if base == "embedded":
        return str(resources.files("dreamcode.policies") / "embedded")
    return str(Path(base).expanduser()) if base.startswith("~") else base


def export(model: Any, tokenizer: Any, prm: PrmConfig, folder: Path, dtype: torch.dtype) -> None:
    """Writes an ordinary checkpoint with its prm.json; adapters are merged into the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    merged = nn.Module.to(merge_adapters(model), dtype)
    merged.config.use_cache = True
    merged.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_prm_config(folder, replace(prm, vocabulary=hash_vocabulary(tokenizer)))


def export_adapters(
    model: Any, tokenizer: Any, prm: PrmConfig, folder: Path, dtype: torch.dtype, base: str
) -> None:
    """Writes adapters and head alone, as peft does, with their prm.json.

    The tokenizer stays with the base, which is known by the name that the settings give it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    named = base_folder(base) if base == "embedded" else base
    model.peft_config["default"].base_model_name_or_path = named
    trained = {n: p.to("cpu", dtype) for n, p in model.named_parameters() if p.requires_grad}
    model.save_pretrained(folder, state_dict=trained, save_embedding_layers=False)
    write_prm_config(folder, replace(prm, vocabulary=hash_vocabulary(tokenizer)))
