"""Chains as a trainer reads them, and the batches of every step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from dreamcode.errors import TooLongError
from dreamcode.rewards.encoding import ChainEncoder
from dreamcode_training.records import LabelledChain, ProblemRecord

CHUNK = 16
"""Batches whose chains are sorted by length together, so that little of them is padding."""


@dataclass(frozen=True, slots=True)
class Example:
    """A chain in tokens.

    Attributes:
        ids: its tokens, prompt first.
        ends: index of the token on which each scored prefix is scored.
        rows: row of each scored prefix in the label table.
    """

    ids: tuple[int, ...]
    ends: tuple[int, ...]
    rows: tuple[int, ...]

    def last(self) -> "Example":
        """The same chain, only the finished program scored."""
        return Example(self.ids, self.ends[-1:], self.rows[-1:])


@dataclass(frozen=True, slots=True)
class Batch:
    """Chains padded on the right.

    Attributes:
        ids: tokens, [chains, length].
        chain: which chain each scored prefix belongs to, [prefixes].
        end: on which token it is scored, [prefixes].
        rows: its row in the label table, [prefixes].
    """

    ids: Tensor
    chain: Tensor
    end: Tensor
    rows: Tensor


def encode_chains(
    chains: Sequence[LabelledChain],
    rows: Sequence[tuple[int, ...]],
    problems: dict[str, ProblemRecord],
    encoder: ChainEncoder,
    say: Callable[[str], None],
) -> list[Example | None]:
    """An example a chain; every prefix is scored. None for a chain longer than the window."""
    examples: list[Example | None] = []
    complaints = []
    for chain, own in zip(chains, rows, strict=True):
        try:
            encoded = encoder.encode(problems[chain.problem].problem, chain.steps)
        except TooLongError as error:
            complaints.append(str(error))
            examples.append(None)
        else:
            examples.append(Example(encoded.ids, encoded.ends, own))
    if complaints:
        say(f"{len(complaints)} of {len(chains)} chains are left out; the first: {complaints[0]}")
    return examples


def collate(examples: Sequence[Example], padding: int = 0) -> Batch:
    """The examples as one batch."""
    length = max(len(example.ids) for example in examples)
    ids = torch.full((len(examples), length), padding)
    for place, example in enumerate(examples):
        ids[place, : len(example.ids)] = torch.tensor(example.ids)
    chain = [place for place, example in enumerate(examples) for _ in example.ends]
    return Batch(
        ids,
        torch.tensor(chain),
        torch.tensor([end for example in examples for end in example.ends]),
        torch.tensor([row for example in examples for row in example.rows]),
    )


class Schedule:
    """Which examples every optimiser step sees: a function of the seed and the step alone.

    Every epoch sees every example once, in batches of like length in random order.

    Args:
        examples: what is trained on.
        batch: chains a micro-batch.
        accumulation: micro-batches a step.
        seed: of the order.
    """

    def __init__(
        self, examples: Sequence[Example], batch: int, accumulation: int, seed: int
    ) -> None:
        self._examples = examples
        self._batch = batch
        self._accumulation = accumulation
        self._seed = seed
        self._epoch: tuple[int, list[list[int]]] = (-1, [])

    @property
    def batches_per_epoch(self) -> int:
        """Micro-batches that see every example once."""
        return -(-len(self._examples) // self._batch)

    def step(self, number: int) -> list[Batch]:
        """The micro-batches of optimiser step `number`, counted from 0."""
        first = number * self._accumulation
        return [
            collate([self._examples[i] for i in self._members(place)])
            for place in range(first, first + self._accumulation)
        ]

    def _members(self, place: int) -> list[int]:
        epoch, within = divmod(place, self.batches_per_epoch)
        if self._epoch[0] != epoch:
            self._epoch = (epoch, self._order(epoch))
        return self._epoch[1][within]

    def _order(self, epoch: int) -> list[list[int]]:
        random = Random(f"{self._seed} {epoch}")
        order = list(range(len(self._examples)))
        random.shuffle(order)
        size = self._batch * CHUNK
        for start in range(0, len(order), size):
            order[start : start + size] = sorted(
                order[start : start + size], key=lambda i: len(self._examples[i].ids)
            )
        batches = [
            order[start : start + self._batch] for start in range(0, len(order), self._batch)
        ]
        random.shuffle(batches)
        return batches


def draw_examples(examples: Sequence[Example], count: int, seed: int, step: int) -> list[Example]:
    """`count` of the examples, others for every step; all where there are not more."""
    if len(examples) <= count:
        return list(examples)
    return Random(f"{seed} meta {step}").sample(examples, count)
