"""Adapters that are saved alone are the reward model that was trained, wherever their base is."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from dreamcode.errors import InputError
from dreamcode.policies.adapters import CONFIG
from dreamcode.policies.draft import make_draft
from dreamcode.policies.policy import Ending
from dreamcode.rewards.adapters import WEIGHTS
from dreamcode.rewards.checkpoint import FILE, fingerprint_model
from dreamcode.rewards.hf import load_hf
from dreamcode_training.config import LoraConfig
from dreamcode_training.prm import run_prm
from dreamcode_training.records import read_chains, read_problems
from tests.rewards.checkpoints import PROBLEMS, edit_json, save, tiny_model
from tests.training.learning import settings

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, base: Path, labels: Path) -> Path:
    """The same training twice, saved merged and alone."""
    out = tmp_path_factory.mktemp("trained")
    for name, merge in (("merged", True), ("alone", False)):
        lora = LoraConfig(rank=2, merge=merge)
        run_prm(out / name, labels, settings(base, lora=lora, method="outcome", epochs=1), 0)
    return out


async def score(folder: Path, labels: Path) -> list[Any]:
    problems = read_problems(labels / "problems.jsonl")
    chain = read_chains(labels / "labels.jsonl", problems)[0]
    draft = make_draft(chain.steps, Ending.PROGRAM)
    return list(await load_hf(str(folder)).score(problems[chain.problem].problem, [draft]))


async def test_adapters_alone_judge_as_the_merged_model_does(
    trained: Path, base: Path, labels: Path
) -> None:
    alone, merged = (trained / name / "model" for name in ("alone", "merged"))
    assert not (alone / "config.json").exists()
    assert (
        sum(f.stat().st_size for f in alone.iterdir()) < (base / "model.safetensors").stat().st_size
    )
    [found], [wanted] = await score(alone, labels), await score(merged, labels)
    assert found == pytest.approx(wanted, abs=1e-5)


async def test_the_base_is_found_in_the_home_folder(
    trained: Path, base: Path, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(base, tmp_path / "home" / "base")
    moved = Path(shutil.copytree(trained / "alone" / "model", tmp_path / "moved"))
    edit_json(moved / CONFIG, base_model_name_or_path="~/base")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert await score(moved, labels) == await score(trained / "alone" / "model", labels)


def test_another_base_is_another_reward_model(trained: Path, base: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(base, tmp_path / "base"))
    folder = Path(shutil.copytree(trained / "alone" / "model", tmp_path / "model"))
    edit_json(folder / CONFIG, base_model_name_or_path=str(own))
    before = fingerprint_model(folder)
    weights = load_file(own / "model.safetensors")
    weights["model.norm.weight"] += 0.1
    save_file(weights, own / "model.safetensors", {"format": "pt"})
    assert load_hf(str(folder)).fingerprint != before


def drop_head(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    save_file({name: one for name, one in weights.items() if "score" not in name}, folder / WEIGHTS)


BAD: dict[str, tuple[Any, str]] = {
    "no base": (
        lambda f: edit_json(f / CONFIG, base_model_name_or_path="/nowhere/at"),
        "/nowhere",
    ),
    "base unnamed": (lambda f: edit_json(f / CONFIG, base_model_name_or_path=None), "names no"),
    "torn": (lambda f: (f / CONFIG).write_text('{"base'), "names no"),
    "no weights": (lambda f: (f / WEIGHTS).unlink(), "cannot read .*safetensors"),
    "torn weights": (lambda f: (f / WEIGHTS).write_bytes(b"no weights"), "cannot read"),
    "no head": (drop_head, "without a token-classification head"),
    "other tokenizer": (lambda f: edit_json(f / FILE, vocabulary="another"), "vocabulary"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_adapter_that_is_no_reward_model_is_named(
    trained: Path, tmp_path: Path, case: str
) -> None:
    spoil, complaint = BAD[case]
    folder = Path(shutil.copytree(trained / "alone" / "model", tmp_path / "model"))
    spoil(folder)
    with pytest.raises(InputError, match=complaint) as caught:
        load_hf(str(folder))
    assert "\n" not in str(caught.value)


def test_a_base_of_another_size_is_named(trained: Path, tmp_path: Path) -> None:
    other = save(tmp_path / "base", tiny_model(hidden_size=32))
    folder = Path(shutil.copytree(trained / "alone" / "model", tmp_path / "model"))
    edit_json(folder / CONFIG, base_model_name_or_path=str(other))
    with pytest.raises(InputError, match="does not fit its base"):
        load_hf(str(folder))


async def test_the_window_of_training_is_kept_where_it_is_read(
    base: Path, labels: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    run_prm(
        tmp_path,
        labels,
        settings(base, method="outcome", epochs=0.5, window=200),
        0,
        say=said.append,
    )
    assert any("left out of its middle" in line for line in said)
    assert json.loads((tmp_path / "model" / FILE).read_text())["window"] == 200
    long = make_draft(["x = 1\n" * 200], Ending.PROGRAM)
    with pytest.raises(InputError, match="reads at most 200"):
        await load_hf(str(tmp_path / "model")).score(PROBLEMS[0], [long])
