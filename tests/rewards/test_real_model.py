"""Prefixes in a real model's tokens: its chat template, its merges, its size."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from transformers import AutoModelForTokenClassification, AutoTokenizer

from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.encoding import ChainEncoder
from dreamcode.rewards.hf import HfReward
from tests.real_chains import chains
from tests.real_model import FOLDER
from tests.rewards.checkpoints import PROBLEMS, draft, prefix

pytestmark = pytest.mark.real_model


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(FOLDER)


@pytest.mark.parametrize("template", ["chat", "bare"])
@pytest.mark.parametrize("separator", ["", "\n<step>\n"])
def test_a_prefix_in_text_is_a_prefix_in_tokens(
    tokenizer: Any, template: Any, separator: str
) -> None:
    encoder = ChainEncoder(tokenizer, PrmConfig(template=template, separator=separator), None)

    @settings(max_examples=25)
    @given(steps=chains())
    def check(steps: tuple[str, ...]) -> None:
        whole = encoder.encode(PROBLEMS[0], steps)
        assert tokenizer.decode(whole.ids[whole.start :]) == "".join(s + separator for s in steps)
        for length in range(1, len(steps)):
            part = encoder.encode(PROBLEMS[0], steps[:length])
            assert part.ids == whole.ids[: len(part.ids)]
            assert part.ends == whole.ends[:length]
            assert part.ends[-1] == len(part.ids) - 1

    check()


async def test_every_prefix_at_once_is_every_prefix_alone(tokenizer: Any) -> None:
    torch.manual_seed(0)
    model = AutoModelForTokenClassification.from_pretrained(
        FOLDER, num_labels=1, dtype=torch.float32
    ).eval()
    config = PrmConfig(template="chat")
    whole = draft()
    [together] = await HfReward("real", model, tokenizer, config).score(PROBLEMS[0], [whole])
    for length in range(1, len(whole.proposals) + 1):
        alone = HfReward("real", model, tokenizer, config, cache_bytes=0)
        [found] = await alone.score(PROBLEMS[0], [prefix(whole, length)])
        assert found == pytest.approx(together[:length], abs=1e-4)
