"""Reward models in vLLM, in process and behind its server, against `hf/`: the same scores."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForSequenceClassification

from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.server_options import ServerOptions
from dreamcode.rewards.checkpoint import EMBEDDED, PrmConfig
from dreamcode.rewards.hf import load_hf
from dreamcode.rewards.remote import open_served, open_vllm
from dreamcode.rewards.reward import RewardModel, StepRewards
from tests.engines.server import serve
from tests.rewards.checkpoints import PROBLEMS, save, tiny_model, tokenizer, variants
from tests.rewards.test_heads import CHAT, SHAPE, publish, two_layers

pytestmark = pytest.mark.engines


def a_prm_of_one_label(folder: Path) -> None:
    save(folder, tiny_model(), PrmConfig(bias=0.3))


def a_prm_of_two_labels(folder: Path) -> None:
    save(folder, tiny_model(2))


def a_process_reward_model_of_qwen(folder: Path) -> None:
    publish(folder, "Qwen2ForProcessRewardModel", two_layers(2, seed=2)[0])


def an_outcome_reward_model_of_qwen(folder: Path) -> None:
    publish(folder, "Qwen2ForRewardModel", two_layers(1, seed=5)[0])


def sequence_classification(folder: Path) -> None:
    torch.manual_seed(7)
    shape: dict[str, Any] = SHAPE | {"num_labels": 1}
    LlamaForSequenceClassification(LlamaConfig(**shape)).save_pretrained(folder)  # type: ignore[no-untyped-call]
    words = tokenizer()
    words.chat_template = CHAT
    words.save_pretrained(folder)


FORMS = [
    a_prm_of_one_label,
    a_prm_of_two_labels,
    a_process_reward_model_of_qwen,
    an_outcome_reward_model_of_qwen,
    sequence_classification,
]


async def score(model: RewardModel) -> list[StepRewards]:
    rows = await asyncio.gather(*(model.score(problem, variants()) for problem in PROBLEMS))
    await model.close()
    return [row for of_problem in rows for row in of_problem]


def are_near(ours: list[StepRewards], theirs: list[StepRewards]) -> bool:
    rows = zip(ours, theirs, strict=True)
    pairs = [pair for one, two in rows for pair in zip(one, two, strict=True)]
    assert len({two for _, two in pairs}) > len(variants())  # they are not all the same
    return all(
        one == two if one is None or two is None else abs(one - two) < 1e-4 for one, two in pairs
    )


@pytest.mark.parametrize("form", FORMS)
async def test_scores_are_those_of_transformers(
    form: Callable[[Path], None], tmp_path: Path
) -> None:
    form(tmp_path)
    theirs = await score(load_hf(str(tmp_path)))
    ours = await score(await open_vllm(str(tmp_path), EngineOptions()))
    assert are_near(ours, theirs)
    options = ["--runner", "pooling"]
    if form is a_process_reward_model_of_qwen:
        # The tag has another number in the tokenizer of the real ones, which vLLM takes for given.
        tag = AutoTokenizer.from_pretrained(tmp_path).convert_tokens_to_ids("<extra_0>")
        options += ["--pooler-config", json.dumps({"step_tag_id": tag})]
    with serve(tmp_path, *options) as server:
        served = await score(await open_served(str(tmp_path), ServerOptions((server.url,))))
    assert are_near(served, theirs)


async def test_the_embedded_model_too() -> None:
    theirs = await score(load_hf(str(EMBEDDED)))
    assert are_near(await score(await open_vllm(str(EMBEDDED), EngineOptions())), theirs)
