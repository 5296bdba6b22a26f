"""All of the experiment, tiny, by its own commands."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

TINY = {
    "weak": {"steps": 2, "seed": 1},
    "base": {
        "network": {"steps": 2, "width": 32, "layers": 1, "heads": 2, "inner": 64},
        "problems": 4,
    },
    "problems": {"train": 4, "meta": 4, "validation": 4, "test": 8},
    "chains": {"max_step_tokens": 300, "per_problem": 1, "validation": 2, "candidates": 4},
    "labels": {"max_step_tokens": 300, "rollouts": 2, "validation": False},
    "pools": {
        "validation_chains": 1, "inputs": 3, "reference_prefixes": 5, "reference_rollouts": 4
    },
    "grid": {"k": [1, 2], "methods": ["joint", "correct"], "seeds": 1},
    "prm": {"epochs": 2.0, "batch": 2, "save_every": 2},
    "searches": {"problems": 2, "n": [4], "pool": 6},
    # So few steps have a correction only if each has one.
    "tuning": {"k": 2, "settings": {
        "early": {"every": 1, "warmup": 0.0}, "strong": {"every": 1, "warmup": 0.0, "eta": 1.0}
    }},
    "eval": {"n": [2, 4], "resamples": 200},
}  # fmt: skip


def experiment(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "experiments.label_correction", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_all_of_the_experiment_tiny(tmp_path: Path) -> None:
    config, out, docs = tmp_path / "tiny.yaml", tmp_path / "out", tmp_path / "docs"
    config.write_text(yaml.safe_dump(TINY))
    options = ["--out", out, "--config", config]
    for arguments in (
        ["run", "--only", "data", *options],
        ["tune", *options],
        ["run", *options],
        ["measure", "--docs", docs, *options],
        ["report", "--docs", docs],
    ):
        done = experiment(*arguments)
        assert done.returncode == 0, done.stderr
    page = (docs / "miniature.md").read_text()
    assert "Unfinished" not in page
    assert "Did labels move" in page
    assert "At equal tokens, n = 4: diverse-beam" in page
    assert {path.suffix for path in (docs / "miniature").iterdir()} == {".png", ".json"}

    journal = (out / "data" / "journal.jsonl").read_bytes()
    again = experiment("run", *options)
    assert "trainings: 10 of 10 are done" in again.stderr
    assert (out / "data" / "journal.jsonl").read_bytes() == journal


def test_a_complaint_is_one_line(tmp_path: Path) -> None:
    said = experiment("measure", "--docs", tmp_path, "--out", tmp_path / "out")
    assert said.returncode == 2
    assert said.stderr.startswith("error: ")
    assert "use `run` first" in said.stderr
    assert len(said.stderr.splitlines()) == 1
