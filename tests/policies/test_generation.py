import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from dreamcode.policies.generation import Row, sample
from dreamcode.policies.packing import pack_weights

VOCABULARY = 50


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=128,
        initializer_range=0.5,  # far from uniform, so that sampling differs from greedy
    )
    return LlamaForCausalLM(config).eval()


def never(_: Row) -> bool:
    return False


def rows(seeds: range, temperature: float = 1.0, top_p: float = 1.0, tokens: int = 12) -> list[Row]:
    return [
        Row([1 + seed % 3] * (3 + seed % 4), seed, temperature, top_p, tokens, never)
        for seed in seeds
    ]


def test_greedy_equals_transformers_own_generation(model: LlamaForCausalLM) -> None:
    drawn = rows(range(6), temperature=0.0)
    sample(model, drawn)
    for row in drawn:
        expected = model.generate(
            torch.tensor([row.prompt]),
            attention_mask=torch.ones(1, len(row.prompt), dtype=torch.long),
            do_sample=False,
            max_new_tokens=12,
            eos_token_id=None,
        )
        assert row.tokens == expected[0, len(row.prompt) :].tolist()


def test_a_row_draws_the_same_alone_and_in_any_batch(model: LlamaForCausalLM) -> None:
    together = rows(range(8))
    sample(model, together)
    for row, alone in zip(together, rows(range(8)), strict=True):
        sample(model, [alone])
        assert row.tokens == alone.tokens
        assert row.logprobs == pytest.approx(alone.logprobs, abs=1e-4)
    assert len({tuple(row.tokens) for row in together}) > 4


def test_rows_that_are_done_leave_and_the_others_do_not_notice(model: LlamaForCausalLM) -> None:
    reference = rows(range(8))
    sample(model, reference)
    stopping = rows(range(8))
    for index, row in enumerate(stopping):
        row.is_done = lambda row, limit=index + 1: len(row.tokens) >= limit  # type: ignore[misc]
    sample(model, stopping)
    for index, (row, full) in enumerate(zip(stopping, reference, strict=True)):
        assert row.tokens == full.tokens[: index + 1]


def test_log_likelihoods_are_the_models_own_at_temperature_one(model: LlamaForCausalLM) -> None:
    for row in (drawn := rows(range(4), temperature=0.7, top_p=0.9)):
        assert not row.tokens
    sample(model, drawn)
    for row in drawn:
        with torch.inference_mode():
            logits = model(torch.tensor([row.prompt + row.tokens])).logits[0].double()
        expected = logits.log_softmax(-1)[len(row.prompt) - 1 : -1]
        chosen = expected.gather(1, torch.tensor(row.tokens)[:, None])[:, 0].tolist()
        assert row.logprobs == pytest.approx(chosen, abs=1e-4)


def test_frequencies_follow_the_models_distribution(model: LlamaForCausalLM) -> None:
    prompt = [5, 6, 7]
    with torch.inference_mode():
        logits = model(torch.tensor([prompt])).logits[0, -1].double()
    for temperature, top_p in ((1.0, 1.0), (0.5, 1.0), (1.0, 0.6)):
        expected = (logits / temperature).softmax(-1)
        if top_p < 1:
            ordered, order = expected.sort(descending=True)
            kept = int((ordered.cumsum(0) < top_p).sum()) + 1
            mask = torch.zeros_like(expected).index_fill_(0, order[:kept], 1.0)
            expected = expected * mask / (expected * mask).sum()
        count = 4000
        drawn = [Row(prompt, seed, temperature, top_p, 1, never) for seed in range(count)]
        sample(model, drawn)
        seen = torch.bincount(torch.tensor([row.tokens[0] for row in drawn]), minlength=VOCABULARY)
        deviation = (seen / count - expected).abs()
        spread = (expected * (1 - expected) / count).sqrt()
        assert bool((deviation <= 5 * spread + 1e-9).all())


def test_work_stops_when_told(model: LlamaForCausalLM) -> None:
    drawn = rows(range(2), tokens=50)
    sample(model, drawn, stopped=lambda: len(drawn[0].tokens) >= 5)
    assert [len(row.tokens) for row in drawn] == [5, 5]


def test_weights_laid_out_for_the_processor_give_the_same_numbers() -> None:
    """A layer with a bias too, and a head that shares its weights with the embedding."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        attention_bias=True,
        tie_word_embeddings=True,
        initializer_range=0.5,
    )
    plain = LlamaForCausalLM(config).eval()
    packed = LlamaForCausalLM(config).eval()
    packed.load_state_dict(plain.state_dict())
    pack_weights(packed)
    for rows_at_once in (1, 8, 70):
        ids = torch.randint(0, VOCABULARY, (rows_at_once, 9))
        with torch.inference_mode():
            assert torch.allclose(packed(ids).logits, plain(ids).logits, atol=1e-4, rtol=1e-4)
    one, other = rows(range(6)), rows(range(6))
    sample(plain, one)
    sample(packed, other)
    assert [row.tokens for row in one] == [row.tokens for row in other]
