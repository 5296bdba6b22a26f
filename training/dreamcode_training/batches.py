"""Chains in tokens, batches of them, and how a model reads these."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dreamcode_training.correction.label_table import LabelTable


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

    def __len__(self) -> int:
        return len(self.ids)

    def last(self) -> "Example":
        """The same chain, only the finished program scored."""
        return Example(self.ids, self.ends[-1:], self.rows[-1:])


@dataclass(frozen=True, slots=True)
class Batch:
    """Chains padded on the right.

    Attributes:
        ids: tokens, [chains, length].
        chain: which chain each scored prefix belongs to, [prefixes].
        end: on which token each prefix is scored, [prefixes].
        rows: row of each scored prefix in the label table, [prefixes].
    """

    ids: Tensor
    chain: Tensor
    end: Tensor
    rows: Tensor


@dataclass(frozen=True, slots=True)
class Data:
    """What a training learns from.

    Attributes:
        train: chains of train problems, every prefix scored.
        meta: chains of other problems; their last rows, of finished programs, are clean.
        table: the labels of all prefixes of both.
    """

    train: Sequence[Example]
    meta: Sequence[Example]
    table: LabelTable


def collate(examples: Sequence[Example], padding: int = 0) -> Batch:
    """The examples as one batch; of none, a batch that scores nothing."""
    length = max((len(example.ids) for example in examples), default=1)
    examples = examples or [Example((padding,), (), ())]
    ids = torch.full((len(examples), length), padding)
    for place, example in enumerate(examples):
        ids[place, : len(example.ids)] = torch.tensor(example.ids)
    return Batch(
        ids,
        _whole([place for place, example in enumerate(examples) for _ in example.ends]),
        _whole([end for example in examples for end in example.ends]),
        _whole([row for example in examples for row in example.rows]),
    )


def _whole(numbers: Sequence[int]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.long)


def prefix_logits(model: Callable[..., Any], batch: Batch, device: torch.device) -> Tensor:
    """One logit per scored prefix, float32, shape [prefixes]; `model` is called as a module is."""
    # Chains are padded on the right, so the causal mask alone hides the padding.
    logits = model(input_ids=batch.ids.to(device), use_cache=False).logits
    chosen: Tensor = logits[batch.chain.to(device), batch.end.to(device), 0].float()
    return chosen


def average(logits: Tensor, batch: Batch) -> Tensor:
    """The mean logit of each chain's scored prefixes, shape [chains]."""
    chain = batch.chain.to(logits.device)
    count = len(batch.ids)
    sums = logits.new_zeros(count).index_add(0, chain, logits)
    return sums / torch.bincount(chain, minlength=count)


@torch.inference_mode()
def score_examples(model: nn.Module, examples: Sequence[Example], batch: int) -> list[list[float]]:
    """The logit of every scored prefix of every example, in their order.

    Computed in the precision of the model's weights.
    """
    model.eval()
    device = next(model.parameters()).device
    bf16 = any(parameter.dtype == torch.bfloat16 for parameter in model.parameters())
    order = sorted(range(len(examples)), key=lambda place: len(examples[place]))
    found: list[list[float]] = [[] for _ in examples]
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        part = collate([examples[place] for place in places])
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = prefix_logits(model, part, device).tolist()
        for chain, logit in zip(part.chain.tolist(), logits, strict=True):
            found[places[chain]].append(logit)
    return found
