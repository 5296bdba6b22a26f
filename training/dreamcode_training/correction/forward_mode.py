"""Derivatives of a model's logits along one direction of its weights."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from dreamcode.errors import InputError
from dreamcode_training.correction.blockwise import BlockwiseAttention
from dreamcode_training.correction.optimizer_jacobian import global_norm

Forward = Callable[[Callable[..., Any]], Tensor]
"""Given something to call like the model, the logits it gives."""

DIFFERENCE = 1e-2
"""How far, in the Euclidean norm, finite differences move the weights to either side."""


@dataclass(frozen=True, slots=True)
class Randomness:
    """Where torch's generators stood, so that dropout can be drawn a second time."""

    cpu: Tensor
    cuda: tuple[Tensor, ...]

    @classmethod
    def now(cls) -> "Randomness":
        """The present state of the generators; nothing is drawn."""
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        return cls(torch.get_rng_state(), tuple(cuda))

    def repeat(self, forward: Forward) -> Forward:
        """The same function, drawing each time what was drawn from here on; leaves no trace."""

        def again(model: Callable[..., Any]) -> Tensor:
            with torch.random.fork_rng(devices=range(len(self.cuda))):
                torch.set_rng_state(self.cpu)
                for device, state in enumerate(self.cuda):
                    torch.cuda.set_rng_state(state, device)
                return forward(model)

        return again


def check_forward_mode(model: nn.Module) -> None:
    """Refuses, before training starts, a model through which forward mode cannot differentiate.

    Raises:
        InputError: attention is neither eager nor sdpa, or sdpa would draw attention dropout in
            a kernel of its own.
    """
    config = getattr(model, "config", None)
    attention = getattr(config, "_attn_implementation", None)
    if attention not in (None, "eager", "sdpa"):
        raise InputError(
            f"attention {attention!r} cannot do forward mode; set attention: eager (or sdpa), or "
            "correction.mode: fd"
        )
    dropout = getattr(config, "attention_dropout", 0.0)
    if attention == "sdpa" and dropout:
        raise InputError(
            f"attention_dropout {dropout} inside sdpa cannot be drawn again in forward mode; set "
            "attention: eager, or the model's attention_dropout: 0"
        )


def draws_dropout(model: nn.Module) -> bool:
    """Whether a forward pass of the model, in its present mode, is random."""
    attention = getattr(getattr(model, "config", None), "attention_dropout", 0.0)
    return (model.training and bool(attention)) or any(
        isinstance(module, nn.modules.dropout._DropoutNd) and module.training and module.p > 0
        for module in model.modules()
    )


def slopes_by_forward_mode(
    model: nn.Module, forward: Forward, weights: Mapping[str, Tensor], tangent: Mapping[str, Tensor]
) -> Tensor:
    """Exact derivatives of the logits at `weights` along `tangent`, in one pass without a graph.

    Attention goes through the one sdpa kernel that has forward-mode derivatives, a block of
    queries at a time, since it holds all scores of what it is given at once. Gradient
    checkpointing, through which they do not pass, is off meanwhile: here nothing is kept anyway.
    """
    with (
        torch.no_grad(),
        forward_ad.dual_level(),
        sdpa_kernel(SDPBackend.MATH),
        BlockwiseAttention(),
        _without_checkpointing(model),
    ):
        duals = {
            name: _dual(weight, tangent[name]) if name in tangent else weight
            for name, weight in weights.items()
        }
        logits = forward(_at(model, duals))
        slopes = _tangent(logits)
        return torch.zeros_like(logits) if slopes is None else slopes.clone()


def slopes_by_differences(
    model: nn.Module, forward: Forward, weights: Mapping[str, Tensor], tangent: Mapping[str, Tensor]
) -> Tensor:
    """Central differences of the logits at `weights` along `tangent`, in two passes."""
    norm = float(global_norm(tangent)) if tangent else 0.0
    step = DIFFERENCE / norm if norm else 0.0
    with torch.no_grad():
        sides = [
            forward(
                _at(
                    model,
                    {
                        name: weight.add(tangent[name], alpha=sign * step)
                        if name in tangent
                        else weight
                        for name, weight in weights.items()
                    },
                )
            )
            for sign in (1, -1)
        ]
        return (sides[0] - sides[1]) / (2 * step) if step else torch.zeros_like(sides[0])


@contextmanager
def _without_checkpointing(model: nn.Module) -> Iterator[None]:
    """The model's layers as they are without gradient checkpointing."""
    layers: list[Any] = [m for m in model.modules() if getattr(m, "gradient_checkpointing", False)]
    for layer in layers:
        layer.gradient_checkpointing = False
    try:
        yield
    finally:
        for layer in layers:
            layer.gradient_checkpointing = True


def _at(model: nn.Module, weights: dict[str, Tensor]) -> Callable[..., Any]:
    """The model at other weights; its own are not touched."""
    return lambda *args, **kwargs: functional_call(model, weights, args, kwargs)


def _dual(primal: Tensor, tangent: Tensor) -> Tensor:
    dual: Tensor = forward_ad.make_dual(primal, tangent)  # type: ignore[no-untyped-call]
    return dual


def _tangent(dual: Tensor) -> Tensor | None:
    tangent: Tensor | None = forward_ad.unpack_dual(dual).tangent  # type: ignore[no-untyped-call]
    return tangent
