"""Loads models of transformers: one place for device, numbers, threads and errors."""

import ctypes
import sys
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from dreamcode.errors import InfrastructureError, InputError

SMALL_MODEL = 20_000_000
"""Below this many parameters one thread is as fast as several, whose waiting for each other
makes a busy machine crawl; and fp32 is as fast as bf16 on a GPU."""


def load_pretrained(
    auto_class: Any, source: str, **given: Any
) -> tuple[PreTrainedModel, Any, dict[str, Any]]:
    """A model in eval mode on this machine's device, its tokenizer, and how loading went.

    Args:
        auto_class: a class of transformers, e.g. `AutoModelForCausalLM`.
        source: a folder on disk, else an id on the model hub.
        given: what goes into the model's config.

    Returns:
        Model, tokenizer, and the loading report of transformers ("missing_keys", ...).

    Raises:
        InputError: there is no such model, it is of another kind, its files are damaged or do
            not fit each other, or it needs code of its own.
        InfrastructureError: the GPU is full.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # The terminal belongs to the commands' own views; what matters of a report is raised.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        # bf16 weights are stored small but computed in fp32 on CPU, where that is faster.
        model, report = auto_class.from_pretrained(
            source,
            dtype=torch.float32 if device == "cpu" else "auto",
            trust_remote_code=False,
            output_loading_info=True,
            **given,
        )
        model.eval()
        small = model.num_parameters() < SMALL_MODEL
        if small:
            model.float()  # a GPU shall give the numbers that a CPU gives
        model.to(device)
    except torch.OutOfMemoryError as error:
        raise InfrastructureError(
            f"model {source!r} does not fit the GPU's free memory; free some, or use a smaller one"
        ) from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise InputError(f"cannot load model {source!r}: {first_line} {_remedy(error)}") from error
    if device == "cpu":
        keep_freed_memory()
        if small:
            torch.set_num_threads(1)
    return model, tokenizer, report


def keep_freed_memory() -> None:
    """Lets the C library keep what is freed between steps.

    Giving it back to the system costs training two thirds of its time. Does nothing where the
    C library is not glibc.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        for option, value in ((-4, 0), (-1, 2**31 - 1), (-2, 2**28)):  # malloc.h: M_MMAP_MAX, ...
            library.mallopt(option, value)


def check_tokenizer(name: str, tokenizer: Any, model: Any) -> None:
    """Refuses a tokenizer that makes tokens the model has no embedding for.

    Raises:
        InputError: the tokenizer makes such tokens.
    """
    known = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > known:
        raise InputError(
            f"{name}: its tokenizer has {len(tokenizer)} tokens but the model only {known} "
            "embeddings; the checkpoint carries another model's tokenizer: put its own beside "
            "the weights"
        )


def _remedy(error: Exception) -> str:
    if "trust_remote_code" in str(error):
        return (
            "Code that comes with a model is not run here; use a model that transformers knows "
            "by itself."
        )
    return "Give a folder with config.json and weights, or an id on the model hub."
