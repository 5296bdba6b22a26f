"""Chooses correction settings on validation problems alone."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from dreamcode.errors import InputError
from training.config import CorrectionConfig
from training.metrics import nll
from training.miniature.experiment.config import ExperimentConfig
from training.miniature.experiment.data import read_candidates
from training.miniature.experiment.grid import Training, list_trials
from training.miniature.experiment.points import is_done, read_result, train_all


@dataclass(frozen=True, slots=True)
class Trial:
    """Correction settings and how they do on validation problems.

    Attributes:
        name: of the settings.
        nll: on finished programs, nats.
        solved: share of problems whose best-ranked candidate passes.
    """

    name: str
    nll: float
    solved: float


def tune(out: Path, config: ExperimentConfig, jobs: int, say: Callable[[str], None]) -> list[Trial]:
    """Trains with every named setting and ranks them, best first: by NLL, then by solved.

    Raises:
        InputError: no settings are named, or the data is missing.
    """
    trials = list_trials(config)
    if not trials:
        raise InputError("tuning.settings is empty; name some settings of correction")
    train_all(out, trials, jobs, say)
    return rank_trials(out, config)


def rank_trials(out: Path, config: ExperimentConfig) -> list[Trial]:
    """The trials that are done, best first."""
    done = [trial for trial in list_trials(config) if is_done(out, trial)]
    found = [_measure(out, trial) for trial in done]
    return sorted(found, key=lambda trial: (trial.nll, -trial.solved))


def write_choice(path: Path, config: ExperimentConfig, ranked: list[Trial]) -> CorrectionConfig:
    """Writes the best settings into the YAML file that experiment.yaml names."""
    changes = config.tuning.settings[ranked[0].name]
    lines = "".join(
        f"#   {trial.name}: NLL {trial.nll:.4f}, solved {trial.solved:.3f}\n" for trial in ranked
    )
    head = (
        "# Correction settings of the experiment, chosen by\n"
        "# `python -m training.miniature.experiment tune` on validation problems alone\n"
        f"# (completer {config.tuning.completer}, K = {config.tuning.k}, "
        f"seed {config.tuning.seed}):\n"
    )
    path.write_text(head + lines + yaml.safe_dump(changes, sort_keys=True), "utf-8")
    return CorrectionConfig.model_validate(changes)


def _measure(out: Path, trial: Training) -> Trial:
    result = read_result(trial.folder(out))
    assert result is not None  # it is done
    _, candidates = read_candidates(out, "validation")
    solved, scores, outcomes = [], [], []
    for problem, chains in candidates.items():
        rewards: list[float | None] = result["rewards"][problem]
        known = [-1.0 if reward is None else reward for reward in rewards]
        solved.append(chains[known.index(max(known))].passed)
        for chain, reward in zip(chains, rewards, strict=True):
            if reward is not None:
                scores.append(reward)
                outcomes.append(float(chain.passed))
    return Trial(trial.name, nll(scores, outcomes), float(np.mean(solved)))
