"""A tiny whole run: a scripted model server, generated rows, a random little Llama."""

import json
from pathlib import Path
from typing import Any

import yaml
from safetensors.torch import load_file

from dreamcode.policies.server_options import ServerOptions
from dreamcode_training.config import RunConfig
from dreamcode_training.pipeline import Workplace
from tests.policies.server import ModelServer
from tests.problems.test_livecodebench import make_row
from tests.training.learning import write_base
from tests.training.world import PROGRAMS

STATEMENT = "Print twice the number."
MODELS = (
    "tiny",
    "o4-mini",
    "Qwen/Qwen2.5-Coder-7B-Instruct",
    "Qwen/Qwen3-Coder-30B-A3B-Instruct",
)


def open_server() -> ModelServer:
    """Writes programs that double a number, right and wrong, under the names in `MODELS`."""
    return ModelServer({STATEMENT: PROGRAMS}, models=MODELS)


def write_rows(path: Path, count: int = 20) -> Path:
    """LiveCodeBench rows of a contest in 2024-02, all of them about doubling."""

    def tests(*numbers: int) -> str:
        return json.dumps(
            [{"input": f"{n}\n", "output": f"{2 * n}\n", "testtype": "stdin"} for n in numbers]
        )

    rows = [
        make_row(
            question_id=f"double-{number}",
            question_content=STATEMENT,
            contest_date="2024-02-03T00:00:00",
            public_test_cases=tests(2, 5),
            private_test_cases=tests(3, 70),
        )
        for number in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def tiny_config(folder: Path, **changes: dict[str, Any]) -> RunConfig:
    """Six problems to learn from and a model of a few thousand weights; `changes` by section."""
    base = folder / "base"
    if not base.exists():
        write_base(base)
        write_rows(folder / "rows.jsonl")
    sampling = {"policy": "openai/tiny"}
    sections: dict[str, dict[str, Any]] = {
        "problems": {"data": str(folder / "rows.jsonl"), "train": 6, "meta": 3, "validation": 2,
                     "test": 3},
        "chains": sampling | {"per_problem": 3, "candidates": 4},
        "labels": sampling | {"rollouts": 2},
        "prm": {"base": str(base), "method": "correct", "epochs": 4, "batch": 2,
                "learning_rate": 0.01, "save_every": 3,
                "correction": {"visits": 1.0, "meta_batch": 3}},
        "eval": {"n": [2, 4], "resamples": 100},
    }  # fmt: skip
    merged = {name: section | changes.get(name, {}) for name, section in sections.items()}
    return RunConfig.model_validate({"sandbox": "local", "workers": 2, **merged})


def write_config(path: Path, config: RunConfig) -> Path:
    path.write_text(yaml.safe_dump(config.model_dump(mode="json")))
    return path


def workplace(folder: Path, config: RunConfig, server: ModelServer) -> Workplace:
    return Workplace(folder, config, ServerOptions(base_urls=(server.url,)))


def results(run: Path) -> tuple[bytes, dict[str, bytes], str]:
    """Labels byte for byte, weights bit for bit, and the report."""
    weights = load_file(run / "prm" / "model" / "model.safetensors")
    report = json.loads((run / "eval" / "report.json").read_text())
    return (
        (run / "data" / "labels.jsonl").read_bytes(),
        {name: tensor.numpy().tobytes() for name, tensor in weights.items()},
        json.dumps(report["best_of"]),
    )
