"""Checkpoints of several conventions, and what is said of those that are none."""

import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, LlamaForCausalLM

from dreamcode.chain.prompts import bare_prompt, render_user
from dreamcode.errors import InputError
from dreamcode.policies.draft import Draft, make_draft
from dreamcode.policies.policy import Ending
from dreamcode.rewards.checkpoint import FILE, Calibration, PrmConfig
from dreamcode.rewards.hf import load_hf
from tests.rewards.checkpoints import (
    CHAT,
    PROBLEMS,
    draft,
    edit_json,
    prefix,
    save,
    tiny_model,
    tokenizer,
)

torch.set_num_threads(1)
PROBLEM = PROBLEMS[0]


def logits_at(folder: Path, ids: list[int], ends: list[int]) -> torch.Tensor:
    """What plain transformers says of a folder, shape (ends, labels)."""
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).logits[0, ends].double()


def join(prompt: str, steps: Draft, separator: str = "") -> tuple[list[int], list[int]]:
    """Token ids piece by piece, and where the pieces end."""
    words = tokenizer()
    ids = [words.bos_token_id, *words(prompt, add_special_tokens=False)["input_ids"]]
    ends = []
    for step in steps.steps:
        ids += words(step, add_special_tokens=False)["input_ids"]
        ids += words(separator, add_special_tokens=False)["input_ids"]
        ends.append(len(ids) - 1)
    return ids, ends


async def test_one_label_is_a_calibrated_logit(tmp_path: Path) -> None:
    config = PrmConfig(temperature=2.5, bias=-0.4, aggregation="min")
    folder = save(tmp_path, tiny_model(), config)
    model = load_hf(str(folder))
    assert (model.name, model.aggregation, model.judges) == (f"hf/{folder}", "min", "prefixes")
    [found] = await model.score(PROBLEM, [draft()])
    logits = logits_at(folder, *join(bare_prompt(PROBLEM), draft()))
    assert found == pytest.approx(torch.sigmoid(logits[:, 0] / 2.5 - 0.4).tolist(), abs=1e-5)


async def test_prefixes_that_are_no_programs_have_a_calibration_of_their_own(
    tmp_path: Path,
) -> None:
    config = PrmConfig(temperature=2.5, bias=-0.4, unfinished=Calibration(0.5, 1.5))
    folder = save(tmp_path, tiny_model(), config)
    whole, cut = draft(), make_draft(draft().steps, Ending.STEP)
    finished, begun = await load_hf(str(folder)).score(PROBLEM, [whole, cut])
    logits = logits_at(folder, *join(bare_prompt(PROBLEM), draft()))[:, 0]
    prefixes = torch.sigmoid(logits / 0.5 + 1.5).tolist()
    program = float(torch.sigmoid(logits[-1] / 2.5 - 0.4))
    assert begun == pytest.approx(prefixes, abs=1e-5)
    assert finished == pytest.approx([*prefixes[:-1], program], abs=1e-5)


async def test_a_checkpoint_of_trl_needs_no_prm_json(tmp_path: Path) -> None:
    """A newline token after each step, on which label 1 means right."""
    folder = save(tmp_path, tiny_model(labels=2))
    [found] = await load_hf(str(folder)).score(PROBLEM, [draft()])
    logits = logits_at(folder, *join(bare_prompt(PROBLEM), draft(), "\n"))
    assert found == pytest.approx(logits.softmax(-1)[:, 1].tolist(), abs=1e-5)


async def test_a_separator_token_and_label_named_by_prm_json(tmp_path: Path) -> None:
    config = PrmConfig(separator="<eos>", positive_label=0, temperature=3.0)
    folder = save(tmp_path, tiny_model(labels=2), config)
    [found] = await load_hf(str(folder)).score(PROBLEM, [draft()])
    ids, ends = join(bare_prompt(PROBLEM), draft(), "<eos>")
    assert {ids[end] for end in ends} == {tokenizer().eos_token_id}
    logits = logits_at(folder, ids, ends)
    assert found == pytest.approx((logits / 3).softmax(-1)[:, 0].tolist(), abs=1e-5)


async def test_without_prm_json_a_chat_tokenizer_is_used_as_such(tmp_path: Path) -> None:
    folder = save(tmp_path, tiny_model(), chat_template=CHAT)
    [found] = await load_hf(str(folder)).score(PROBLEM, [draft()])
    words = tokenizer()
    text = f"<user>{render_user(PROBLEM)}<assistant>```python\n"
    ids = list(words(text, add_special_tokens=False)["input_ids"])
    ends = []
    for step in draft().steps:
        ids += words(step, add_special_tokens=False)["input_ids"]
        ends.append(len(ids) - 1)
    assert found == pytest.approx(logits_at(folder, ids, ends)[:, 0].sigmoid().tolist(), abs=1e-5)


async def test_an_orm_judges_finished_chains_alone(tmp_path: Path) -> None:
    folder = save(tmp_path, tiny_model(), PrmConfig(kind="orm"))
    model = load_hf(str(folder))
    assert model.judges == "programs"
    unfinished = draft(finished=False)
    found = await model.score(PROBLEM, [prefix(draft(), 2), draft(), unfinished])
    last = logits_at(folder, *join(bare_prompt(PROBLEM), draft()))[-1, 0].sigmoid().item()
    assert found[0] == (None, None)
    assert found[1] == (None, None, pytest.approx(last, abs=1e-5))
    assert found[2] == (None, None, None)


def test_the_aggregation_asked_for_comes_before_that_of_the_file(tmp_path: Path) -> None:
    folder = save(tmp_path, tiny_model(), PrmConfig(aggregation="min"))
    assert load_hf(str(folder), "product").aggregation == "product"


async def test_a_saturated_logit_is_a_reward(tmp_path: Path) -> None:
    model = tiny_model()
    with torch.no_grad():
        model.score.bias.fill_(5e4)
    [found] = await load_hf(str(save(tmp_path, model))).score(PROBLEM, [draft()])
    assert all(isinstance(r, float) and math.isfinite(r) and 0.99 < r <= 1 for r in found)


def test_the_fingerprint_tells_weights_and_readings_apart(tmp_path: Path) -> None:
    one, other = tiny_model(), tiny_model()
    with torch.no_grad():
        other.score.weight[0, 0] += 1e-3
    prints = [
        load_hf(str(save(tmp_path / "a", one, PrmConfig()))).fingerprint,
        load_hf(str(save(tmp_path / "b", other, PrmConfig()))).fingerprint,
        load_hf(str(save(tmp_path / "c", one, PrmConfig(bias=0.1)))).fingerprint,
    ]
    assert len(set(prints)) == 3
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    assert load_hf(str(tmp_path / "copy")).fingerprint == prints[0]


async def test_a_statement_too_long_is_shortened_with_one_warning(tmp_path: Path) -> None:
    folder = save(tmp_path, tiny_model(max_position_embeddings=200))
    said: list[str] = []
    model = load_hf(str(folder), on_event=said.append)
    long = type(PROBLEM)("long", "Long", "Print the sum of the numbers. " * 100)
    for _ in range(2):
        [found] = await model.score(long, [draft()])
        assert None not in found
    assert len(said) == 1
    assert "long" in said[0]


BAD: dict[str, tuple[Any, str]] = {
    "no folder": (lambda f: shutil.rmtree(f), "cannot load model"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "cannot load model"),
    "torn weights": (
        lambda f: (f / "model.safetensors").write_bytes(b"\x00" * 50),
        "cannot load model",
    ),
    "weights of another size": (
        lambda f: edit_json(f / "config.json", hidden_size=128),
        "cannot load model",
    ),
    "no head": (
        lambda f: LlamaForCausalLM(tiny_model().config).save_pretrained(f),
        "score.weight.* random",
    ),
    "adapter of nothing": (
        lambda f: (f / "config.json").rename(f / "adapter_config.json"),
        "names no base_model_name_or_path",
    ),
    "code of its own": (
        lambda f: edit_json(
            f / "config.json",
            model_type="unheard-of",
            auto_map={"AutoConfig": "c.C", "AutoModelForTokenClassification": "m.M"},
        ),
        "not run here",
    ),
    "three labels": (lambda f: save(f, tiny_model(3)), "3 labels"),
    "foreign tokenizer": (lambda f: save(f, tiny_model(vocab_size=1000)), r"1536.*1000"),
    "torn prm.json": (lambda f: (f / FILE).write_text('{"kind":'), FILE),
    "unknown aggregation": (lambda f: edit_json(f / FILE, aggregation="mode"), "aggregation"),
    "one label, two meant": (lambda f: edit_json(f / FILE, positive_label=1), "positive_label"),
    "two labels, none named": (lambda f: save(f, tiny_model(2), PrmConfig()), "positive_label"),
    "temperature 0": (lambda f: edit_json(f / FILE, temperature=0), "temperature"),
    "temperature of prefixes below 0": (
        lambda f: edit_json(f / FILE, unfinished={"temperature": -1, "bias": 0}),
        "temperature",
    ),
    "no chat template": (lambda f: edit_json(f / FILE, template="chat"), "chat template"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_checkpoint_that_is_no_reward_model_is_named(tmp_path: Path, case: str) -> None:
    spoil, complaint = BAD[case]
    folder = save(tmp_path / "model", tiny_model(), PrmConfig())
    assert AutoTokenizer.from_pretrained(folder)
    spoil(folder)
    with pytest.raises(InputError, match=complaint) as caught:
        load_hf(str(folder))
    assert "model" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_program_longer_than_the_window_is_refused(tmp_path: Path) -> None:
    model = load_hf(str(save(tmp_path, tiny_model(max_position_embeddings=60))))
    with pytest.raises(InputError, match=r"problem sum: the program takes \d+ tokens"):
        await model.score(PROBLEM, [draft()])
