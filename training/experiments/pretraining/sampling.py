"""Whole programs sampled from the policy, many rows at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dreamcode.policies.generation import Row, sample

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

LONGEST = 640


@dataclass(frozen=True, slots=True)
class Sample:
    """One program the policy wrote.

    Attributes:
        text: the program.
        tokens: how many tokens it took, the end mark included.
        log_likelihood: sum over tokens of the log probability at temperature 1, in nats.
        ended: whether the policy ended it, rather than the limit on length.
    """

    text: str
    tokens: int
    log_likelihood: float
    ended: bool

    @property
    def mean_log_likelihood(self) -> float:
        """Log-likelihood per token, in nats."""
        return self.log_likelihood / self.tokens


def sample_programs(
    model: "LlamaForCausalLM",
    tokenizer: "PreTrainedTokenizerFast",
    prompts: Sequence[str],
    seeds: Sequence[int],
    temperature: float = 0.8,
    batch: int = 128,
) -> list[Sample]:
    """One program a prompt, in the order of the prompts; each row has a seed of its own."""
    end = tokenizer.eos_token_id
    rows = [
        Row(
            prompt=tokenizer(prompt)["input_ids"],
            seed=seed,
            temperature=temperature,
            top_p=1.0,
            max_tokens=LONGEST,
            is_done=lambda row: row.tokens[-1] == end,
        )
        for prompt, seed in zip(prompts, seeds, strict=True)
    ]
    # Prompts of like length share a batch, so that little of it is padding.
    by_length = sorted(rows, key=lambda row: len(row.prompt))
    for start in range(0, len(rows), batch):
        sample(model, by_length[start : start + batch])
    texts = tokenizer.batch_decode([row.tokens for row in rows], skip_special_tokens=True)
    return [
        Sample(text, len(row.tokens), sum(row.logprobs), row.tokens[-1] == end)
        for text, row in zip(texts, rows, strict=True)
    ]
