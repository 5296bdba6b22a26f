"""Labels, or weights of samples, that move so that the model becomes right about clean ones."""

import math
from random import Random
from typing import Any

import torch
from torch import Tensor

from dreamcode_training.correction.label_table import BIAS, LOG_TEMPERATURE, LabelTable
from dreamcode_training.correction.row_adam import RowAdam, merge_rows

MAX_LOG_TEMPERATURE = math.log(4)
"""Anchors are stretched or shrunk by at most this, on the log scale."""
COMMON_PRECISION = (0.3, 10.0)
"""Of the bias and of the log-temperature, both expected at 0; times the anchor's strength.

Without a pull both overshoot, for the model lags behind its labels, and the temperature learns to
undo the noise of small counts, which makes labels worse. A bias of one or two is plausible.
"""


def label_gradients(slopes: Tensor, pulls: Tensor, weights: Tensor, total: float) -> Tensor:
    """dL/dy_i = w_i / total * p_i * <v, J_i>, float64 on the CPU.

    Args:
        slopes: <v, J_i> from `Lookahead.logit_derivatives`.
        pulls: p_i from `Loss.pulls`, at the weights before the step.
        weights: weights of the rows.
        total: sum of the weights of the step.
    """
    return _exact(slopes) * _exact(pulls) * _exact(weights) / total


def weight_gradients(slopes: Tensor, pushes: Tensor, total: float) -> Tensor:
    """dL/dw_i = -s_i / total * <v, J_i>, `total` held fixed, float64 on the CPU.

    Args:
        slopes: <v, J_i> from `Lookahead.logit_derivatives`.
        pushes: s_i from `Loss.slopes`, at the weights before the step.
        total: sum of the weights of the step.
    """
    return -_exact(slopes) * _exact(pushes) / total


def shuffle_gradients(gradients: Tensor, movable: Tensor, seed: str) -> None:
    """Lets the movable rows' gradients change places at random: the placebo of a correction.

    What remains is how large gradients are; which prefix each belongs to is lost.
    """
    places = movable.nonzero()[:, 0].tolist()
    mixed = list(places)
    Random(seed).shuffle(mixed)
    gradients[places] = gradients[mixed]


class LabelCorrector:
    """Moves the labels of a table against the gradient of the clean loss.

    A visited row's deviation takes one step of Adam on h dy/dz, then an implicit step towards
    its anchor: d / (1 + eta * anchor * precision). Implicit, so that the pull is stable however
    strong: at anchor = infinity labels stay where the counts put them. Since Adam's steps are at
    most about eta long, a label settles within 1 / (anchor * precision) of its anchor.

    Args:
        table: the table whose labels move; clean rows and unmeasured rows never do.
        eta: step size of a label's logit; 0 leaves them alone.
        anchor: lambda, strength of the pull, also of what all anchors share towards a = 1, b = 0.
        max_shift: most that a logit leaves its anchor.
        bound: largest magnitude of a logit.
        eta_common: step size of the bias and log-temperature of all anchors; 0 leaves them alone.
    """

    def __init__(
        self,
        table: LabelTable,
        eta: float,
        anchor: float,
        max_shift: float = 4.0,
        bound: float = 6.0,
        eta_common: float = 0.0,
    ) -> None:
        self._table = table
        self._eta = eta
        self._anchor = anchor
        self._eta_common = eta_common
        table.limit(max_shift, bound)

    def update(self, rows: Tensor, h: Tensor) -> None:
        """One correction.

        Args:
            rows: rows of the step's prefixes, whole numbers, shape [prefixes]; one that occurs
                several times moves once, by the sum.
            h: dL/dy of each row, as `label_gradients` gives it.
        """
        table = self._table
        movable = table.correctable(rows)
        rows, h = merge_rows(rows[movable], h[movable.to(h.device)])
        if not len(rows):
            return
        slope = h * table.slopes(rows)
        if self._eta_common:
            self._update_common(rows, slope)
        if self._eta:
            self._update_deviations(rows, slope)

    def _update_deviations(self, rows: Tensor, slope: Tensor) -> None:
        table = self._table
        d = table.deviation[rows] - self._eta * table.adam.step(rows, slope)
        d = d / (1 + self._eta * self._anchor * table.precision[rows])
        base = table.base(rows)
        low = (table.lowest[rows] - base).clamp(-table.max_shift, 0)
        high = (table.highest[rows] - base).clamp(0, table.max_shift)
        table.deviation[rows] = d.clamp(low, high)

    def _update_common(self, rows: Tensor, slope: Tensor) -> None:
        """By the mean over the rows, so that a large batch moves no further than a small one."""
        table = self._table
        stretched = table.common[LOG_TEMPERATURE].exp() * table.anchor[rows]
        gradient = torch.stack([slope.mean(), (slope * stretched).mean()])
        step = table.common_adam.step(torch.tensor([BIAS, LOG_TEMPERATURE]), gradient)
        most = torch.tensor([table.max_shift, MAX_LOG_TEMPERATURE], dtype=torch.float64)
        pull = self._anchor * torch.tensor(COMMON_PRECISION, dtype=torch.float64)
        common = (table.common - self._eta_common * step) / (1 + self._eta_common * pull)
        table.common.copy_(common.clamp(-most, most))


class SampleWeights:
    """A learnable weight for every prefix: the method `reweight`.

    The weight of a row is exp(r), divided by the mean over the step's correctable rows, so that
    weights say which rows matter and not how large the step is. Clean rows weigh 1, unmeasured
    ones 0. r moves as labels do: Adam by the row's own visits, then an implicit pull towards 0.

    Args:
        table: the table whose rows are weighed.
        eta: step size of a log-weight; 0 leaves all at 1.
        anchor: strength of the pull towards equal weights.
        bound: largest magnitude of a log-weight.
    """

    def __init__(self, table: LabelTable, eta: float, anchor: float, bound: float = 4.0) -> None:
        self._table = table
        self._eta = eta
        self._anchor = anchor
        self._bound = bound
        self.log_weight = torch.zeros(len(table), dtype=torch.float64)
        self.adam = RowAdam(len(table))

    def weights(self, rows: Tensor) -> Tensor:
        """Weights of all rows of one optimiser step, float64, shape of `rows`."""
        movable = self._table.correctable(rows)
        weights = self._table.weight[rows]
        if movable.any():
            raw = self.log_weight[rows[movable]].exp()
            weights[movable] = raw / raw.mean()
        return weights

    def update(self, rows: Tensor, q: Tensor) -> None:
        """One correction.

        Args:
            rows: rows of all prefixes of the step, exactly those that `weights` was asked for.
            q: dL/dw of each row, as `weight_gradients` gives it.
        """
        movable = self._table.correctable(rows)
        if not self._eta or not movable.any():
            return
        weighted = _exact(q)[movable] * self.weights(rows)[movable]
        mean = weighted.mean()
        gradient = weighted - mean * self.weights(rows)[movable]
        distinct, gradient = merge_rows(rows[movable], gradient)
        r = self.log_weight[distinct] - self._eta * self.adam.step(distinct, gradient)
        r = r / (1 + self._eta * self._anchor)
        self.log_weight[distinct] = r.clamp(-self._bound, self._bound)

    def state_dict(self) -> dict[str, Any]:
        """Everything that changes."""
        return {"log_weight": self.log_weight.clone(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues exactly where `state_dict` was called."""
        self.log_weight.copy_(state["log_weight"])
        self.adam.load_state_dict(state["adam"])


def _exact(values: Tensor) -> Tensor:
    return values.detach().to("cpu", torch.float64)
