"""A whole experiment of seconds, by the commands that make the real one."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from typer.testing import CliRunner, Result

from experiments.label_correction.__main__ import app
from experiments.label_correction.arms import Training, list_trainings
from experiments.label_correction.config import ExperimentConfig, read_experiment

SETTINGS = {
    "sandbox": "local",
    "sets": 1,
    "problems": {"data": "miniature", "train": 3, "meta": 2, "validation": 2, "test": 3},
    "chains": {"max_step_tokens": 600, "per_problem": 1, "validation": 2, "candidates": 3},
    "network": {
        "width": 32, "layers": 1, "heads": 2, "inner": 32, "steps": 2, "worlds": ["miniature"]
    },
    "base": {"problems": 3, "epochs": 1},
    "labels": {"max_step_tokens": 64, "rollouts": 2, "validation": False},
    "k": [1],
    "writer_rollouts": 2,
    "seeds": 1,
    "faults": 3,
    "prm": {"epochs": 2, "batch": 2, "save_every": 1, "correction": {"visits": 2, "meta_batch": 2}},
    "arms": {
        "mc": {"prm": {"method": "mc"}},
        "correct": {"prm": {"method": "correct"}},
        "placebo": {"prm": {"method": "correct", "correction": {"placebo": True}}},
        "cut-correct": {"prm": {"method": "correct"}, "cut": True},
        "writer": {"prm": {"method": "joint"}, "completer": "writer"},
    },
    "tuning": {"k": 1, "settings": {"default": {}, "far": {"reach": 4.0}}},
    "eval": {"n": [2], "resamples": 200},
}  # fmt: skip


@dataclass(frozen=True)
class Tiny:
    """Where it is, and what its commands said."""

    folder: Path
    said: dict[str, str]

    @property
    def config(self) -> ExperimentConfig:
        """Its settings, with the chosen ones."""
        return read_experiment(self.folder / "tiny.yaml")

    @property
    def plain(self) -> ExperimentConfig:
        """Its settings without the chosen ones."""
        return ExperimentConfig.model_validate(SETTINGS)

    @property
    def out(self) -> Path:
        """What was made."""
        return self.folder / "out"

    def find(self, series: str) -> Training:
        """A training of it."""
        return next(one for one in list_trainings(self.config) if one.series == series)

    def call(self, *arguments: str) -> Result:
        """A command on it; an error is a failure of the test."""
        options = ["--out", str(self.out), "--config", str(self.folder / "tiny.yaml")]
        return CliRunner().invoke(app, [*arguments, *options], catch_exceptions=False)


def make_tiny(folder: Path) -> Tiny:
    """Data, the choice of settings, all trainings."""
    (folder / "tiny.yaml").write_text(yaml.safe_dump(SETTINGS))
    tiny = Tiny(folder, {})
    for name, command in (
        ("data", ["run", "--only", "data"]),
        ("tune", ["tune", "--jobs", "1"]),
        ("run", ["run", "--jobs", "1"]),
    ):
        tiny.said[name] = tiny.call(*command).stderr
    return tiny
