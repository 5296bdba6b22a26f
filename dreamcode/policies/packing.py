"""Weights laid out for this machine's processor, which is several times as fast for few rows."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

ROWS = 8
"""Rows that the layout is made for; it serves more and fewer as well."""


class PackedLinear(nn.Module):
    """A linear layer whose weights oneDNN has laid out, instead of anew for every call.

    Source: what torch.compile makes of frozen weights on a CPU.

    Args:
        layer: in fp32, on a CPU.
    """

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), ROWS)
        self._bias = None if layer.bias is None else layer.bias.detach()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The layer's outputs, shape (..., features)."""
        outputs: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            inputs, self._weight, self._bias, "none", [], ""
        )
        return outputs


def pack_weights(model: PreTrainedModel) -> None:
    """Lays out the weights of all linear layers, if the model is on a CPU that gains by it.

    It cannot be trained or saved after that.
    """
    mkldnn: Any = torch.backends.mkldnn
    if model.device.type != "cpu" or not mkldnn.is_available():
        return
    with torch.inference_mode():
        _pack(model)


def _pack(module: Any) -> None:
    for name, child in module.named_children():
        if type(child) is nn.Linear and child.weight.dtype is torch.float32:
            setattr(module, name, PackedLinear(child))
        else:
            _pack(child)
