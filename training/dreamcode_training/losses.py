"""What a logit costs against its label, and the derivatives that correction needs of it."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Loss:
    """Cross-entropy of a chance against a label in [0, 1], or their squared difference.

    The chance is sigmoid(logit). Source of "mse" with smoothing: DreamPRM's published code.

    Attributes:
        kind: "bce" or "mse".
        smoothing: s; label y is learned as (1 - s) y + s / 2.
    """

    kind: Literal["bce", "mse"] = "bce"
    smoothing: float = 0.0

    def part(self, logits: Tensor, labels: Tensor, weights: Tensor, total: float) -> Tensor:
        """The part of a step's loss that one micro-batch contributes: the weighted sum / `total`.

        `total` is the sum of the weights of *all* micro-batches of the optimiser step. So the
        parts add up to the weighted mean over the step, and the same `total` belongs into the
        hypergradients of `correction.correctors`.

        Args:
            logits: logits of prefixes, any shape.
            labels: labels in [0, 1], shaped like the logits.
            weights: weights of at least 0, shaped like the logits.
            total: sum of the weights of the step.

        Returns:
            A number; at least float32.
        """
        logits = logits if logits.dtype == torch.float64 else logits.float()
        labels, weights = self._smooth(labels.to(logits)), weights.to(logits)
        if self.kind == "mse":
            return (weights * (logits.sigmoid() - labels) ** 2).sum() / total
        summed = functional.binary_cross_entropy_with_logits(
            logits, labels, weight=weights, reduction="sum"
        )
        return summed / total

    def slopes(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Derivatives of each row's loss, unweighted, by its logit."""
        chance = logits.sigmoid()
        off = chance - self._smooth(labels)
        return 2 * off * chance * (1 - chance) if self.kind == "mse" else off

    def pulls(self, logits: Tensor) -> Tensor:
        """How much less each of `slopes` becomes per unit of its label."""
        chance = logits.sigmoid()
        pull = 2 * chance * (1 - chance) if self.kind == "mse" else torch.ones_like(logits)
        return (1 - self.smoothing) * pull

    def _smooth(self, labels: Tensor) -> Tensor:
        return (1 - self.smoothing) * labels + self.smoothing / 2
