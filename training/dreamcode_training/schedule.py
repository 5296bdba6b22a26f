"""What every step of a training sees, as functions of the seed and the step alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from dreamcode_training.batches import Data, Example
from dreamcode_training.config import PrmStageConfig
from dreamcode_training.pace import count_steps

CHUNK = 16
"""Batches whose chains are sorted by length together, so that little of them is padding."""


class Schedule:
    """Every epoch sees every example once, in batches of like length in random order.

    Args:
        examples: what is trained on.
        batch: chains per micro-batch.
        accumulation: micro-batches per step.
        seed: seed of the order of examples.
    """

    def __init__(
        self, examples: Sequence[Example], batch: int, accumulation: int, seed: int
    ) -> None:
        self.examples = examples
        self._batch, self._accumulation, self._seed = batch, accumulation, seed
        self._epoch: tuple[int, list[list[Example]]] = (-1, [])

    def step(self, number: int) -> list[list[Example]]:
        """The micro-batches of optimiser step `number`, counted from 0."""
        first = number * self._accumulation
        return [self._members(first + place) for place in range(self._accumulation)]

    def _members(self, place: int) -> list[Example]:
        epoch, within = divmod(place, -(-len(self.examples) // self._batch))
        if self._epoch[0] != epoch:
            self._epoch = (epoch, self._order(epoch))
        return self._epoch[1][within]

    def _order(self, epoch: int) -> list[list[Example]]:
        random = Random(f"{self._seed} {epoch}")
        order = list(self.examples)
        random.shuffle(order)
        size = self._batch * CHUNK
        for start in range(0, len(order), size):
            order[start : start + size] = sorted(order[start : start + size], key=len)
        starts = range(0, len(order), self._batch)
        batches = [order[start : start + self._batch] for start in starts]
        random.shuffle(batches)
        return batches


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a training: what its steps learn, and what corrects them.

    Attributes:
        first: number of its first step.
        schedule: what its steps go through; prefixes with n = 0 weigh nothing.
        judges: chains of meta whose clean outcomes correct labels or weights.
    """

    first: int
    schedule: Schedule
    judges: Sequence[Example]


def plan_phases(data: Data, config: PrmStageConfig, seed: int) -> list[Phase]:
    """One phase, or with two folds of meta the two in which these change places.

    A chain must not judge what has learned it: of chains that are known by heart no residual is
    left. So what is learned while the other fold judges comes to judge only afterwards.
    """

    def schedule(examples: Sequence[Example], seed: int = seed) -> Schedule:
        return Schedule(examples, config.batch, config.accumulation, seed)

    if config.method == "orm":
        ends = [example.last() for example in (*data.train, *data.meta)]
        return [Phase(0, schedule([one for one in ends if data.table.clean[one.rows[0]]]), ())]
    if config.cross_fits:
        one, other = split_meta(data, seed)
        half = count_steps(len(data.train), config) // 2
        return [
            Phase(0, schedule([*data.train, *one]), other),
            Phase(half, schedule([*data.train, *other], seed + 1), one),
        ]
    learned = [*data.train, *(data.meta if config.method == "joint" else ())]
    return [Phase(0, schedule(learned), data.meta)]


def split_meta(data: Data, seed: int) -> tuple[list[Example], list[Example]]:
    """The chains of meta in two folds that share no problem."""
    problems = [data.table.prefixes[example.rows[-1]].problem for example in data.meta]
    names = sorted(set(problems))
    Random(f"{seed} folds").shuffle(names)
    first = set(names[::2])
    folds: tuple[list[Example], list[Example]] = ([], [])
    for problem, example in zip(problems, data.meta, strict=True):
        folds[problem not in first].append(example)
    return folds
