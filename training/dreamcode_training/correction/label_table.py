"""The labels of all prefixes: what was counted, and what correction made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dreamcode.errors import InputError
from dreamcode_training.correction.row_adam import RowAdam
from dreamcode_training.records import LabelledChain

BIAS, LOG_TEMPERATURE = 0, 1
"""Places in `LabelTable.common`."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """What a row of the table is about.

    Attributes:
        problem: id of its problem.
        text: text of its steps, joined.
        finished: whether it is a whole program, whose label the tests decided. The same text
            may also stand unfinished in the table, where another chain goes on after it.
    """

    problem: str
    text: str
    finished: bool


class LabelTable:
    """A row for every distinct prefix: its counts, its anchor and its label as it stands now.

    The anchor of a row with k of n is z0 = logit(p), p = (k + 1/2) / (n + 1), and its precision
    (n + 1) p (1 - p). Correction moves z = a z0 + b + d, kept within `limit`: the row's own
    deviation d, and a bias b and temperature a that all rows share. The label is the share that
    was counted, and what z has moved: y = k / n + sigmoid(z) - sigmoid(z0), in [0, 1]. At the
    start a = 1, b = 0, d = 0, so a method that corrects nothing trains on k / n, which is right on
    average; p is not: it leans towards 1/2, with few rollouts by a lot (2 of 2 would be .83), and
    a model that learned it would take every sure prefix for a doubtful one beside finished
    programs. Rows of finished programs keep their label, exactly 0 or 1, for ever.

    Everything is float64 and on the CPU.

    Attributes:
        prefixes: what each row is about.
        k: rollouts that passed, of each row.
        n: rollouts of each row; 0 where the prefix was not measured.
        clean: whether the row belongs to a finished program.
        counted: the label as counted, k / n; p where n is 0.
        anchor: the anchor z0 of each row.
        precision: precision of each anchor.
        weight: of finished programs `finished_weight`, of measured prefixes 1, of rows that were
            not measured and must not be trained on 0.
        deviation: the deviation d of each row.
        common: b and log a, which all rows share.
        adam: moments and visits of the deviations.
        common_adam: moments of b and log a.
    """

    def __init__(
        self,
        prefixes: Sequence[Prefix],
        k: Sequence[float],
        n: Sequence[float],
        finished_weight: float = 1.0,
    ) -> None:
        size = len(prefixes)
        self.prefixes = tuple(prefixes)
        self.k = torch.tensor(k, dtype=torch.float64)
        self.n = torch.tensor(n, dtype=torch.float64)
        self.clean = torch.tensor([prefix.finished for prefix in prefixes], dtype=torch.bool)
        p = (self.k + 0.5) / (self.n + 1)
        self.counted = torch.where(self.n > 0, self.k / self.n, p)
        self.anchor = torch.logit(p)
        self._offset = self.counted - self.anchor.sigmoid()
        self.precision = (self.n + 1) * p * (1 - p)
        self.weight = torch.where(self.clean, finished_weight, (self.n > 0).to(torch.float64))
        self.deviation = torch.zeros(size, dtype=torch.float64)
        self.common = torch.zeros(2, dtype=torch.float64)
        self.adam = RowAdam(size)
        self.common_adam = RowAdam(2)
        self.limit(float("inf"), float("inf"))

    def __len__(self) -> int:
        return len(self.prefixes)

    @classmethod
    def from_chains(
        cls, chains: Sequence[LabelledChain], finished_weight: float = 1.0
    ) -> tuple["LabelTable", list[tuple[int, ...]]]:
        """The table of all prefixes of the chains, and for each chain the rows of its steps.

        Equal prefixes of several chains are one measurement and share a row. The last row of
        a chain that was not cut off is that of the finished program.

        Raises:
            InputError: equal prefixes with different counts, or equal programs of which one
                passed and one did not.
        """
        found: dict[Prefix, int] = {}
        counts: list[tuple[float, float]] = []
        rows = []
        for chain in chains:
            own = [(count.k, count.n) for count in chain.counts]
            if chain.passed is not None:
                own.append((float(chain.passed), 1.0))
            places = []
            for step, count in enumerate(own, start=1):
                text = "".join(chain.steps[:step])
                finished = chain.passed is not None and step == len(own)
                prefix = Prefix(chain.problem, text, finished)
                row = found.setdefault(prefix, len(counts))
                if row == len(counts):
                    counts.append(count)
                elif counts[row] != count:
                    raise InputError(_contradiction(chain, step, counts[row], count))
                places.append(row)
            rows.append(tuple(places))
        k, n = zip(*counts, strict=True) if counts else ((), ())
        return cls(list(found), k, n, finished_weight), rows

    def limit(self, max_shift: float, bound: float) -> None:
        """Keeps every z within `max_shift` of its anchor, within +-`bound`, and y within [0, 1].

        An anchor that itself lies beyond the bound may stay where it is.
        """
        reach = self.anchor.abs().clamp(min=bound)
        # Where y is 0 and where it is 1; minus and plus infinity where z never gets there.
        none = torch.minimum(torch.logit((-self._offset).clamp(min=0)), self.anchor)
        all_ = torch.maximum(torch.logit((1 - self._offset).clamp(max=1)), self.anchor)
        self.lowest = torch.maximum(torch.maximum(self.anchor - max_shift, -reach), none)
        self.highest = torch.minimum(torch.minimum(self.anchor + max_shift, reach), all_)
        self.max_shift = max_shift

    def base(self, rows: Tensor) -> Tensor:
        """The rows' a z0 + b: where their logits stand without their own deviation."""
        return self.common[LOG_TEMPERATURE].exp() * self.anchor[rows] + self.common[BIAS]

    def logits(self, rows: Tensor) -> Tensor:
        """The rows' z; of clean rows plus or minus infinity. float64, shape of `rows`."""
        z = (self.base(rows) + self.deviation[rows]).clamp(self.lowest[rows], self.highest[rows])
        certain = torch.where(self.k[rows] > 0, float("inf"), float("-inf"))
        return torch.where(self.clean[rows], certain, z)

    def labels(self, rows: Tensor) -> Tensor:
        """The rows' y, in [0, 1], float64, shape of `rows`; of clean rows exactly 0 or 1."""
        moved = self.logits(rows).sigmoid()
        return torch.where(self.clean[rows], moved, (moved + self._offset[rows]).clamp(0, 1))

    def slopes(self, rows: Tensor) -> Tensor:
        """The rows' dy/dz, float64, shape of `rows`; of clean rows 0."""
        moved = self.logits(rows).sigmoid()
        return moved * (1 - moved)

    def correctable(self, rows: Tensor) -> Tensor:
        """Which of the rows may move: measured, and not of a finished program."""
        return ~self.clean[rows] & (self.n[rows] > 0)

    def state_dict(self) -> dict[str, Any]:
        """Everything that changes, and the counts, to know the table again."""
        return {
            "k": self.k.clone(),
            "n": self.n.clone(),
            "deviation": self.deviation.clone(),
            "common": self.common.clone(),
            "adam": self.adam.state_dict(),
            "common_adam": self.common_adam.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues exactly where `state_dict` was called.

        Raises:
            InputError: the state belongs to other counts.
        """
        if not (torch.equal(self.k, state["k"]) and torch.equal(self.n, state["n"])):
            raise InputError(
                f"the checkpoint's label table ({len(state['k'])} rows) was made from other labels "
                f"than these ({len(self)} rows); start training again, or bring back the old labels"
            )
        self.deviation.copy_(state["deviation"])
        self.common.copy_(state["common"])
        self.adam.load_state_dict(state["adam"])
        self.common_adam.load_state_dict(state["common_adam"])


def _contradiction(
    chain: LabelledChain, step: int, one: tuple[float, float], other: tuple[float, float]
) -> str:
    where = f"problem {chain.problem!r}, chain {chain.sample}"
    if chain.passed is not None and step == len(chain.steps):
        return f"{where}: the same program passed once and failed once; judge both again"
    return (
        f"{where}: the prefix of {step} steps has the label {other[0]:g} of {other[1]:g} here but "
        f"{one[0]:g} of {one[1]:g} in an earlier chain; equal prefixes need equal counts"
    )
