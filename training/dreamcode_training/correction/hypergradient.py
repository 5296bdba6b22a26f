"""What one optimiser step on soft labels does to the loss on clean ones, label by label.

A step on g = (1/B) sum_i w_i (sigmoid(l_i) - y_i) J_i, with J_i the gradient of logit l_i, moves
the weights by -lr * u(clip(g)). The clean loss after it therefore changes with label y_i by
(w_i/B) <v, J_i(old weights)>, v = lr * clip' * u' * grad(clean loss at the new weights): exactly,
and for all labels of the step at once, since <v, J_i> is the derivative of logit i along v.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from dreamcode.errors import InputError
from dreamcode_training.correction.forward_mode import (
    Forward,
    Randomness,
    check_forward_mode,
    draws_dropout,
    slopes_by_differences,
    slopes_by_forward_mode,
)
from dreamcode_training.correction.optimizer_jacobian import (
    adam_derivative,
    bare_optimizer,
    check_optimizer,
    clip_coefficient,
    is_coupled,
    sgd_derivative,
    through_clipping,
)

__all__ = ["Lookahead", "Mode", "Randomness", "check_forward_mode", "check_optimizer"]

Mode = Literal["jvp", "fd"]


class Lookahead:
    """One optimiser step, remembered so that it can be differentiated.

    The order of calls::

        loss.backward()                                   # all micro-batches
        ahead = Lookahead.before_step(model, optimizer, max_norm)
        clip_grad_norm_(model.parameters(), max_norm); optimizer.step(); optimizer.zero_grad()
        clean_loss(model).backward()                      # at the new weights
        v = ahead.direction()                             # takes the gradients
        for batch in micro_batches:
            slopes = ahead.logit_derivatives(lambda model: model(**batch).logits, v, "jvp")

    It holds a copy of the trainable weights and one of their gradients.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        max_norm: float | None,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        groups: dict[str, dict[str, Any]],
        fresh: set[str],
    ) -> None:
        self._model = model
        self._optimizer = optimizer
        self._max_norm = max_norm
        self._weights = weights
        self._gradients = gradients
        self._groups = groups
        self._fresh = fresh

    @classmethod
    def before_step(
        cls, model: nn.Module, optimizer: Optimizer, max_norm: float | None
    ) -> "Lookahead":
        """Remembers the step that is about to be taken.

        Call it when the raw gradient of the whole step is in `.grad`, before clipping.

        Args:
            model: the module itself, not wrapped for several processes.
            optimizer: SGD, Adam or AdamW over the model's trainable weights.
            max_norm: what all gradients together will be clipped to; None: not at all.

        Raises:
            InputError: the optimiser's step cannot be differentiated (see `check_optimizer`).
        """
        check_optimizer(optimizer)
        parameters = {n: p for n, p in model.named_parameters() if p.requires_grad}
        names = {parameter: name for name, parameter in parameters.items()}
        groups: dict[str, dict[str, Any]] = {}
        for group in optimizer.param_groups:
            settings = {key: value for key, value in group.items() if key != "params"}
            settings["lr"] = float(settings["lr"])
            groups |= {names[p]: settings for p in group["params"] if p in names}
        return cls(
            model,
            bare_optimizer(optimizer),
            max_norm,
            {name: p.detach().clone() for name, p in parameters.items()},
            {n: p.grad.detach().clone() for n, p in parameters.items() if p.grad is not None},
            groups,
            {n for n, p in parameters.items() if not bare_optimizer(optimizer).state.get(p)},
        )

    def direction(self) -> dict[str, Tensor]:
        """v, by the name of the parameter: the clean loss's gradient, pulled back through the step.

        Call it after the step and after backward of the clean loss at the new weights, whose
        `.grad` becomes v and is gone afterwards, and before the next step, which overwrites the
        moments that it reads. Parameters that took no part in the step or in the clean loss are
        left out.
        """
        coefficient, _ = clip_coefficient(self._gradients, self._max_norm)
        pulled = {}
        for name, parameter in self._model.named_parameters():
            group = self._groups.get(name)
            if group is None or parameter.grad is None or name not in self._gradients:
                continue
            derivative = self._derivative(name, parameter, group, coefficient)
            pulled[name] = parameter.grad.detach().mul_(derivative).mul_(group["lr"])
            parameter.grad = None
        return through_clipping(pulled, self._gradients, self._max_norm)

    def logit_derivatives(
        self,
        forward: Forward,
        direction: dict[str, Tensor],
        mode: Mode = "jvp",
        randomness: Randomness | None = None,
    ) -> Tensor:
        """<v, J_i> at the weights before the step, for every logit that `forward` returns.

        The model's own weights and gradients are not touched.

        Args:
            forward: computes the logits with what it is given, to be called like the model.
            direction: v, as `direction` returns it.
            mode: jvp, exact, one pass in forward mode; fd, central differences, two passes.
            randomness: `Randomness.now()` from just before the step's own forward pass of the
                same batch; needed where the model has dropout.

        Returns:
            Derivatives with the logits' shape and dtype; no graph.

        Raises:
            InputError: the model draws dropout and `randomness` is not given.
        """
        if randomness is None and draws_dropout(self._model):
            raise InputError(
                "the model draws dropout, so its logits cannot be differentiated without the "
                "step's own draws; give logit_derivatives the step's Randomness, or set dropout: 0"
            )
        slopes = {"jvp": slopes_by_forward_mode, "fd": slopes_by_differences}[mode]
        if mode == "fd":
            direction = self._reached(direction)
        again = forward if randomness is None else randomness.repeat(forward)
        return slopes(self._model, again, self._weights, direction)

    def _derivative(
        self, name: str, parameter: Tensor, group: dict[str, Any], coefficient: float
    ) -> Tensor | float:
        if isinstance(self._optimizer, SGD):
            return sgd_derivative(group, first=name in self._fresh)
        gradient = self._gradients[name] * coefficient
        if group["weight_decay"] and is_coupled(self._optimizer, group):
            gradient = gradient.add(self._weights[name], alpha=group["weight_decay"])
        return adam_derivative(group, self._optimizer.state[parameter], gradient)

    def _reached(self, direction: dict[str, Tensor]) -> dict[str, Tensor]:
        """Without the weights that had no gradient in the step.

        Its logits do not depend on them (rows of an embedding, say), but Adam's D is large
        there, and they would use up the whole length of a finite difference.
        """
        return {n: torch.where(self._gradients[n] != 0, v, 0) for n, v in direction.items()}
