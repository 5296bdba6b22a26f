"""How an optimiser's update changes with the gradient it is given: SGD, Adam, AdamW, clipping.

An optimiser moves weights by -lr * u(g). Here stands D = du/dg, which is diagonal for all of
them, and the Jacobian of clipping by the global norm, which is symmetric.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer

from dreamcode.errors import InputError

CLIP_EPSILON = 1e-6
"""What torch.nn.utils.clip_grad_norm_ adds to the norm."""


def bare_optimizer(optimizer: Optimizer) -> Optimizer:
    """The optimiser itself where a wrapper (accelerate's) holds it."""
    inner = getattr(optimizer, "optimizer", optimizer)
    return inner if isinstance(inner, Optimizer) else optimizer


def check_optimizer(optimizer: Optimizer) -> None:
    """Refuses an optimiser whose step cannot be differentiated here.

    Raises:
        InputError: the optimiser is not SGD, Adam or AdamW, or uses amsgrad or maximize.
    """
    optimizer = bare_optimizer(optimizer)
    if type(optimizer) not in (SGD, Adam, AdamW):
        raise InputError(
            f"labels cannot be corrected through a step of {type(optimizer).__name__}; "
            "choose optimizer: sgd, adam or adamw"
        )
    for name in ("amsgrad", "maximize"):
        if any(group.get(name) for group in optimizer.param_groups):
            raise InputError(
                f"labels cannot be corrected through a step of {type(optimizer).__name__} with "
                f"{name}; switch {name} off"
            )


def is_coupled(optimizer: Optimizer, group: Mapping[str, Any]) -> bool:
    """Whether weight decay is added to the gradient (not, as in AdamW, to the weights)."""
    return not group.get("decoupled_weight_decay", type(bare_optimizer(optimizer)) is AdamW)


def sgd_derivative(group: Mapping[str, Any], *, first: bool) -> float:
    """D of SGD, the same number for every weight.

    Args:
        group: the parameter group's settings.
        first: whether the step made the momentum buffer, which then is the gradient itself.
    """
    momentum = float(group["momentum"])
    if not momentum:
        return 1.0
    share = 1.0 if first else 1.0 - float(group["dampening"])
    return 1.0 + momentum * share if group["nesterov"] else share


def adam_derivative(group: Mapping[str, Any], state: Mapping[str, Any], gradient: Tensor) -> Tensor:
    """D of Adam or AdamW, one number per weight.

    The second term, through the second moment, is no small correction: without it the
    hypergradient is wrong by half. A weight whose second moment is still zero has never had a
    gradient, so no logit depends on it; its D, 1/eps large, counts as zero.

    Args:
        group: the parameter group's settings.
        state: the optimiser's state of this parameter *after* the step.
        gradient: what entered the moments (clipped, with coupled weight decay).
    """
    beta1, beta2 = map(float, group["betas"])
    eps = float(group["eps"])
    steps = float(state["step"])
    correction1, correction2 = 1 - beta1**steps, 1 - beta2**steps
    mean: Tensor = state["exp_avg"].to(gradient.dtype) / correction1
    root: Tensor = (state["exp_avg_sq"].to(gradient.dtype) / correction2).sqrt()
    scale = root + eps
    through_mean = (1 - beta1) / (correction1 * scale)
    through_square = mean * (1 - beta2) * gradient / (correction2 * root * scale.square())
    return torch.where(root > 0, through_mean - through_square, 0.0)


def clip_coefficient(
    gradients: Mapping[str, Tensor], max_norm: float | None
) -> tuple[float, float]:
    """What clipping multiplies gradients with, and their global norm (0 if it does not matter)."""
    if max_norm is None or not gradients:
        return 1.0, 0.0
    norm = float(global_norm(gradients))
    return min(1.0, max_norm / (norm + CLIP_EPSILON)), norm


def through_clipping(
    vector: dict[str, Tensor], gradients: Mapping[str, Tensor], max_norm: float | None
) -> dict[str, Tensor]:
    """The Jacobian of clipping at the raw `gradients`, applied to a vector of the same shapes.

    The vector itself is changed, for a second one is as large as the model. Names that it lacks
    stand for zeros.

    With c = max_norm / (norm + 1e-6) < 1 the clipped gradient is c g, its Jacobian
    c I - c / (norm + 1e-6) / norm g g'. Where nothing is clipped it is I.
    """
    coefficient, norm = clip_coefficient(gradients, max_norm)
    if coefficient == 1.0:
        return vector
    along = sum(float((v * gradients[name]).sum(dtype=torch.float64)) for name, v in vector.items())
    back = along * coefficient / ((norm + CLIP_EPSILON) * norm)
    for name, gradient in gradients.items():
        if name in vector:
            vector[name].mul_(coefficient).sub_(gradient, alpha=back)
        else:
            vector[name] = -back * gradient
    return vector


def global_norm(tensors: Mapping[str, Tensor]) -> Tensor:
    """The Euclidean norm of all of them together, as clip_grad_norm_ takes it."""
    norms = [torch.linalg.vector_norm(tensor) for tensor in tensors.values()]
    norm: Tensor = torch.linalg.vector_norm(torch.stack([n.to(norms[0].device) for n in norms]))
    return norm
