"""Low-rank adapters (LoRA) around a base whose own weights rest, in fp32 or in bf16."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from dreamcode.rewards.adapters import quiet_peft
from dreamcode_training.config import LoraConfig


def add_adapters(model: Any, lora: LoraConfig) -> Any:
    """The model with fresh adapters; they and the head are trained, in fp32 whatever the base is.

    Args:
        model: a transformers token-classification model, in the precision its weights shall keep.
        lora: which adapters.
    """
    import peft

    settings = peft.LoraConfig(
        task_type=peft.TaskType.TOKEN_CLS,
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.targets,
        exclude_modules=["score"],  # the head is trained whole
        modules_to_save=["score"],
    )
    if lora.frozen == "bf16":
        # What runs from layer to layer stays as exact as with a base in fp32: autocast computes
        # the same with either, where the base's weights are bf16 numbers anyway.
        model.get_input_embeddings().register_forward_hook(_in_fp32)
    with quiet_peft():
        adapted = peft.get_peft_model(model, settings)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return adapted


def merge_adapters(model: Any) -> Any:
    """A copy of the model on the CPU with its adapters added to the weights, in fp32.

    The model itself is left as it is.
    """
    device = next(model.parameters()).device
    merged = copy.deepcopy(model.to("cpu"))  # a GPU may have no room for a second one
    model.to(device)
    nn.Module.to(merged, torch.float32)
    return merged.merge_and_unload() if hasattr(merged, "merge_and_unload") else merged


def _in_fp32(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
    return output.float()
