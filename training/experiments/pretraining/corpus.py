"""What the policy learns from: training problems with programs of the world's programmers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dreamcode.chain.prompts import bare_prompt
from dreamcode.miniature.splits import Split
from dreamcode.miniature.statements import write_statement
from dreamcode.miniature.tasks import draw_task
from dreamcode.miniature.testset import public_tests
from dreamcode.miniature.worlds import World
from dreamcode.problems import Problem
from experiments.pretraining.programs import Written, write_program

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

WITHOUT_SAMPLES = 0.7
CHUNK = 32


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents of similar length, padded on the right.

    Attributes:
        ids: token ids, [documents, length].
        learned: which tokens the loss counts (program and end mark), [documents, length].
        tokens: how many tokens are not padding.
    """

    ids: Tensor
    learned: Tensor
    tokens: int


def documents(seed: int, worlds: Sequence[World]) -> Iterator[tuple[str, Written]]:
    """Prompts of the worlds' train splits without end, and the program that follows each.

    Most statements lack samples, which are long; where public tests are weak there is one.
    """
    random = Random(seed)
    while True:
        world = worlds[0] if len(worlds) == 1 else random.choice(worlds)
        task = draw_task(random, Split.TRAIN, world.lengths)
        samples = () if random.random() < WITHOUT_SAMPLES else public_tests(task, random)
        if world.weak_tests:
            samples = samples[:1]
        problem = Problem("", "", write_statement(task, samples, random))
        yield bare_prompt(problem), write_program(task, random)


def batches(
    tokenizer: "PreTrainedTokenizerFast",
    worlds: Sequence[World],
    seed: int,
    size: int,
    first_step: int = 0,
) -> Iterator[Batch]:
    """Batches of `size` documents from a step on, without end; seed and step decide which.

    Documents come in chunks sorted by length, so that little of a batch is padding; the
    batches of a chunk come in random order.
    """
    chunk, skipped = divmod(first_step, CHUNK)
    while True:
        random = Random(f"{seed} {chunk}")
        texts = islice(documents(random.getrandbits(64), worlds), size * CHUNK)
        asked, written = zip(*texts, strict=True)
        prompts = tokenizer(list(asked))["input_ids"]
        programs = tokenizer([one.source for one in written], add_special_tokens=False)
        rows = sorted(
            (
                (prompt, [*program, tokenizer.eos_token_id])
                for prompt, program in zip(prompts, programs["input_ids"], strict=True)
            ),
            key=lambda row: len(row[0]) + len(row[1]),
        )
        groups = [rows[start : start + size] for start in range(0, len(rows), size)]
        random.shuffle(groups)
        for group in groups[skipped:]:
            yield _batch(group, tokenizer.pad_token_id)
        chunk, skipped = chunk + 1, 0


def _batch(rows: list[tuple[list[int], list[int]]], padding: int) -> Batch:
    lengths = [len(prompt) + len(program) for prompt, program in rows]
    ids = torch.full((len(rows), max(lengths)), padding)
    learned = torch.zeros(ids.shape, dtype=torch.bool)
    for row, (prompt, program) in enumerate(rows):
        ids[row, : lengths[row]] = torch.tensor(prompt + program)
        learned[row, len(prompt) : lengths[row]] = True
    return Batch(ids, learned, sum(lengths))
