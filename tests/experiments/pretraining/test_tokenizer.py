from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

import dreamcode.policies
from dreamcode.miniature.operations import OPERATIONS
from dreamcode.miniature.worlds import LONG, MINIATURE
from experiments.pretraining.corpus import documents
from experiments.pretraining.tokenizer import load_tokenizer, train_tokenizer

EMBEDDED = Path(dreamcode.policies.__file__).parent / "embedded"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return load_tokenizer(EMBEDDED)


def encode(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def test_steps_never_share_a_token(tokenizer: PreTrainedTokenizerFast) -> None:
    for prompt, written in islice(documents(11, [MINIATURE, LONG]), 200):
        steps = [prompt, *written.steps]
        apart = [token for step in steps for token in encode(tokenizer, step)]
        assert encode(tokenizer, "".join(steps)) == apart


def test_each_digit_is_a_token_of_its_own(tokenizer: PreTrainedTokenizerFast) -> None:
    for text in ("keep_above(values, 123)", "-4567 89", "x10"):
        pieces = [tokenizer.decode([token]) for token in encode(tokenizer, text)]
        assert all(len(piece) == 1 for piece in pieces if any(c.isdigit() for c in piece))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives(text: str) -> None:
    tokenizer = load_tokenizer(EMBEDDED)
    assert tokenizer.decode(encode(tokenizer, text), skip_special_tokens=False) == text


def test_names_of_operations_are_single_tokens(tokenizer: PreTrainedTokenizerFast) -> None:
    for operation in OPERATIONS:
        call = f"    numbers = do_{operation.key}(numbers)\n"
        pieces = [str(tokenizer.decode([token])) for token in encode(tokenizer, call)]
        assert "".join(pieces) == call
        assert operation.key in pieces or "_" not in operation.key


def test_special_tokens(tokenizer: PreTrainedTokenizerFast) -> None:
    assert isinstance(AutoTokenizer.from_pretrained(EMBEDDED), PreTrainedTokenizerFast)
    assert tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id
    specials = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id}
    assert len(specials) == 3
    assert None not in specials


def test_phrases_become_single_tokens() -> None:
    texts = [prompt for prompt, _ in islice(documents(1, [MINIATURE]), 300)]
    tokenizer = train_tokenizer(texts, size=600)
    assert len(tokenizer) == 600
    assert len(encode(tokenizer, "# Program\n")) <= 3
