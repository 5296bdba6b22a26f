"""Attention a block of queries at a time, where no kernel does that by itself.

Forward mode needs the sdpa kernel that writes all scores down, tokens x tokens per head, with
their derivatives: at 8,192 tokens that is more than all weights of the model. Rows of scores do
not depend on each other, so a block of them suffices at once.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

BLOCK = 64
"""Queries at a time."""


class BlockwiseAttention(TorchFunctionMode):
    """A context in which `scaled_dot_product_attention` holds the scores of one block only."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Called by torch in place of each of its functions."""
        if func is functional.scaled_dot_product_attention:
            return attend(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    **settings: Any,
) -> Tensor:
    """`scaled_dot_product_attention`, with its arguments; dropout is drawn block by block."""
    parts = []
    for start in range(0, query.shape[-2], BLOCK):
        rows = query[..., start : start + BLOCK, :]
        stop = start + rows.shape[-2]
        seen, mask = key.shape[-2], attn_mask
        if is_causal:  # query i sees keys 0..i
            seen = min(stop, seen)
            mask = torch.ones(stop - start, seen, dtype=torch.bool, device=query.device).tril(start)
        elif mask is not None and mask.shape[-2] > 1:
            mask = mask[..., start:stop, :]
        keys, values = key[..., :seen, :], value[..., :seen, :]
        part = functional.scaled_dot_product_attention(
            rows, keys, values, mask, dropout_p, **settings
        )
        parts.append(part)
    return torch.cat(parts, dim=-2)
