"""What was read before is gone on from: fewer tokens, the same numbers, the same samples."""

import random
from itertools import accumulate, chain
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
)

from dreamcode.policies import reading
from dreamcode.policies.generation import Row, sample
from dreamcode.policies.reading import PromptReader, cut_prompt, keeps_states

EMBEDDED = Path(reading.__file__).parent / "embedded"
VOCABULARY = 60


def llama() -> PreTrainedModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.3,
    )
    return LlamaForCausalLM(config).eval()


def pieces(count: int, seed: int = 0) -> list[list[int]]:
    stream = random.Random(seed)
    return [
        [stream.randrange(1, VOCABULARY) for _ in range(stream.randrange(1, 150))]
        for _ in range(count)
    ]


def row(parts: list[list[int]], seed: int = 0) -> Row:
    ends = tuple(accumulate(map(len, parts)))
    return Row(list(chain.from_iterable(parts)), seed, 1.0, 1.0, 12, lambda _: False, ends)


def never() -> bool:
    return False


def check(model: PreTrainedModel, reader: PromptReader, prompts: list[list[list[int]]]) -> None:
    """Logits behind prompts are those of the plain model, whatever was read before."""
    paths = {path.ids: path for path in (cut_prompt(row(p).prompt, row(p).ends) for p in prompts)}
    with torch.inference_mode():
        found = reader.read(list(paths.values()), never)
        assert found is not None
        for read in found[0]:
            plain = model(torch.tensor([read.path.ids])).logits[0, -1]
            assert torch.allclose(read.logits, plain, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("cache_bytes", [None, 40_000, 0], ids=["cache", "small", "none"])
@pytest.mark.parametrize("most_new", [None, 70], ids=["whole", "in parts"])
def test_logits_are_those_of_the_whole_prompt_read_anew(
    cache_bytes: int | None, most_new: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = llama()
    if most_new:
        monkeypatch.setattr(reading, "CPU_WORK", most_new * model.num_parameters())
    reader = PromptReader(model, cache_bytes)
    one, other = pieces(4, 0), pieces(3, 1)
    check(model, reader, [one[:1]])
    check(model, reader, [one[:2], one[:3], [*one[:2], *other], other])
    check(model, reader, [one[:1], one, [[*one[0], 5]]])
    assert reader.kept_bytes <= (2**29 if cache_bytes is None else cache_bytes) * 1.125
    reader.forget()
    assert reader.kept_bytes == 0


def test_each_token_is_read_once() -> None:
    reader = PromptReader(llama())
    steps = pieces(5)
    with torch.inference_mode():
        for count in range(1, 6):
            sample(reader._model, [row(steps[:count], seed) for seed in range(3)], never, reader)
            assert reader.tokens == sum(map(len, steps[:count]))
        again = row(steps)
        sample(reader._model, [again], never, reader)
        assert again.cached == len(again.prompt)
        assert reader.tokens == sum(map(len, steps))


def test_prompts_that_begin_alike_share_all_but_a_segment() -> None:
    reader = PromptReader(llama())
    common = [7] * 200
    rows = [row([[*common, *tail]]) for tail in pieces(3)]
    sample(reader._model, rows, never, reader)
    shared = 200 // reading.SEGMENT * reading.SEGMENT
    assert [one.cached for one in rows] == [0, shared, shared]
    assert reader.tokens == sum(len(one.prompt) - one.cached for one in rows)


def test_samples_are_those_without_a_reader() -> None:
    """Exactly, on the model that ships: rows of several prompts, of one, and again from memory."""
    model = AutoModelForCausalLM.from_pretrained(EMBEDDED, dtype=torch.float32).eval()
    reader = PromptReader(model)
    steps = pieces(4)
    for _ in range(2):
        rows = [row(steps[: 1 + seed % 4], seed) for seed in range(12)]
        sample(model, rows, never, reader)
        plain = [row(steps[: 1 + seed % 4], seed) for seed in range(12)]
        sample(model, plain)
        assert [one.tokens for one in rows] == [one.tokens for one in plain]
        for one, other in zip(rows, plain, strict=True):
            assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)


def test_reading_stops_between_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = llama()
    monkeypatch.setattr(reading, "CPU_WORK", 64 * model.num_parameters())
    reader = PromptReader(model)
    one = Row([3] * 640, 0, 1.0, 1.0, 5, lambda _: False)
    sample(model, [one], lambda: reader.tokens >= 192, reader)
    assert (reader.tokens, one.tokens) == (192, [])


def test_models_of_other_kinds_are_told_apart() -> None:
    small = {"vocab_size": VOCABULARY, "hidden_size": 16, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 16}
    sliding = MistralForCausalLM(MistralConfig(**small, **heads, sliding_window=8)).eval()
    assert not keeps_states(sliding)
    assert keeps_states(llama())
    absolute = GPT2LMHeadModel(
        GPT2Config(vocab_size=VOCABULARY, n_embd=16, n_layer=1, n_head=2, n_positions=512)
    ).eval()
    assert keeps_states(absolute)
    check(absolute, PromptReader(absolute), [pieces(1)[:1], pieces(2)])
