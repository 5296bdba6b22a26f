"""Every prefix in one pass is every prefix alone, whatever is kept, shared or batched."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from transformers import (
    BertConfig,
    BertForTokenClassification,
    GPT2Config,
    GPT2ForTokenClassification,
    MistralConfig,
    MistralForTokenClassification,
)

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.rewards import scoring
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.encoding import ChainEncoder, Encoded
from dreamcode.rewards.hf import HfReward
from dreamcode.rewards.scoring import PrefixScorer
from tests.rewards.checkpoints import PROBLEMS, draft, prefix, tiny_model, tokenizer, variants

torch.set_num_threads(1)
CLOSE = 1e-5


def reward(cache_bytes: int | None = None, config: PrmConfig | None = None) -> HfReward:
    return HfReward(
        "tiny", tiny_model(), tokenizer(), config or PrmConfig(), cache_bytes=cache_bytes
    )


def alone(model: Any, ids: Sequence[int]) -> float:
    """The reference: one prefix, one row, no padding, no cache."""
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits
    return float(logits[0, -1, 0])


def reference(problem: Problem, steps: Draft, config: PrmConfig | None = None) -> list[float]:
    encoder = ChainEncoder(tokenizer(), config or PrmConfig(), None)
    model = tiny_model()
    found = []
    for length in range(1, len(steps.proposals) + 1):
        ids = encoder.encode(problem, steps.steps[:length]).ids
        found.append(float(torch.sigmoid(torch.tensor(alone(model, ids)))))
    return found


def assert_close(found: Sequence[Any], wanted: Sequence[Any]) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other, abs=CLOSE)


@pytest.mark.parametrize("cache_bytes", [None, 0, 20_000], ids=["cache", "none", "too small"])
@pytest.mark.parametrize("separator", ["", "\n# step\n"])
async def test_every_prefix_in_one_pass_is_every_prefix_alone(
    cache_bytes: int | None, separator: str
) -> None:
    config = PrmConfig(separator=separator)
    model = reward(cache_bytes, config)
    wanted = {p.id: [reference(p, one, config) for one in variants()] for p in PROBLEMS}
    spread = [value for chains in wanted.values() for chain in chains for value in chain]
    assert max(spread) - min(spread) > 0.5  # else closeness would say little
    for _ in range(2):  # the second time from memory, as far as there is one
        for problem in PROBLEMS:
            assert_close(await model.score(problem, variants()), wanted[problem.id])


@pytest.mark.parametrize("cache_bytes", [None, 0, 20_000], ids=["cache", "none", "too small"])
async def test_chains_that_grow_in_any_order_score_like_new_ones(cache_bytes: int | None) -> None:
    """Requests of mixed lengths together: some go on from what is kept, some start anew."""
    model = reward(cache_bytes)
    chains = [
        (problem, prefix(one, length))
        for problem in PROBLEMS
        for one in variants()
        for length in range(1, len(one.proposals) + 1)
    ]
    random.Random(0).shuffle(chains)
    for start in range(0, len(chains), 7):
        batch = chains[start : start + 7]
        found = await asyncio.gather(*(model.score(problem, [one]) for problem, one in batch))
        for (problem, one), [scores] in zip(batch, found, strict=True):
            assert scores == pytest.approx(reference(problem, one), abs=CLOSE)


async def test_candidates_share_their_prompt_and_their_common_steps() -> None:
    model = reward()
    encoder = ChainEncoder(tokenizer(), PrmConfig(), None)
    drafts = [draft(), *variants()]
    encoded = [encoder.encode(PROBLEMS[0], one.steps) for one in drafts]
    beginnings = {chain.ids[: end + 1] for chain in encoded for end in chain.ends}
    distinct = encoded[0].start + sum(
        min(
            len(longer) - len(shorter)
            for shorter in [*beginnings, longer[: encoded[0].start]]
            if len(shorter) < len(longer) and longer[: len(shorter)] == shorter
        )
        for longer in beginnings
    )
    await model.score(PROBLEMS[0], drafts)
    assert model.work.tokens == distinct


async def test_a_child_runs_its_own_step_only_and_what_is_known_runs_not_at_all() -> None:
    model = reward()
    parent = prefix(draft(), 2)
    before = await model.score(PROBLEMS[0], [parent])
    tokens = model.work.tokens
    encoder = ChainEncoder(tokenizer(), PrmConfig(), None)
    ends = encoder.encode(PROBLEMS[0], draft().steps).ends
    [child] = await model.score(PROBLEMS[0], [draft()])
    assert model.work.tokens - tokens == ends[2] - ends[1]
    assert child[:2] == before[0]
    forwards = model.work.forwards
    assert await model.score(PROBLEMS[0], [draft(), parent]) == [child, before[0]]
    assert model.work.forwards == forwards


async def test_waiting_requests_share_passes() -> None:
    model = reward()
    requests = [(problem, one) for problem in PROBLEMS for one in variants()]
    await asyncio.gather(*(model.score(problem, [one]) for problem, one in requests))
    assert model.work.forwards < len(requests)


def test_memory_stays_within_its_bound() -> None:
    scorer = PrefixScorer(tiny_model(), cache_bytes=50_000)
    for seed in range(20):
        ids = tuple(random.Random(seed).choices(range(3, 1500), k=60))
        scorer.score([Encoded(ids, 20, (39, 59))])
        assert 0 < scorer.kept_bytes <= 50_000
    scorer.forget()
    assert scorer.kept_bytes == 0


@pytest.mark.parametrize("kind", ["learned positions", "sliding window"])
def test_other_architectures(kind: str) -> None:
    """GPT-2 has no position behind its window; a sliding window forgets, so nothing is kept."""
    torch.manual_seed(0)
    small = {"vocab_size": 100, "num_labels": 1, "initializer_range": 0.4}
    model = (
        GPT2ForTokenClassification(
            GPT2Config(n_embd=32, n_layer=2, n_head=2, n_positions=64, **small)
        )
        if kind == "learned positions"
        else MistralForTokenClassification(
            MistralConfig(
                hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
                num_key_value_heads=2, sliding_window=8, max_position_embeddings=64, **small,
            )
        )
    ).eval()  # fmt: skip
    draw = random.Random(1)
    scorer = PrefixScorer(model)
    prompt = tuple(draw.choices(range(100), k=10))
    chains = []
    for length in (64, 30, 12, 64, 50):
        ids = (*prompt, *draw.choices(range(100), k=length - 10))
        chains += [
            Encoded(ids[:11], 10, (10,)),
            Encoded(ids, 10, tuple(sorted({10, length // 2 + 4, length - 1}))),
        ]
    draw.shuffle(chains)
    for half in (chains[:5], chains[5:]):
        for chain, odds in zip(half, scorer.score(half), strict=True):
            wanted = [alone(model, chain.ids[: end + 1]) for end in chain.ends]
            assert odds == pytest.approx(wanted, abs=CLOSE)


def test_a_short_tail_far_in_the_window_beside_a_long_one() -> None:
    torch.manual_seed(0)
    config = GPT2Config(
        n_embd=32, n_layer=2, n_head=2, n_positions=64, vocab_size=100, num_labels=1,
        initializer_range=0.4,
    )  # fmt: skip
    model = GPT2ForTokenClassification(config).eval()
    scorer = PrefixScorer(model)
    one, other = (tuple(random.Random(seed).choices(range(100), k=64)) for seed in (1, 2))
    scorer.score([Encoded(one[:60], 10, (59,))])
    before = scorer.work.forwards
    found = scorer.score([Encoded(one, 10, (59, 63)), Encoded(other, 10, (63,))])
    assert scorer.work.forwards == before + 1
    assert found[0] == pytest.approx([alone(model, one[:60]), alone(model, one)], abs=CLOSE)
    assert found[1] == pytest.approx([alone(model, other)], abs=CLOSE)


def test_a_model_that_looks_ahead_is_refused() -> None:
    config = BertConfig(
        vocab_size=100, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, num_labels=1,
    )  # fmt: skip
    with pytest.raises(InputError, match="not causal"):
        PrefixScorer(BertForTokenClassification(config).eval())


async def test_a_closed_model_scores_no_more() -> None:
    model = reward()
    await model.close()
    with pytest.raises(InfrastructureError, match="closed"):
        await model.score(PROBLEMS[0], [draft()])


async def test_a_step_without_text_scores_as_what_stands_before_it() -> None:
    model = reward()
    whole = draft()
    padded = Draft((*whole.proposals, type(whole.proposals[0])("", whole.ending, 0)))
    [scores] = await model.score(PROBLEMS[0], [padded])
    assert scores == pytest.approx([*(rewards := reference(PROBLEMS[0], whole)), rewards[-1]])
    assert await model.score(PROBLEMS[0], [Draft()]) == [()]


def test_chains_are_scored_in_groups_whose_states_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(5)
    chains = [
        Encoded(tuple(rng.randrange(2, 60) for _ in range(40)), 10, (19, 29, 39)) for _ in range(30)
    ]
    whole = PrefixScorer(tiny_model(), cache_bytes=1).score(chains)
    held: list[int] = []
    forward = scoring.read_logits_and_states

    def watch(model: Any, runs: Any, past: Any) -> Any:
        held.append(sum(state.shape[2] for state in past.values()))
        return forward(model, runs, past)

    monkeypatch.setattr(scoring, "GROUP_TOKENS", 100)
    monkeypatch.setattr(scoring, "FORWARD_TOKENS", 50)
    monkeypatch.setattr(scoring, "read_logits_and_states", watch)
    grouped = PrefixScorer(tiny_model(), cache_bytes=1).score(chains)
    assert max(held) <= 100
    for one, other in zip(grouped, whole, strict=True):
        assert one == pytest.approx(other, abs=CLOSE)
