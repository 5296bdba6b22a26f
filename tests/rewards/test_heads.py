"""Published kinds of reward models, made small here, against heads computed by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import (
    AutoTokenizer,
    LlamaConfig,
    LlamaForSequenceClassification,
    Qwen2Config,
    Qwen2Model,
)

from dreamcode.chain.prompts import bare_prompt, render_user
from dreamcode.errors import InputError
from dreamcode.rewards.checkpoint import PrmConfig, write_prm_config
from dreamcode.rewards.hf import load_hf
from tests.rewards import checkpoints
from tests.rewards.checkpoints import PROBLEMS, draft, prefix, tokenizer

torch.set_num_threads(1)
PROBLEM, WIDTH = PROBLEMS[0], checkpoints.SHAPE["hidden_size"]
CHAT = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<end>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SHAPE = checkpoints.SHAPE | {"vocab_size": 1540}  # <extra_0> among them


def publish(folder: Path, architecture: str, head: dict[str, Tensor]) -> Any:
    """Writes a backbone and a head as their makers do; returns the backbone."""
    torch.manual_seed(1)
    backbone: Any = Qwen2Model(Qwen2Config(**SHAPE))
    backbone.eval()
    folder.mkdir(exist_ok=True)
    weights = {f"model.{name}": value for name, value in backbone.state_dict().items()}
    language = {"lm_head.weight": torch.zeros(SHAPE["vocab_size"], WIDTH)}
    save_file(weights | head | language, folder / "model.safetensors", {"format": "pt"})
    config = backbone.config.to_dict() | {
        "architectures": [architecture],
        # Code that comes with them, which is not run and need not be there.
        "auto_map": {"AutoModel": "modeling.Theirs", "AutoConfig": "configuration.Theirs"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    words = tokenizer()
    words.chat_template = CHAT
    words.add_special_tokens({"additional_special_tokens": ["<extra_0>"]})
    words.save_pretrained(folder)
    return backbone


def linear(outputs: int, seed: int) -> nn.Linear:
    torch.manual_seed(seed)
    made = nn.Linear(WIDTH, outputs)
    with torch.no_grad():
        made.weight.mul_(4)
    return made


def named(layer: nn.Linear, name: str) -> dict[str, Tensor]:
    return {f"{name}.weight": layer.weight.detach(), f"{name}.bias": layer.bias.detach()}


def two_layers(labels: int, seed: int) -> tuple[dict[str, Tensor], Callable[[Tensor], Tensor]]:
    """Weights of the head under their published names, and what it makes of states."""
    inner, outer = linear(WIDTH, seed), linear(labels, seed + 1)
    return named(inner, "score.0") | named(outer, "score.2"), lambda x: outer(inner(x).relu())


def states(backbone: Any, ids: list[int], ends: list[int]) -> Tensor:
    with torch.inference_mode():
        found: Tensor = backbone(input_ids=torch.tensor([ids])).last_hidden_state[0, ends]
    return found


def join(words: Any, prompt: str, separator: str = "") -> tuple[list[int], list[int]]:
    ids = list(words(prompt, add_special_tokens=False)["input_ids"])
    ends = []
    for step in draft().steps:
        for text in (step, separator):
            ids += words(text, add_special_tokens=False)["input_ids"]
        ends.append(len(ids) - 1)
    return ids, ends


ASKED = f"<|user|>{render_user(PROBLEM)}<end>\n<|assistant|>```python\n"


async def test_a_process_reward_model_of_qwen(tmp_path: Path) -> None:
    head, judge = two_layers(2, seed=2)
    backbone = publish(tmp_path, "Qwen2ForProcessRewardModel", head)
    model = load_hf(str(tmp_path))
    assert model.judges == "prefixes"
    [found] = await model.score(PROBLEM, [draft()])
    words = AutoTokenizer.from_pretrained(tmp_path)
    ids, ends = join(words, ASKED, "<extra_0>")
    assert {ids[end] for end in ends} == {words.convert_tokens_to_ids("<extra_0>")}
    with torch.inference_mode():
        logits = judge(states(backbone, ids, ends))
    assert found == pytest.approx(logits.softmax(-1)[:, 1].tolist(), abs=1e-5)


async def test_a_process_reward_model_of_skywork(tmp_path: Path) -> None:
    layer = linear(1, 4)
    backbone = publish(tmp_path, "Qwen2ForPrmModel", named(layer, "v_head.summary"))
    [found] = await load_hf(str(tmp_path)).score(PROBLEM, [draft()])
    words = AutoTokenizer.from_pretrained(tmp_path)
    ids, ends = join(words, words.bos_token + bare_prompt(PROBLEM), "\n")
    with torch.inference_mode():
        values = layer(states(backbone, ids, ends))[:, 0]
    assert found == pytest.approx(values.sigmoid().tolist(), abs=1e-5)


async def test_an_outcome_reward_model_of_qwen(tmp_path: Path) -> None:
    head, judge = two_layers(1, seed=5)
    backbone = publish(tmp_path, "Qwen2ForRewardModel", head)
    model = load_hf(str(tmp_path))
    assert model.judges == "programs"
    cut, whole = await model.score(PROBLEM, [prefix(draft(), 2), draft()])
    words = AutoTokenizer.from_pretrained(tmp_path)
    ids, _ = join(words, ASKED)
    ids += words("```<end>\n", add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        value = judge(states(backbone, ids, [len(ids) - 1]))[0, 0]
    assert [*cut, *whole[:-1]] == [None] * 4
    assert whole[-1] == pytest.approx(value.sigmoid().item(), abs=1e-5)


@pytest.mark.parametrize("chat", [True, False])
async def test_sequence_classification_with_one_label_is_an_orm(tmp_path: Path, chat: bool) -> None:
    torch.manual_seed(7)
    shape: dict[str, Any] = SHAPE | {"num_labels": 1}
    theirs: Any = LlamaForSequenceClassification(LlamaConfig(**shape))  # type: ignore[no-untyped-call]
    theirs.eval()
    theirs.save_pretrained(tmp_path)
    words = tokenizer()
    words.chat_template = CHAT if chat else None
    words.save_pretrained(tmp_path)
    model = load_hf(str(tmp_path))
    assert model.judges == "programs"
    [found] = await model.score(PROBLEM, [draft()])
    if chat:
        turns = [
            {"role": "user", "content": render_user(PROBLEM)},
            {"role": "assistant", "content": f"```python\n{''.join(draft().steps)}```"},
        ]
        text = words.apply_chat_template(turns, tokenize=False)
        ids, _ = join(words, ASKED)
        ids += words("```<end>\n", add_special_tokens=False)["input_ids"]
        assert words.decode(ids) == words.decode(words(text, add_special_tokens=False)["input_ids"])
    else:
        ids, _ = join(words, words.bos_token + bare_prompt(PROBLEM))
    with torch.inference_mode():
        value = theirs(input_ids=torch.tensor([ids])).logits[0, 0]
    assert found[-1] == pytest.approx(value.sigmoid().item(), abs=1e-5)


async def test_prm_json_comes_before_what_is_usual(tmp_path: Path) -> None:
    layer = linear(1, 4)
    backbone = publish(tmp_path, "Qwen2ForPrmModel", named(layer, "v_head.summary"))
    write_prm_config(tmp_path, PrmConfig(template="chat", temperature=2.0))
    [found] = await load_hf(str(tmp_path)).score(PROBLEM, [draft()])
    ids, ends = join(AutoTokenizer.from_pretrained(tmp_path), ASKED)
    with torch.inference_mode():
        values = layer(states(backbone, ids, ends))[:, 0]
    assert found == pytest.approx((values / 2).sigmoid().tolist(), abs=1e-5)


def test_a_published_head_whose_weights_are_missing_is_refused(tmp_path: Path) -> None:
    publish(tmp_path, "Qwen2ForPrmModel", {})
    with pytest.raises(InputError, match=r"lacks the weights score\.bias, score\.weight"):
        load_hf(str(tmp_path))


def test_closing_a_turn_needs_a_turn(tmp_path: Path) -> None:
    publish(tmp_path, "Qwen2ForPrmModel", named(linear(1, 4), "v_head.summary"))
    write_prm_config(tmp_path, PrmConfig(closed=True))
    with pytest.raises(InputError, match=r'closed in prm\.json is for kind "orm"'):
        load_hf(str(tmp_path))


def test_a_backbone_that_classifies_no_tokens_is_named(tmp_path: Path) -> None:
    publish(tmp_path, "Qwen2ForPrmModel", named(linear(1, 4), "v_head.summary"))
    config = json.loads((tmp_path / "config.json").read_text()) | {"model_type": "openai-gpt"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="no token classification for openai-gpt"):
        load_hf(str(tmp_path))
