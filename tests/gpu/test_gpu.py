"""On a GPU the numbers are those of a CPU: corrections, scores, programs (`make gpu`)."""

from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import AdamW
from transformers import AutoModelForCausalLM, AutoModelForTokenClassification

from dreamcode.policies.generation import Row, sample
from dreamcode.policies.loading import load_pretrained
from dreamcode.rewards.checkpoint import EMBEDDED, PrmConfig, read_prm_config
from dreamcode.rewards.hf import HfReward, load_embedded
from dreamcode_training.config import LoraConfig
from tests.rewards.checkpoints import PROBLEMS, tiny_model, tokenizer, variants
from tests.rewards.test_scoring import assert_close, reference
from tests.training.learning import settings
from tests.training.test_hypergradient import CLIP, Batch, compare, llama, llama_batch
from tests.training.test_trainer import hypergradients, make_trainer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU"),
]


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
def test_hypergradients_agree_with_unrolling(lora: bool) -> None:
    def make(seed: int) -> Batch:
        one = llama_batch(seed)
        inputs = tuple(tensor.cuda() for tensor in one.inputs)
        return Batch(inputs, one.labels.cuda(), one.weights.cuda())

    model = llama(lora=lora).cuda()
    optimizer = AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01)
    assert max(compare(model, optimizer, CLIP, make)) < 1e-6


@pytest.mark.parametrize(("precision", "closeness"), [("fp32", 0.999), ("bf16", 0.95)])
@pytest.mark.parametrize("lora", [None, LoraConfig(rank=4)], ids=["full", "lora"])
def test_labels_are_corrected_as_on_a_cpu(
    base: Path, labels: Path, lora: LoraConfig | None, precision: str, closeness: float
) -> None:
    def follow(device: str, precision: str) -> list[torch.Tensor]:
        every = {"visits": 10.0, "warmup": 0.0, "reach_common": 0.0}
        config = settings(base, every, lora=lora, precision=precision)
        trainer = make_trainer(config, labels)
        trainer.model.to(device)
        return hypergradients(trainer)

    exact = follow("cpu", "fp32")
    found = follow("cuda", precision)
    # Adam's first step divides a gradient by its own size: its derivative is all rounding.
    for one, other in zip(exact[1:], found[1:], strict=True):
        assert torch.cosine_similarity(one.double(), other.double(), dim=0) > closeness


async def test_every_prefix_in_one_pass_is_every_prefix_alone() -> None:
    reward = HfReward("tiny", tiny_model().cuda(), tokenizer(), PrmConfig())
    for _ in range(2):  # the second time from memory
        for problem in PROBLEMS:
            wanted = [reference(problem, one) for one in variants()]
            assert_close(await reward.score(problem, variants()), wanted)
    await reward.close()


async def test_the_embedded_reward_model_scores_as_on_a_cpu() -> None:
    reward = load_embedded()
    model, _, _ = load_pretrained(AutoModelForTokenClassification, str(EMBEDDED))
    assert model.device.type == "cuda"
    assert model.dtype is torch.float32
    slow = HfReward("cpu", model.cpu(), tokenizer(), read_prm_config(EMBEDDED))
    for problem in PROBLEMS:
        assert_close(await reward.score(problem, variants()), await slow.score(problem, variants()))
    await reward.close()
    await slow.close()


def test_the_embedded_policy_writes_what_it_writes_on_a_cpu() -> None:
    folder = str(resources.files("dreamcode.policies") / "embedded")
    model, words, _ = load_pretrained(AutoModelForCausalLM, folder)
    assert model.device.type == "cuda"
    prompt = words.encode(PROBLEMS[0].statement)

    def write(on: Any) -> list[list[int]]:
        rows = [Row(prompt, seed, 0.8, 1.0, 60, lambda row: False) for seed in range(16)]
        sample(on, rows)
        return [row.tokens for row in rows]

    fast = write(model)
    slow = write(model.cpu())
    # Where two tokens are all but equally likely, rounding may decide.
    assert sum(one == other for one, other in zip(fast, slow, strict=True)) >= 15
    assert len({tuple(one) for one in fast}) > 8
