import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from dreamcode.errors import InputError
from dreamcode.policies.draft import make_draft
from dreamcode.policies.policy import Ending
from dreamcode.rewards.checkpoint import PrmConfig, read_prm_config
from dreamcode.rewards.hf import load_hf
from dreamcode_training.config import LoraConfig
from dreamcode_training.prm import prepare, run_prm
from dreamcode_training.prm_model import load_backbone
from dreamcode_training.progress import Progress
from dreamcode_training.records import read_chains, read_problems, write_lines
from tests.training.launching import train_together
from tests.training.learning import same_tensors, settings

torch.set_num_threads(1)


class StoppedError(Exception):
    pass


def stop_after(steps: int) -> Any:
    def tell(progress: Progress) -> None:
        if progress.done == steps:
            raise StoppedError

    return tell


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_run_that_is_stopped_anywhere_ends_with_the_same_bits(
    tmp_path: Path, base: Path, labels: Path
) -> None:
    config = settings(base, {"warmup": 0.2}, validate_every=2)
    measures = run_prm(tmp_path / "whole", labels, config, 0)
    for stops in (2, 5, 8):
        with pytest.raises(StoppedError):
            run_prm(tmp_path / "stopped", labels, config, 0, stop_after(stops))
    assert run_prm(tmp_path / "stopped", labels, config, 0) == measures
    for file in ("metrics.jsonl", "corrected.jsonl", "model/prm.json"):
        assert (tmp_path / "stopped" / file).read_bytes() == (
            tmp_path / "whole" / file
        ).read_bytes()
    one, other = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "stopped")
    )
    assert same_tensors(one, other)


def test_the_result_is_an_ordinary_checkpoint_with_its_description(
    tmp_path: Path, base: Path, labels: Path
) -> None:
    from transformers import AutoModelForTokenClassification

    config = settings(base, lora=LoraConfig(rank=2), store="bf16")
    measures = run_prm(tmp_path, labels, config, 3)
    assert {"finished", "unfinished", "measured"} == set(measures)
    model = AutoModelForTokenClassification.from_pretrained(tmp_path / "model")
    assert model.config.num_labels == 1
    assert not any("lora" in name for name, _ in model.named_parameters())
    prm = read_prm_config(tmp_path / "model")
    assert prm is not None
    assert prm.kind == "prm"
    assert prm.provenance["seed"] == 3
    assert prm.provenance["settings"]["method"] == "correct"
    assert [line["step"] for line in lines(tmp_path / "metrics.jsonl")] == list(range(1, 10))
    corrected = lines(tmp_path / "corrected.jsonl")
    assert any(line["label"] != line["counted"] for line in corrected)
    assert all(0 <= line["label"] <= 1 for line in corrected)


def test_programs_and_prefixes_are_calibrated_apart_on_clean_outcomes(
    tmp_path: Path, base: Path, labels: Path
) -> None:
    """Each kind's mean chance is the share that passed: what a fitted bias does."""
    run_prm(tmp_path, labels, settings(base, method="mc"), 0)
    problems = read_problems(labels / "problems.jsonl")
    chains = read_chains(labels / "labels.jsonl", problems)
    owned = [one for one in chains if problems[one.problem].split == "validation"]
    reward = load_hf(str(tmp_path / "model"))

    async def score() -> list[tuple[tuple[float | None, ...], bool]]:
        return [
            (own, chain.passed)
            for chain in owned
            for own in await reward.score(
                problems[chain.problem].problem, [make_draft(chain.steps, Ending.PROGRAM)]
            )
        ]

    scored = asyncio.run(score())
    prm = read_prm_config(tmp_path / "model")
    assert prm is not None
    for places, fitted in (
        (slice(0, -1), prm.of_prefixes),
        (slice(-1, None), prm.of_programs),
    ):
        rows = [(one, passed) for own, passed in scored for one in own[places] if one is not None]
        chance = sum(one for one, _ in rows) / len(rows)
        share = sum(passed for _, passed in rows) / len(rows)
        # But for the pull towards bias 0, which weighs as much as one observation.
        assert chance == pytest.approx(share - fitted.bias / len(rows), abs=1e-3)


def test_an_orm_says_that_it_is_one(tmp_path: Path, base: Path, labels: Path) -> None:
    run_prm(tmp_path, labels, settings(base, method="orm", epochs=0.5), 0)
    prm = read_prm_config(tmp_path / "model")
    assert prm is not None
    assert prm.kind == "orm"


def test_a_checkpoint_of_other_settings_is_refused(
    tmp_path: Path, base: Path, labels: Path
) -> None:
    with pytest.raises(StoppedError):
        run_prm(tmp_path, labels, settings(base), 0, stop_after(4))
    with pytest.raises(InputError, match="other settings, labels or number of"):
        run_prm(tmp_path, labels, settings(base, learning_rate=0.02), 0)


def test_a_base_with_another_models_tokenizer_is_refused(tmp_path: Path, labels: Path) -> None:
    from tests.rewards.checkpoints import save, tiny_model

    other = save(tmp_path / "base", tiny_model(vocab_size=1000, hidden_size=16))
    with pytest.raises(InputError, match=r"1536 tokens but the model only 1000"):
        run_prm(tmp_path / "run", labels, settings(other), 0)


def test_a_base_that_is_not_there_is_named(tmp_path: Path, labels: Path) -> None:
    with pytest.raises(InputError, match=r"cannot load prm\.base"):
        run_prm(tmp_path / "run", labels, settings(tmp_path / "nowhere"), 0)


def test_two_processes_train_what_one_does(tmp_path: Path, base: Path, labels: Path) -> None:
    correction = {"warmup": 0.0, "visits": 10.0, "meta_batch": 6}
    config = settings(base, correction, batch=5, accumulation=1, epochs=1)
    run_prm(tmp_path / "alone", labels, config, 0)
    done = train_together(tmp_path / "shared", labels, config)
    assert done.returncode == 0, done.stderr[-2000:]
    one, other = (lines(tmp_path / name / "corrected.jsonl") for name in ("alone", "shared"))
    assert any(line["visits"] for line in one)
    for ours, theirs in zip(one, other, strict=True):
        assert ours["visits"] == theirs["visits"]
        assert ours["label"] == pytest.approx(theirs["label"], abs=1e-3)
    first, second = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("alone", "shared")
    )
    for name, value in first.items():
        assert torch.allclose(value, second[name], atol=1e-3), name
    with pytest.raises(InputError, match="number of processes"):
        run_prm(tmp_path / "shared", labels, config, 0)


def test_choosing_by_validation_needs_chains_of_validation(
    tmp_path: Path, base: Path, labels: Path
) -> None:
    problems = read_problems(labels / "problems.jsonl")
    chains = read_chains(labels / "labels.jsonl", problems)
    bare = tmp_path / "labels"
    bare.mkdir()
    (bare / "problems.jsonl").write_bytes((labels / "problems.jsonl").read_bytes())
    write_lines(
        bare / "labels.jsonl",
        [chain for chain in chains if problems[chain.problem].split != "validation"],
    )
    with pytest.raises(InputError, match=r"raise problems\.validation"):
        run_prm(tmp_path / "run", bare, settings(base, validate_every=2), 0)


def test_chains_that_do_not_fit_the_window_are_left_out_and_said(base: Path, labels: Path) -> None:
    problems = read_problems(labels / "problems.jsonl")
    chains = read_chains(labels / "labels.jsonl", problems)
    backbone = load_backbone(settings(base), 0)
    lengths = sorted(
        sum(len(backbone.tokenizer(step, add_special_tokens=False)["input_ids"]) for step in steps)
        for steps in (chain.steps for chain in chains)
    )
    window = lengths[len(lengths) // 2] + 1  # of some programs, with next to nothing before them
    assert lengths[-1] > window
    said: list[str] = []
    encoder = replace(backbone, window=window).encoder(PrmConfig(), said.append)
    material = prepare(chains, problems, encoder, settings(base, method="mc"), said.append)
    kept = sum(map(len, material.examples.values()))
    assert 0 < kept < len(chains)
    assert f"{len(chains) - kept} of {len(chains)} chains are left out" in said[-1]
    assert any("characters of the statement were left out" in line for line in said)


def test_a_reward_model_knows_its_tokenizer(tmp_path: Path, base: Path, labels: Path) -> None:
    run_prm(tmp_path, labels, settings(base, method="mc", epochs=0.5), 0)
    file = tmp_path / "model" / "tokenizer.json"
    load_hf(str(tmp_path / "model"))
    content = json.loads(file.read_text())
    vocabulary = content["model"]["vocab"]
    one, other = list(vocabulary)[400:402]
    vocabulary[one], vocabulary[other] = vocabulary[other], vocabulary[one]
    file.write_text(json.dumps(content))  # as many pieces, so that no size tells
    with pytest.raises(InputError, match=r"another vocabulary .* put the tokenizer back"):
        load_hf(str(tmp_path / "model"))
