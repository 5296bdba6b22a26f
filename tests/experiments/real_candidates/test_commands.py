"""The commands, one after the other, with a tiny model; and with the real one where it is."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM
from typer.testing import CliRunner

from dreamcode.policies.adapters import CONFIG
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.encoding import ChainEncoder
from dreamcode_training.chains import SampledChain
from dreamcode_training.records import ProblemRecord
from experiments.real_candidates.__main__ import app
from experiments.real_candidates.likelihood import measure_likelihoods
from tests.experiments.real_candidates.world import settings_text, write_real_data
from tests.real_model import FOLDER
from tests.rewards.checkpoints import PROBLEMS, draft, tiny_model, tokenizer

torch.set_num_threads(1)


def write_language_model(folder: Path) -> Path:
    """A tiny random language model, with the embedded policy's tokenizer."""
    torch.manual_seed(0)
    config = tiny_model(initializer_range=0.1, max_position_embeddings=4096).config
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def run(*words: object) -> str:
    found = CliRunner().invoke(app, [str(word) for word in words])
    assert found.exit_code == 0, (found.output, found.exception)
    return found.output


def test_from_programs_to_the_page(tmp_path: Path) -> None:
    check_commands(tmp_path, write_language_model(tmp_path / "base"))


@pytest.mark.real_model
def test_from_programs_to_the_page_with_the_real_model(tmp_path: Path) -> None:
    check_commands(tmp_path, FOLDER, template="chat", window=256, precision="bf16", epochs=0.1)


def check_commands(tmp_path: Path, base: Path, **prm: Any) -> None:
    real = write_real_data(tmp_path / "real")
    config = tmp_path / "settings.yaml"
    config.write_text(settings_text(**prm))
    given = ["--out", tmp_path / "out", "--config", config]
    said = run("prepare", "--real-data", real, *given)
    assert "train: 5 problems, 5 with right and wrong programs, 15 programs" in said
    said = run("train", *given, "--base", base)
    assert "tokens per epoch" in said
    model = tmp_path / "out" / "prm" / "model"
    named = json.loads((model / CONFIG).read_text())["base_model_name_or_path"]
    assert Path(named).expanduser() == base
    assert sum(file.stat().st_size for file in model.iterdir()) < 10_000_000
    docs = ["--docs", tmp_path / "docs"]
    run("measure", *given, "--base", base, *docs)
    first = (tmp_path / "docs" / "real-candidates.json").read_text()
    journal = (tmp_path / "out" / "journal.jsonl").read_bytes()
    run("measure", *given, "--base", base, *docs)
    assert (tmp_path / "docs" / "real-candidates.json").read_text() == first
    assert (tmp_path / "out" / "journal.jsonl").read_bytes() == journal  # nothing is scored twice
    found = json.loads(first)
    assert found["splits"]["test"]["problems"] == 6
    assert found["measures"]["oracle"]["pairs"]["value"] == 1
    assert found["measures"]["chance"]["auroc"]["value"] == 0.5
    run("report", *docs)
    assert "## Which program is right" in (tmp_path / "docs" / "real-candidates.md").read_text()


def check_likelihoods(folder: Path, config: PrmConfig) -> None:
    """Programs of one problem, one of them with a shorter statement: as each is read alone."""
    words = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    encoder = ChainEncoder(words, config, None)
    first = draft().steps
    texts = [first, (*first[:-1], first[-1] + "# so\n" * 20), first[:1], ("x = 1\n" * 400,)]
    chains = [SampledChain("sum", k, steps, True, True, None, 0) for k, steps in enumerate(texts)]
    problem = ProblemRecord("test", PROBLEMS[0])
    found = measure_likelihoods(model, encoder, problem, chains)
    assert found[-1] is None
    for chain, value in zip(chains[:-1], found, strict=False):
        encoded = encoder.encode(problem.problem, chain.steps)
        ids = torch.tensor([encoded.ids])
        with torch.inference_mode():
            logs = model(input_ids=ids).logits[0].log_softmax(-1)
        own = [
            float(logs[place - 1, encoded.ids[place]])
            for place in range(encoded.start, len(encoded.ids))
        ]
        assert value == pytest.approx(math.fsum(own) / len(own), abs=1e-4)


def test_a_likelihood_is_that_of_a_program_read_alone(tmp_path: Path) -> None:
    folder = write_language_model(tmp_path)
    check_likelihoods(folder, PrmConfig(window=230))


@pytest.mark.real_model
def test_a_likelihood_of_the_real_model_is_that_of_a_program_read_alone() -> None:
    check_likelihoods(FOLDER, PrmConfig(template="chat", window=300))
