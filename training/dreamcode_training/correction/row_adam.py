"""Adam for numbers of which a step touches only a few."""

from typing import Any

import torch
from torch import Tensor

from dreamcode.errors import InputError


class RowAdam:
    """Adam's moments, one pair per row, moved and bias-corrected by the row's own visits only.

    Args:
        size: how many rows there are.
        betas: how slowly the mean and the mean square forget, per visit.
        eps: added to the root; hypergradients of labels may be as small as 1e-8.
    """

    def __init__(
        self, size: int, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-12
    ) -> None:
        self.first = torch.zeros(size, dtype=torch.float64)
        self.second = torch.zeros(size, dtype=torch.float64)
        self.visits = torch.zeros(size, dtype=torch.int64)
        self._betas = betas
        self._eps = eps

    def step(self, rows: Tensor, gradient: Tensor) -> Tensor:
        """Visits `rows`, each once, and returns how far to go down each, in step sizes.

        Raises:
            InputError: a gradient is not finite; nothing was changed.
        """
        if not gradient.isfinite().all():
            raise InputError(
                "the gradient of a label or weight is not finite: training has diverged; lower "
                "learning_rate, or set precision: fp32"
            )
        beta1, beta2 = self._betas
        visits = self.visits[rows] + 1
        first = torch.lerp(gradient, self.first[rows], beta1)
        second = torch.lerp(gradient.square(), self.second[rows], beta2)
        self.visits[rows], self.first[rows], self.second[rows] = visits, first, second
        age = visits.to(torch.float64)  # whole numbers as exponents would give float32
        mean = first / (1 - beta1**age)
        root = (second / (1 - beta2**age)).sqrt()
        return mean / (root + self._eps)

    def state_dict(self) -> dict[str, Any]:
        """Copies of everything that changes."""
        return {
            "first": self.first.clone(),
            "second": self.second.clone(),
            "visits": self.visits.clone(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues exactly where `state_dict` was called."""
        self.first.copy_(state["first"])
        self.second.copy_(state["second"])
        self.visits.copy_(state["visits"])


def merge_rows(rows: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct rows, ascending, and the sum of the values of each."""
    distinct, place = torch.unique(rows, return_inverse=True)
    sums = torch.zeros(len(distinct), dtype=torch.float64)
    return distinct, sums.index_add_(0, place, values.detach().to("cpu", torch.float64))
